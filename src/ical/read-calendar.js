// Runs in a thread of its own: a calendar is what others wrote, and one with a rule for every second would hold the event loop for good.
import { parentPort, workerData } from 'node:worker_threads';
import ICAL from 'ical.js';

const DAY = 86_400_000;
/** Repetitions that are gone through for those that lie in the time asked for. */
const MOST_REPETITIONS = 200_000;
const MAX_SUMMARY = 200;
const MAX_MAILS = 20;

/** A moment as it is written: of UTC or of a time zone that the calendar explains, else by the clocks of a zone (null: of none). */
function momentOf(time, zone) {
  const known = !time.isDate && time.zone && time.zone.tzid !== 'floating';
  if (known) return { at: time.toUnixTime() * 1000 };
  const { year, month, day, hour, minute, second } = time;
  return {
    local: time.isDate
      ? Date.UTC(year, month - 1, day)
      : Date.UTC(year, month - 1, day, hour, minute, second),
    zone: time.isDate ? null : (zone ?? null),
  };
}

/** About when that is; clocks are never more than a day apart. */
function about(time) {
  const moment = momentOf(time, null);
  return moment.at ?? moment.local;
}

function zoneOf(component, name) {
  return component.getFirstProperty(name)?.getParameter('tzid') ?? null;
}

function eventOf(item, start, end) {
  const { component } = item;
  const from = zoneOf(component, 'dtstart');
  return {
    from: momentOf(start, from),
    until: momentOf(end, zoneOf(component, 'dtend') ?? from),
    summary: String(item.summary ?? '').slice(0, MAX_SUMMARY),
    mails: item.attendees
      .map((attendee) => /^mailto:(.+)$/i.exec(String(attendee.getFirstValue()))?.[1] ?? '')
      .filter((mail) => mail !== '' && mail.length <= 254)
      .slice(0, MAX_MAILS),
  };
}

function isCancelled({ component }) {
  return String(component.getFirstPropertyValue('status') ?? '').toUpperCase() === 'CANCELLED';
}

/** Those of a calendar that overlap a time, a day more on either side. */
function eventsOf(calendar, { from, until, most }) {
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const byId = new Map();
  for (const component of calendar.getAllSubcomponents('vevent')) {
    const id = String(component.getFirstPropertyValue('uid') ?? byId.size);
    const found = byId.get(id) ?? { masters: [], exceptions: [] };
    byId.set(id, found);
    (component.hasProperty('recurrence-id') ? found.exceptions : found.masters).push(component);
  }
  const events = [];
  let repetitions = 0;
  const add = (item, start, end) => {
    if (isCancelled(item) || about(end) < from - DAY || about(start) > until + DAY) return;
    if (events.length >= most)
      throw new Error(`it has more than ${most} events in the time that is looked ahead`);
    events.push(eventOf(item, start, end));
  };
  for (const { masters, exceptions } of byId.values()) {
    // Of one that is not there any more only what was changed of it is left.
    if (masters.length === 0)
      for (const component of exceptions) {
        const event = new ICAL.Event(component);
        add(event, event.startDate, event.endDate);
      }
    for (const component of masters) {
      const event = new ICAL.Event(component, { exceptions });
      if (!event.startDate) continue;
      if (!event.isRecurring()) {
        add(event, event.startDate, event.endDate);
        continue;
      }
      if (isCancelled(event)) continue;
      const repeats = event.iterator();
      for (let next = repeats.next(); next && about(next) <= until + DAY; next = repeats.next()) {
        if (++repetitions > MOST_REPETITIONS) throw new Error('its events repeat too often');
        const { item, startDate, endDate } = event.getOccurrenceDetails(next);
        add(item, startDate, endDate);
      }
    }
  }
  return events;
}

function readAll(text, asked) {
  const parsed = ICAL.parse(text);
  const calendars = Array.isArray(parsed[0]) ? parsed : [parsed];
  const components = calendars.map((calendar) => new ICAL.Component(calendar));
  if (components.some(({ name }) => name !== 'vcalendar'))
    throw new Error('it is not a calendar (BEGIN:VCALENDAR)');
  return components.flatMap((calendar) => eventsOf(calendar, asked));
}

try {
  parentPort.postMessage({ events: readAll(workerData.text, workerData), problem: null });
} catch (error) {
  parentPort.postMessage({ events: null, problem: String(error?.message ?? error).slice(0, 200) });
}
