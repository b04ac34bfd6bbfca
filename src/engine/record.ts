import { setImmediate as turn } from 'node:timers/promises';
import { partitionOf } from '../core/hash.ts';
import type { Outcome, Rejection } from '../core/outcome.ts';
import { isRejection, parseOutcome } from '../core/outcome.ts';
import type { Clock } from '../core/clock.ts';
import { judge } from '../core/sli.ts';
import type { Definitions } from '../core/slo.ts';
import type { CountStore, EndUnit, RecordGroup, StartUnit } from '../core/store.ts';
import { StoreUnavailable, unitKey } from '../core/store.ts';
import type { Recorder } from '../core/recorder.ts';
import { QueueFull } from '../core/recorder.ts';
import { minuteOf } from '../core/time.ts';
import type { CountingPlan, SelectedSli } from './counting-plan.ts';
import { countingPlans } from './counting-plan.ts';

export interface RecorderOptions {
  readonly store: CountStore & { readonly partitions: number };
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** The most outcomes that may wait for the store. */
  readonly queueLimit: number;
  /** Told of everything that was stored. */
  readonly onStored?: (workflow: string, accepted: number, duplicates: number) => void;
}

/** Flushes that may be under way at once: one is being answered while the next is being prepared. */
const CONCURRENT_FLUSHES = 4;
/** A flush takes whole requests until it has this many outcomes. */
const FLUSH_SIZE = 4000;
/** Records judged before others get a turn of the event loop: a few milliseconds' worth. */
const SLICE = 2000;

interface Job {
  readonly groups: ReadonlyMap<string, GroupsOfPartition>;
  readonly size: number;
  readonly resolve: (fresh: number) => void;
  readonly reject: (error: unknown) => void;
}

interface GroupsOfPartition {
  readonly workflow: string;
  readonly partition: number;
  readonly groups: Map<string, RecordGroup>;
}

