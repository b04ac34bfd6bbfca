// Keeps <main> up to date, in place. Without this script the page only has to be reloaded by hand.
/** The service says something every 10 s; a connection on which nothing came for so long is none any more. */
const SILENT = 25_000;
/** A page that is out of sight still shows by its title and icon what is open; that may be this old. */
const OUT_OF_SIGHT = 30_000;
/** Between two tries to connect; twice as long after each that failed. */
const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30_000;
/** For a page to arrive. */
const PATIENCE = 20_000;

const events = new URL('live', document.currentScript.src);
const freshness = document.getElementById('freshness');
const pause = document.getElementById('pause');
const icon = document.querySelector('link[rel="icon"]');

let stream = null;
let heardAt = performance.now();
let wait = FIRST_WAIT;
let timer = null;
let paused = false;
let refreshing = false;
let isSignedOut = false;
let isFixed = false;
/** Since when what is shown is not what is; as people read it, null while it is. */
let oldSince = null;

/** Says in words and by colour that the page is not up to date; '' when it is. */
function say(text, ...more) {
  const isOld = text !== '';
  if (isOld) oldSince ??= new Date().toLocaleTimeString();
  else oldSince = null;
  const words = isOld ? `${text} since ${oldSince}; what you see is of then.` : '';
  if (freshness.textContent !== words || more.length > 0) freshness.replaceChildren(words, ...more);
  document.querySelector('.site').classList.toggle('old', isOld);
}

/** Whether a reader has typed or chosen something here that the service does not know yet. */
function isTouched(node) {
  if (!/^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName)) return false;
  if (node === document.activeElement) return true;
  if (node.tagName === 'SELECT') return [...node.options].some((one) => one.selected !== one.defaultSelected);
  return node.value !== node.defaultValue || node.checked !== node.defaultChecked;
}

/** Changes what differs and leaves the rest: focus, selection, scroll, what was typed, and which details are open. */
function change(after) {
  Idiomorph.morph(document.getElementById('main'), after, {
    morphStyle: 'outerHTML',
    callbacks: {
      beforeNodeMorphed: (node) =>
        node.nodeType !== Node.ELEMENT_NODE || !(isTouched(node) || 'keep' in node.dataset),
      beforeNodeRemoved: (node) => !(node.nodeType === Node.ELEMENT_NODE && 'keep' in node.dataset),
      // What a script gave an element is not in the page that comes.
      beforeAttributeUpdated: (name, node) =>
        !(name === 'open' && node.tagName === 'DETAILS') && !node.ownAttributes?.includes(name),
    },
  });
  document.dispatchEvent(new CustomEvent('burnwatch:changed'));
}

/** Shows in the tab what is open now; the same icon is not set again, which would make it flicker. */
function showInTab(page) {
  const href = page.querySelector('link[rel="icon"]')?.getAttribute('href');
  document.title = page.title;
  if (href && href !== icon.getAttribute('href')) icon.setAttribute('href', href);
}

function signedOut() {
  disconnect();
  isSignedOut = true;
  const link = document.createElement('a');
  link.href = location.href;
  link.textContent = 'Sign in';
  say('Signed out', ' ', link);
}

/** Fetches the page and changes this one; gives whether it is up to date now. `tick` names what made it ask, if anything did. */
async function refresh(tick = '') {
  if (refreshing) return true;
  refreshing = true;
  try {
    const headers = { Accept: 'text/html', ...(tick !== '' && { 'Burnwatch-Tick': tick }) };
    const response = await fetch(location.href, { headers, signal: AbortSignal.timeout(PATIENCE) });
    if (response.status === 401) {
      signedOut();
      return false;
    }
    // The answer to a form cannot be asked for again; nothing on it changes.
    if (response.status === 405) {
      isFixed = true;
      disconnect();
      return false;
    }
    if (!response.ok && response.status !== 404) throw new Error(`no page came, status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const after = page.getElementById('main');
    if (after === null) throw new Error('what came is no page');
    isSignedOut = false;
    if (paused) return false;
    showInTab(page);
    change(after);
    say('');
    return true;
  } catch {
    if (!paused) say('No connection');
    return false;
  } finally {
    refreshing = false;
  }
}

function disconnect() {
  clearTimeout(timer);
  stream?.close();
  stream = null;
}

/** Tries again later, each time a little later; not all pages at the same moment, when the service comes back. */
function reconnect() {
  disconnect();
  timer = setTimeout(() => void refresh().then(connect), wait * (0.75 + Math.random() / 4));
  wait = Math.min(2 * wait, LONGEST_WAIT);
}

function connect() {
  disconnect();
  if (paused || isSignedOut || isFixed) return;
  // Browsers open few connections to a host, so that a page out of sight holds none.
  if (document.hidden) {
    timer = setTimeout(() => void refresh().then(connect), OUT_OF_SIGHT);
    return;
  }
  heardAt = performance.now();
  const opened = new EventSource(events);
  let isFirst = true;
  const hear = (event) => {
    heardAt = performance.now();
    wait = FIRST_WAIT;
    // The page was made just before; all later ticks say that it would be another one.
    if (oldSince !== null || (event.type === 'tick' && !isFirst)) void refresh(event.data);
    isFirst = false;
  };
  opened.addEventListener('tick', hear);
  opened.addEventListener('beat', hear);
  opened.addEventListener('end', ({ data }) => {
    if (data === 'signed-out') signedOut();
    else reconnect();
  });
  opened.addEventListener('error', () => stream === opened && reconnect());
  stream = opened;
}

function togglePause() {
  paused = !paused;
  pause.textContent = paused ? 'Resume updates' : 'Pause updates';
  if (paused) {
    disconnect();
    say('Paused');
  } else {
    void refresh().then(connect);
  }
}

pause.hidden = false;
pause.addEventListener('click', togglePause);
document.addEventListener('visibilitychange', () => {
  if (paused) return;
  if (document.hidden) connect();
  else void refresh().then(connect);
});
setInterval(() => stream !== null && performance.now() - heardAt > SILENT && reconnect(), 5000);
connect();
