import * as fc from 'fast-check';
import type { OutcomeStatus } from '../../src/core/outcomes/outcome.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { START } from './clock.ts';

/** When all that the plans hold has happened. */
export const NOW = START;
/** The deadline of executions. */
export const WITHIN = 10 * MINUTE;

/** One report of an execution or its step; times are minutes before now. */
export interface Fact {
  readonly execution: string;
  readonly status: OutcomeStatus;
  readonly ago: number;
  readonly attempt: number;
  readonly step?: 'charge';
  readonly willRetry?: true;
  readonly took?: number;
  readonly count?: number;
}

const ENDS = ['succeeded', 'failed', 'cancelled', 'skipped'] as const;
const ago = fc.integer({ min: 0, max: 40 });

/** What one attempt of an execution reports. */
const attemptPlan = fc.record({
  startedAgo: fc.option(ago),
  end: fc.option(
    fc.record({ status: fc.constantFrom(...ENDS), ago, took: fc.option(fc.integer({ min: 0, max: 25 })) }),
  ),
  retried: fc.option(fc.record({ ago, took: fc.option(fc.integer({ min: 0, max: 25 })) })),
});

/** What an execution reports: its attempts and their step, or its parts as counts. */
export const executionPlan = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      queuedAgo: fc.option(ago),
      attempts: fc.array(attemptPlan, { minLength: 1, maxLength: 3 }),
      charges: fc.array(fc.constantFrom(...ENDS), { maxLength: 3 }),
    }),
  },
  fc.record({
    startedAgo: ago,
    parts: fc.uniqueArray(
      fc.record({ status: fc.constantFrom(...ENDS), ago, count: fc.constantFrom(2, 3) }),
      {
        selector: ({ status }) => status,
        maxLength: 3,
      },
    ),
  }),
);
export type ExecutionPlan = typeof executionPlan extends fc.Arbitrary<infer Plan> ? Plan : never;

export function factsOf(plan: ExecutionPlan, index: number): Fact[] {
  const execution = `execution-${index}`;
  if ('parts' in plan) {
    const start: Fact = { execution, status: 'started', ago: plan.startedAgo, attempt: 1, count: 9 };
    return [start, ...plan.parts.map((part): Fact => ({ execution, attempt: 1, ...part }))];
  }
  const facts: Fact[] = [];
  if (plan.queuedAgo !== null) facts.push({ execution, status: 'queued', ago: plan.queuedAgo, attempt: 1 });
  plan.attempts.forEach(({ startedAgo, end, retried }, before) => {
    const attempt = before + 1;
    const took = (one: number | null) => (one === null ? {} : { took: one });
    if (startedAgo !== null) facts.push({ execution, status: 'started', ago: startedAgo, attempt });
    if (retried)
      facts.push({
        execution,
        status: 'failed',
        willRetry: true,
        ago: retried.ago,
        attempt,
        ...took(retried.took),
      });
    if (end) facts.push({ execution, status: end.status, ago: end.ago, attempt, ...took(end.took) });
  });
  plan.charges.forEach((status, before) =>
    facts.push({ execution, step: 'charge', status, ago: 30 - before, attempt: before + 1, took: 1 }),
  );
  return facts;
}

export function recordOf(workflow: string, { ago: minutes, took, ...fact }: Fact): object {
  return {
    workflow,
    at: NOW - minutes * MINUTE,
    ...(took === undefined ? {} : { durationMs: took * MINUTE }),
    ...(fact.status === 'failed' ? { error: 'timeout' } : {}),
    ...fact,
  };
}

export interface Totals {
  good: number;
  bad: number;
}

const oldest = (of: readonly number[]): number | null => (of.length === 0 ? null : Math.max(...of));

/** When an execution, or a step of it, started first: that of the first attempt as its ends say, or an earlier one. */
function startOf(mine: readonly Fact[]): number | null {
  const told = (of: readonly Fact[]) =>
    of.flatMap(({ ago: ended, took }) => (took === undefined ? [] : [ended + took]));
  const began = (of: readonly Fact[]) => of.flatMap((fact) => (fact.status === 'started' ? [fact.ago] : []));
  const first = mine.filter(({ attempt }) => attempt === 1);
  const later = mine.filter(({ attempt }) => attempt > 1);
  const firstStart = oldest(told(first)) ?? oldest(began(first));
  return oldest([...(firstStart === null ? [] : [firstStart]), ...told(later), ...began(later)]);
}

