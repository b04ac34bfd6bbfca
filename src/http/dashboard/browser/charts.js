// Offers the charts in the time zone of the browser, which only the browser knows; without this script they are in UTC.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

function offerZone() {
  for (const place of document.querySelectorAll('[data-own-zone][hidden]')) {
    if (new URLSearchParams(location.search).get('zone') === zone) continue;
    place.querySelector('a').href = place.dataset.ownZone + encodeURIComponent(zone);
    place.hidden = false;
  }
}

offerZone();
// The page's script puts newer content into the page.
new MutationObserver(offerZone).observe(document.body, { childList: true, subtree: true });
