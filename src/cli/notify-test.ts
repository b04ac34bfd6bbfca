import type { Config } from '../config.ts';
import type { Clock } from '../core/ports/clock.ts';
import { createCalendarReader } from '../ical/calendar-reader.ts';
import { MAX_CALENDAR, createCalendarSource } from '../ical/calendar-source.ts';
import { readCalendars } from '../ical/read-calendars.ts';
import { guardedFetch } from '../outbound/guarded-fetch.ts';
import { shiftAt, targetsAt } from '../core/slo/on-call.ts';
import type { Definitions, TargetDefinition } from '../core/slo/slo.ts';
import { sendTest } from '../engine/deliver/target-test.ts';
import { createTarget } from '../notify/target-kinds.ts';
import { loadDefinitions } from '../slo-files/load.ts';
import { formatProblem } from '../slo-files/yaml/problem.ts';

/**
 * Sends a notification that is marked as a test to one target of the SLO files, or to those of who is on call by a schedule,
 * through the same adapter and settings as real ones, and says in a sentence each what became of it.
 */
export async function notifyTest(
  name: string,
  config: Config,
  clock: Clock,
  print: (text: string) => void,
): Promise<{ ok: boolean; text: string }> {
  const { definitions, problems } = await loadDefinitions([config.slos], config.references);
  if (!definitions) {
    const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    return { ok: false, text: ['The SLO files do not load:', ...errors].join('\n') };
  }
  const { targets } = definitions;
  const read = await withCalendar(definitions, name, config, clock.now());
  const { onCall } = read;
  const found = targetsAt(read, [name], clock.now()).flatMap((one) => targets.get(one) ?? []);
  if (found.length === 0) {
    const known = [...targets.keys(), ...onCall.keys()].join(', ') || 'none';
    return { ok: false, text: `There is no target ${name}; the SLO files define: ${known}.` };
  }
  const tried = [];
  for (const definition of found) tried.push(await tryOne(definition, definitions, config, clock, print));
  const schedule = onCall.get(name);
  const whose = schedule ? [`${shiftAt(schedule, clock.now()).person.name} is on call by ${name}.`] : [];
  return { ok: tried.every(({ ok }) => ok), text: [...whose, ...tried.map(({ text }) => text)].join('\n') };
}

/** The definitions, with what the calendar of that name says if it is one. */
async function withCalendar(
  definitions: Definitions,
  name: string,
  { outbound }: Config,
  now: number,
): Promise<Definitions> {
  const fetch = guardedFetch(outbound, undefined, MAX_CALENDAR + 1);
  const source = createCalendarSource(fetch, createCalendarReader());
  const { definitions: read } = await readCalendars(definitions, source, now, (one) => one.name === name);
  return read;
}

async function tryOne(
  definition: TargetDefinition,
  definitions: Definitions,
  config: Config,
  clock: Clock,
  print: (text: string) => void,
): Promise<{ ok: boolean; text: string }> {
  const target = createTarget(definition, { ...config, clock, write: print });
  try {
    const { delivered, message } = await sendTest(target, definitions, clock.now());
    return { ok: delivered, text: message };
  } finally {
    await target.close();
  }
}
