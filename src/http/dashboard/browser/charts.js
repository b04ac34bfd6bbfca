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

// Over each chart lies an invisible one of uPlot: it says what the values are under the pointer, or at a place that the arrow keys
// choose, and which time is drawn over with the mouse, so that all charts can show just that. What is seen is the drawing below.
const WIDEST_READOUT = 230;
const STALE = 10_000;
const AT_ONCE = 500;

const readout = document.createElement('div');
readout.className = 'readout';
readout.setAttribute('role', 'status');
readout.hidden = true;
readout.dataset.keep = '';

let library = null;
let values = null;
let valuesOf = '';
let valuesAt = -Infinity;
/** Where the pointer is across the page, as it came last; null when it is not over a chart. */
let pointerX = null;
/** The chart that is looked at: its place, drawing, invisible chart and values. */
let current = null;
/** What was looked at last, when (of the charts) and until when (of now). */
let lastLeft = null;

/** Loads uPlot and its style sheet, when somebody first looks closer. */
function load() {
  library ??= (async () => {
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = new URL('uplot.css', import.meta.url);
    document.head.append(style);
    const { default: UPlot } = await import(new URL('uplot.js', import.meta.url));
    return UPlot;
  })().catch(() => {
    library = null;
    return null;
  });
  return library;
}

/** Fetches what the charts of a page show, again once that may be another; null when it does not come. */
async function valuesFor(charts) {
  const address = charts.dataset.values;
  if (address === valuesOf && performance.now() - valuesAt < STALE) return values;
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return null;
  [values, valuesOf, valuesAt] = [await answer.json(), address, performance.now()];
  return values;
}

function leave() {
  if (current === null) return;
  const { place, plot, reading } = current;
  lastLeft = { place, moment: reading.times[plot.cursor.idx] ?? null, at: performance.now() };
  current.plot.destroy();
  current.over.remove();
  readout.hidden = true;
  current = null;
}

/** Shows all charts over the time between two moments. */
function zoom(charts, from, to) {
  const minute = 60_000;
  location.search = new URLSearchParams({
    range: 'custom',
    from: new Date(Math.floor(from / minute) * minute).toISOString(),
    to: new Date(Math.ceil(to / minute) * minute).toISOString(),
    zone: charts.dataset.zone,
  });
}

function timeText(at, zone) {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
    timeZoneName: 'short',
  }).format(at);
}

/** Says what the values are at a place among the times. */
function say(index) {
  const { reading, charts, place, plot } = current;
  if (index === null || index === undefined) {
    readout.hidden = true;
    return;
  }
  const at = document.createElement('b');
  at.textContent = timeText(reading.times[index], charts.dataset.zone);
  const lines = reading.series.map(({ name, texts }) => {
    const line = document.createElement('span');
    line.textContent = `${name}: ${texts[index] ?? 'nothing'}`;
    return line;
  });
  readout.replaceChildren(at, ...lines);
  readout.hidden = false;
  const box = plot.over.getBoundingClientRect();
  const outer = place.getBoundingClientRect();
  const x = box.left - outer.left + plot.valToPos(reading.times[index], 'x');
  const room = outer.width - Math.min(WIDEST_READOUT, outer.width);
  readout.style.left = `${Math.max(0, Math.min(x + 12, room))}px`;
  readout.style.top = `${box.bottom - outer.top + 4}px`;
}

