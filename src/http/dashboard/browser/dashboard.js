// Replaces <main> by a newer one every few seconds. Without this script the page only has to be reloaded by hand.
const INTERVAL = 5000;
const freshness = document.getElementById('freshness');

/** Whether a reader is in the middle of something that a new <main> would take away. */
function busy(main) {
  const selection = document.getSelection();
  const selecting = selection !== null && !selection.isCollapsed && main.contains(selection.anchorNode);
  return document.hidden || selecting || document.activeElement?.tagName === 'INPUT';
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

async function refresh() {
  const before = document.getElementById('main');
  if (busy(before)) return;
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
    const text = await response.text();
    const after = new DOMParser().parseFromString(text, 'text/html').getElementById('main');
    if (after === null) throw new Error(`no page came, status ${response.status}`);
    freshness.textContent = '';
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