/** Makes the recorder: requests that arrive together share one store call per partition (group commit). */
export function createRecorder(options: RecorderOptions): Recorder {
  const { store, definitions, clock, queueLimit } = options;
  let waiting: Job[] = [];
  let queued = 0;
  let flushing = 0;
  let scheduled = false;
  let idle: (() => void)[] = [];
  const plansOf = countingPlans();

  function schedule(): void {
    if (scheduled || flushing >= CONCURRENT_FLUSHES || waiting.length === 0) return;
    scheduled = true;
    // One turn of the event loop lets all requests that have already arrived join this flush.
    setImmediate(() => {
      scheduled = false;
      void flush(takeJobs());
      schedule();
    });
  }

  function takeJobs(): Job[] {
    let size = 0;
    let end = 0;
    while (end < waiting.length && size < FLUSH_SIZE) size += waiting[end++]!.size;
    const taken = waiting.slice(0, end);
    waiting = waiting.slice(end);
    return taken;
  }

  async function flush(jobs: readonly Job[]): Promise<void> {
    flushing++;
    await storeJobs(options, jobs, clock.now());
    flushing--;
    schedule();
    release(jobs.reduce((sum, { size }) => sum + size, 0));
  }

  function release(count: number): void {
    queued -= count;
    if (queued > 0) return;
    for (const done of idle) done();
    idle = [];
  }

  /** Puts one record into the group it belongs to, or says why it does not count. */
  function sort(
    record: unknown,
    arrival: number,
    plans: ReadonlyMap<string, CountingPlan>,
    groups: Map<string, GroupsOfPartition>,
  ): Rejection | null {
    const outcome = parseOutcome(record, arrival);
    if (isRejection(outcome)) return outcome;
    const plan = plans.get(outcome.workflow);
    if (!plan) return unknownWorkflow(outcome.workflow, plans);
    addToGroup(groups, plan, outcome, partitionOf(outcome.execution, store.partitions));
    return null;
  }

  return {
    async record(records) {
      if (queued + records.length > queueLimit) {
        throw new QueueFull(`${queued} outcomes are waiting for the store; at most ${queueLimit} may.`);
      }
      const plans = plansOf(definitions());
      const arrival = clock.now();
      const rejected: ({ index: number } & Rejection)[] = [];
      const groups = new Map<string, GroupsOfPartition>();
      queued += records.length;
      for (let index = 0; index < records.length; index++) {
        // A request of many records lets others have their turn in between (G2).
        if (index > 0 && index % SLICE === 0) await turn();
        const rejection = sort(records[index], arrival, plans, groups);
        if (rejection) rejected.push({ index, ...rejection });
      }
      const valid = records.length - rejected.length;
      release(rejected.length);
      if (valid === 0) return { accepted: 0, duplicates: 0, rejected };
      const accepted = await new Promise<number>((resolve, reject) => {
        waiting.push({ groups, size: valid, resolve, reject });
        schedule();
      });
      return { accepted, duplicates: valid - accepted, rejected };
    },
    drain() {
      return queued === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
    get queued() {
      return queued;
    },
  };
}

/** Workflows named in a rejection, so that it stays readable and cheap with thousands of them. */
const NAMED = 12;

function unknownWorkflow(workflow: string, known: ReadonlyMap<string, unknown>): Rejection {
  const names: string[] = [];
  for (const name of known.keys()) {
    if (names.length === NAMED) break;
    names.push(name);
  }
  const more = known.size > NAMED ? ` and ${known.size - NAMED} more` : '';
  return {
    code: 'unknown-workflow',
    message: `No SLO file defines the workflow ${workflow}; there ${known.size === 1 ? 'is' : 'are'}: ${names.join(', ') || 'none'}${more}.`,
  };
}

/** Stores the jobs of one flush, one call per partition, and answers each; never rejects. */
async function storeJobs(
  { store, onStored }: RecorderOptions,
  jobs: readonly Job[],
  now: number,
): Promise<void> {
  const batches = new Map<
    string,
    { workflow: string; partition: number; groups: RecordGroup[]; owners: Job[] }
  >();
  for (const job of jobs) {
    for (const [key, { workflow, partition, groups }] of job.groups) {
      let batch = batches.get(key);
      if (!batch) batches.set(key, (batch = { workflow, partition, groups: [], owners: [] }));
      for (const group of groups.values()) {
        batch.groups.push(group);
        batch.owners.push(job);
      }
    }
  }
  const fresh = new Map<Job, number>(jobs.map((job) => [job, 0]));
  const failed = new Map<Job, unknown>();
  await Promise.all(
    [...batches.values()].map(async ({ workflow, partition, groups, owners }) => {
      try {
        const counts = await store.record({ workflow, partition, now, groups });
        owners.forEach((job, index) => fresh.set(job, fresh.get(job)! + counts[index]!));
        const accepted = counts.reduce((sum, count) => sum + count, 0);
        const stored = groups.reduce((sum, { units }) => sum + units.length, 0);
        onStored?.(workflow, accepted, stored - accepted);
      } catch (error) {
        for (const job of owners) failed.set(job, error);
      }
    }),
  );
  for (const job of jobs) {
    if (failed.has(job)) job.reject(asUnavailable(failed.get(job)));
    else job.resolve(fresh.get(job)!);
  }
}

/** An unexpected failure of the store is no reason for producers to drop their outcomes: they should send them again. */
function asUnavailable(error: unknown): unknown {
  return error instanceof StoreUnavailable
    ? error
    : new StoreUnavailable('the outcomes could not be stored', { cause: error });
}

function addToGroup(
  partitions: Map<string, GroupsOfPartition>,
  plan: CountingPlan,
  outcome: Outcome,
  partition: number,
): void {
  const partitionKey = `${partition}/${outcome.workflow}`;
  let home = partitions.get(partitionKey);
  if (!home) {
    partitions.set(partitionKey, (home = { workflow: outcome.workflow, partition, groups: new Map() }));
  }
  if (outcome.status === 'started') addStart(home.groups, plan, outcome);
  else addEnd(home.groups, plan, outcome, outcome.status);
}

function addStart(groups: Map<string, RecordGroup>, plan: CountingPlan, outcome: Outcome): void {
  const { slis, key: selection } = plan.select(outcome);
  const watched = plan.watches(outcome);
  const key = `s|${selection}|${outcome.count}|${watched}`;
  let group = groups.get(key);
  if (!group) {
    const watches = slis.flatMap(({ fingerprint, withinMs }) =>
      withinMs === null ? [] : [{ fingerprint, withinMs }],
    );
    groups.set(key, (group = { kind: 'start', count: outcome.count, watched, watches, units: [] }));
  }
  (group.units as StartUnit[]).push({
    unit: unitKey(outcome.execution, outcome.step, outcome.attempt),
    at: outcome.at,
    execution: outcome.execution,
    step: outcome.step,
    traceId: outcome.traceId,
    parent: outcome.step !== null && watched ? unitKey(outcome.execution, null, 1) : null,
  });
}

function addEnd(
  groups: Map<string, RecordGroup>,
  plan: CountingPlan,
  outcome: Outcome,
  status: 'succeeded' | 'failed' | 'cancelled',
): void {
  const { slis, key: selection, timed } = plan.select(outcome);
  const startKnown = !timed || outcome.startedAt !== null;
  let where = '';
  if (startKnown) {
    if (timed) {
      // Landings differ only for SLIs with a deadline; this spells out each so that like goes with like.
      for (const sli of slis) {
        const landing = judge(sli.withinMs, outcome.startedAt!, outcome.at, status);
        where += landing ? `${landing.good ? '+' : '-'}${landing.minute}` : '0';
      }
    } else {
      where = String(minuteOf(outcome.at));
    }
  }
  const step = outcome.failedStep ?? outcome.step;
  // Whatever has a deadline can be bad without having failed.
  const failure =
    timed || status === 'failed' ? `${step ?? ''}|${outcome.dependency ?? ''}|${outcome.error ?? ''}` : '';
  const key = `${status}|${selection}|${outcome.count}|${where}|${failure}`;
  let group = groups.get(key);
  if (!group) {
    group = {
      kind: 'end',
      status,
      count: outcome.count,
      slis,
      landings: startKnown ? landingsOf(slis, outcome, status) : null,
      failure: { step, dependency: outcome.dependency, error: outcome.error },
      units: [],
    };
    groups.set(key, group);
  }
  (group.units as EndUnit[]).push({
    unit: unitKey(outcome.execution, outcome.step, outcome.attempt),
    at: outcome.at,
    startedAt: outcome.startedAt,
    execution: outcome.execution,
    traceId: outcome.traceId,
  });
}

function landingsOf(
  slis: readonly SelectedSli[],
  outcome: Outcome,
  status: 'succeeded' | 'failed' | 'cancelled',
) {
  return slis.flatMap(({ fingerprint, withinMs }) => {
    const landing = judge(withinMs, outcome.startedAt ?? outcome.at, outcome.at, status);
    return landing ? [{ fingerprint, ...landing }] : [];
  });
}
