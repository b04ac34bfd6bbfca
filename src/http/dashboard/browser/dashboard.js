// Replaces <main> by a newer one every few seconds. Without this script the page only has to be reloaded by hand.
const INTERVAL = 5000;
/** A page that is out of sight still shows by its title and icon what is open; that may be this old. */
const INTERVAL_HIDDEN = 30000;
const freshness = document.getElementById('freshness');
const icon = document.querySelector('link[rel="icon"]');
let refreshedAt = 0;

/** Whether a reader is in the middle of something that a new <main> would take away. */
function busy(main) {
  const selection = document.getSelection();
  const selecting = selection !== null && !selection.isCollapsed && main.contains(selection.anchorNode);
  return selecting || document.activeElement?.tagName === 'INPUT';
}

/** Finds in the new <main> what had the focus in the old one: the same link, or the element of the same place. */
function keepFocus(before, after) {
  const focused = document.activeElement;
  if (focused === null || !before.contains(focused)) return null;
  const same = [...before.querySelectorAll(focused.tagName)].indexOf(focused);
  const href = focused.getAttribute('href');
  const candidates = [...after.querySelectorAll(focused.tagName)];
  return (
    candidates.find((element) => href !== null && element.getAttribute('href') === href) ?? candidates[same]
  );
}

/** Shows in the tab what is open now; the same icon is not set again, which would make it flicker. */
function showInTab(page) {
  const href = page.querySelector('link[rel="icon"]')?.getAttribute('href');
  document.title = page.title;
  if (href && href !== icon.getAttribute('href')) icon.setAttribute('href', href);
}

async function refresh() {
  if (document.hidden && performance.now() - refreshedAt < INTERVAL_HIDDEN) return;
  refreshedAt = performance.now();
  const before = document.getElementById('main');
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
    const text = await response.text();
    const page = new DOMParser().parseFromString(text, 'text/html');
    const after = page.getElementById('main');
    if (after === null) throw new Error(`no page came, status ${response.status}`);
    freshness.textContent = '';
    showInTab(page);
    if (after.innerHTML === before.innerHTML || busy(before)) return;
    const focus = keepFocus(before, after);
    before.replaceWith(after);
    focus?.focus({ preventScroll: true });
  } catch {
    freshness.textContent ||= `No connection since ${new Date().toLocaleTimeString()}; what you see is of then.`;
  }
}

setInterval(() => void refresh(), INTERVAL);
document.addEventListener('visibilitychange', () => void refresh());
