import { HOURS_PER_BLOCK, sumCells } from '../../src/core/counters/cells.ts';
import type { Counts } from '../../src/core/counters/cells.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type {
  EndGroup,
  EndSli,
  EndedSubject,
  RecordBatch,
  SliLanding,
  StartGroup,
  StartedSubject,
  SweepResult,
  Watch,
} from '../../src/core/ports/store/counting.ts';
import { subjectKey } from '../../src/core/ports/store/counting.ts';
import { minuteOf } from '../../src/core/time/duration.ts';

/** A moment in the middle of a minute, an hour and a half day, so that nothing fits by chance. */
export const NOW = Date.UTC(2027, 0, 15, 8, 12, 34);
export const WORKFLOW = 'orders/fulfil:v1.2-eu';
export const HOME = { workflow: WORKFLOW, partition: 0 };
export const NO_FAILURE = { step: null, dependency: null, error: null };
/** An SLI that does not care about speed. */
export const DONE = endSli('done');

/** An SLI that selects ends. */
export function endSli(fingerprint: string, more: Partial<EndSli> = {}): EndSli {
  return { fingerprint, withinMs: null, from: 'started', startIn: null, ...more };
}

/** An SLI with a deadline: as it selects ends, and as it watches starts. */
export function timedSli(fingerprint: string, withinMs: number): EndSli & Watch {
  return { ...endSli(fingerprint), withinMs };
}

/** Starts of executions, all at one moment. */
export function starts(
  executions: readonly string[],
  at: number,
  watches: StartGroup['watches'],
  more: Partial<StartGroup> & { readonly subject?: Partial<StartedSubject> } = {},
): StartGroup {
  const { subject, ...group } = more;
  return {
    kind: 'start',
    step: null,
    phase: 'started',
    attempt: 1,
    count: 1,
    watches,
    landings: [],
    statistics: 'named',
    subjects: executions.map((execution) => ({
      subject: subjectKey(execution, null),
      at,
      execution,
      traceId: null,
      parent: null,
      ...subject,
    })),
    ...group,
  };
}

/** Starts of one step of some executions. */
export function stepStarts(executions: readonly string[], step: string, at: number): StartGroup {
  const group = starts(executions, at, []);
  return {
    ...group,
    step,
    subjects: group.subjects.map((subject) => ({
      ...subject,
      subject: subjectKey(subject.execution, step),
      parent: subject.execution,
    })),
  };
}

/** Ends of executions, all at one moment, whose starts only the store may know. */
export function ends(
  executions: readonly string[],
  at: number,
  slis: EndGroup['slis'],
  more: Partial<EndGroup> & { readonly subject?: Partial<EndedSubject> } = {},
): EndGroup {
  const { subject, ...group } = more;
  return {
    kind: 'end',
    step: null,
    attempt: 1,
    status: 'succeeded',
    willRetry: false,
    count: 1,
    slis,
    landings: null,
    own: [],
    failure: NO_FAILURE,
    statistics: 'named',
    subjects: executions.map((execution) => ({
      subject: subjectKey(execution, null),
      at,
      startedAt: null,
      execution,
      traceId: null,
      ...subject,
    })),
    ...group,
  };
}

/** Ends that count for `DONE` at their own minute, as the engine groups them where nothing has a deadline. */
export function done(executions: readonly string[], at: number, more: Partial<EndGroup> = {}): EndGroup {
  const good = (more.status ?? 'succeeded') === 'succeeded';
  const landings = [landingAt(DONE.fingerprint, at, { good })];
  return ends(executions, at, [DONE], { landings, ...more });
}

/** A landing in the minute of a moment: good and without a value, unless told otherwise. */
export function landingAt(fingerprint: string, at: number, more: Partial<SliLanding> = {}): SliLanding {
  return { fingerprint, minute: minuteOf(at), good: true, value: null, ...more };
}

/** Records a batch, and gives how many of each group were new. */
export async function recordIn(store: Store, batch: RecordBatch): Promise<readonly number[]> {
  const results = await store.record(batch);
  return results.map(
    ({ known, conflicts }, index) => batch.groups[index]!.subjects.length - known.length - conflicts.length,
  );
}

/** What an SLI holds in the minute of a moment. */
export async function countsIn(
  store: Store,
  fingerprint: string,
  at: number,
  home: { readonly workflow: string; readonly partition: number } = HOME,
): Promise<Counts> {
  const block = Math.floor(minuteOf(at) / 60);
  const [found] = await store.readBlocks([{ ...home, fingerprint, resolution: 'minute', block }]);
  return sumCells(found!, minuteOf(at) % 60, minuteOf(at) % 60);
}

/** What an SLI holds in the hour of a moment. */
export async function countsInHour(store: Store, fingerprint: string, at: number): Promise<Counts> {
  const hour = Math.floor(minuteOf(at) / 60);
  const block = Math.floor(hour / HOURS_PER_BLOCK);
  const [found] = await store.readBlocks([{ ...HOME, fingerprint, resolution: 'hour', block }]);
  return sumCells(found!, hour % HOURS_PER_BLOCK, hour % HOURS_PER_BLOCK);
}

/** Sweeps a partition until nothing is left to do. */
export async function sweepAll(store: Store, now: number, limit = 100): Promise<Omit<SweepResult, 'swept'>> {
  let overdue = 0;
  let unjudged = 0;
  for (let swept = limit; swept === limit;) {
    const result = await store.sweep(HOME, now, limit);
    swept = result.swept;
    overdue += result.overdue;
    unjudged += result.unjudged;
  }
  return { overdue, unjudged };
}