/** Puts the invisible chart over a drawing. */
async function enter(charts, place) {
  // A change of the page takes the focus away and gives it back at once.
  const moment =
    lastLeft?.place === place && performance.now() - lastLeft.at < AT_ONCE ? lastLeft.moment : null;
  const [UPlot, all] = await Promise.all([load(), valuesFor(charts)]);
  const drawing = place.querySelector('svg.chart[data-plot]');
  const reading = drawing && all?.[drawing.querySelector('title').id.replace(/-title$/, '')];
  if (!UPlot || !reading || reading.times.length === 0) return;
  if (current?.place === place || !(place.matches(':hover') || place.contains(document.activeElement)))
    return;
  leave();
  const [left, top, right, bottom, from, to, low, high] = drawing.dataset.plot.split(' ').map(Number);
  const outer = place.getBoundingClientRect();
  const box = drawing.getBoundingClientRect();
  const scale = box.width / drawing.viewBox.baseVal.width;
  const over = document.createElement('div');
  over.className = 'over-chart';
  over.dataset.keep = '';
  over.style.left = `${box.left - outer.left + left * scale}px`;
  over.style.top = `${box.top - outer.top + top * scale}px`;
  place.append(over, readout);
  const plot = new UPlot(
    {
      width: Math.max(1, (right - left) * scale),
      height: Math.max(1, (bottom - top) * scale),
      padding: [0, 0, 0, 0],
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false, range: [from, to] }, y: { range: [low, high] } },
      series: [{}, ...reading.series.map(() => ({ paths: () => null, points: { show: false } }))],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: 7, width: 2, stroke: 'canvastext', fill: 'canvas' },
      },
      hooks: {
        // Before that it does not know where times are.
        ready: [() => current?.over === over && begin(moment)],
        setCursor: [({ cursor }) => current?.over === over && say(cursor.idx)],
        setSelect: [
          (drawn) => {
            const { left: start, width } = drawn.select;
            if (width > 0) zoom(charts, drawn.posToVal(start, 'x'), drawn.posToVal(start + width, 'x'));
          },
        ],
      },
    },
    [reading.times, ...reading.series.map(({ heights }) => heights)],
    over,
  );
  current = { charts, place, over, plot, reading };
}

/** Puts the cursor where it belongs at first. */
function begin(moment) {
  const { place, plot, reading } = current;
  // A pointer that rests says nothing of itself; the keys begin where time ends, or where they were.
  if (place.matches(':hover') && pointerX !== null)
    plot.setCursor({ left: pointerX - plot.over.getBoundingClientRect().left, top: 1 });
  else move(moment === null ? Infinity : reading.times.findLastIndex((at) => at <= moment));
}

/** Puts the cursor at a place among the times. */
function move(index) {
  const { plot, reading } = current;
  const last = reading.times.length - 1;
  const at = Math.max(0, Math.min(index, last));
  plot.setCursor({ left: plot.valToPos(reading.times[at], 'x'), top: 1 });
}

function byKey(event) {
  if (current?.place !== event.currentTarget) return;
  const { idx } = current.plot.cursor;
  const last = current.reading.times.length - 1;
  const here = idx ?? last;
  const step = event.shiftKey ? 10 : 1;
  const to = { ArrowLeft: here - step, ArrowRight: here + step, Home: 0, End: last }[event.key];
  if (event.key === 'Escape') return leave();
  if (to === undefined) return;
  event.preventDefault();
  move(to);
}

const made = new WeakSet();

function offerValues() {
  for (const charts of document.querySelectorAll('.charts[data-values]')) {
    for (const place of charts.children) {
      const drawing = place.querySelector('svg.chart[data-plot]');
      if (!drawing) continue;
      place.tabIndex = 0;
      place.setAttribute('role', 'group');
      place.setAttribute(
        'aria-label',
        `${drawing.querySelector('title').textContent}: values by the arrow keys`,
      );
      place.ownAttributes = ['tabindex', 'role', 'aria-label'];
      if (made.has(place)) continue;
      made.add(place);
      place.addEventListener('pointerenter', ({ clientX }) => {
        pointerX = clientX;
        void enter(charts, place);
      });
      place.addEventListener('pointermove', ({ clientX }) => (pointerX = clientX));
      place.addEventListener('focus', () => void enter(charts, place));
      place.addEventListener('pointerleave', () => current?.place === place && leave());
      place.addEventListener('blur', () => current?.place === place && leave());
      place.addEventListener('keydown', byKey);
    }
  }
}

offerValues();
// A page that has changed may show other values in other places.
document.addEventListener('burnwatch:changed', () => {
  offerValues();
  if (current === null) return;
  const { charts, place } = current;
  leave();
  if (place.isConnected) void enter(charts, place);
});
window.addEventListener('resize', leave);