/** What statistics count of executions, or of their step. */
export interface Recounted {
  readonly counts: Readonly<Record<(typeof ENDS)[number], number>>;
  readonly attempts: number;
  readonly retries: number;
  /** Of what succeeded or failed, in minutes; in rising order. */
  readonly durations: readonly number[];
}

/** The statistics of what ended in the last so many minutes, the running one included, worked out plainly. */
export function recountedStatistics(
  facts: readonly Fact[],
  step: 'charge' | undefined,
  minutes: number,
): Recounted {
  const counts = { succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
  const durations: number[] = [];
  let [attempts, retries] = [0, 0];
  for (const execution of new Set(facts.map((fact) => fact.execution))) {
    const mine = facts.filter((fact) => fact.execution === execution && fact.step === step);
    const ends = mine.filter(({ status }) => status !== 'queued' && status !== 'started');
    const last = Math.max(0, ...ends.map(({ attempt }) => attempt));
    const start = startOf(mine);
    for (const { status, ago: ended, attempt, willRetry, count = 1 } of ends) {
      if (ended >= minutes) continue;
      attempts += count;
      if (attempt > 1) retries += count;
      if (attempt < last || willRetry) continue;
      counts[status as keyof typeof counts] += count;
      if (start !== null && (status === 'succeeded' || status === 'failed'))
        for (let one = 0; one < count; one++) durations.push(Math.max(0, start - ended));
    }
  }
  return { counts, attempts, retries, durations: durations.toSorted((one, other) => one - other) };
}

/** What the facts of all executions come to at the end, worked out plainly; `NOW` is when deadlines are looked at. */
export function expected(facts: readonly Fact[]): Record<string, Totals> {
  const totals: Record<string, Totals> = {};
  for (const name of ['done', 'in-time', 'from-queue', 'charged', 'tries', 'first-try'])
    totals[name] = { good: 0, bad: 0 };
  const add = (slo: string, good: boolean, count: number): void => {
    totals[slo]![good ? 'good' : 'bad'] += count;
  };
  const counts = (status: OutcomeStatus): boolean => status === 'succeeded' || status === 'failed';
  for (const execution of new Set(facts.map((fact) => fact.execution))) {
    const mine = facts.filter((fact) => fact.execution === execution && !fact.step);
    const ends = mine.filter(({ status }) => status !== 'queued' && status !== 'started');
    const last = Math.max(0, ...ends.map(({ attempt }) => attempt));
    const deciding = ends.filter(({ attempt, willRetry }) => attempt === last && !willRetry);
    const start = startOf(mine);
    const queued = oldest(mine.flatMap((fact) => (fact.status === 'queued' ? [fact.ago] : [])));
    const known = mine.filter(
      ({ status, willRetry }) => status === 'queued' || status === 'started' || willRetry,
    );
    const started = known.length === 0 ? 0 : Math.max(...known.map(({ count }) => count ?? 1));
    const left = started - deciding.reduce((sum, { count }) => sum + (count ?? 1), 0);
    for (const { status, count } of deciding)
      if (counts(status)) add('done', status === 'succeeded', count ?? 1);
    for (const [slo, base] of [
      ['in-time', start],
      ['from-queue', oldest([queued, start].filter((one) => one !== null))],
    ] as const) {
      if (base === null) continue;
      for (const { status, ago: ended, count } of deciding) {
        const late = base - ended > WITHIN / MINUTE;
        if (late || counts(status)) add(slo, !late && status === 'succeeded', count ?? 1);
      }
      if (left > 0 && base > WITHIN / MINUTE) add(slo, false, left);
    }
    const charges = facts.filter((fact) => fact.execution === execution && fact.step);
    for (const { status, attempt } of charges) {
      if (counts(status)) add('tries', status === 'succeeded', 1);
      add('first-try', attempt === 1, 1);
    }
    const charge = charges.at(-1);
    if (charge && counts(charge.status)) add('charged', charge.status === 'succeeded', 1);
  }
  return totals;
}
