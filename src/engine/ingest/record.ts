import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Clock } from '../../core/ports/clock.ts';
import { createFairShare } from '../../core/fair-share.ts';
import { parseMeasurement } from '../../core/outcomes/measurement.ts';
import { isStart, parseOutcome } from '../../core/outcomes/outcome.ts';
import type { Outcome } from '../../core/outcomes/outcome.ts';
import type { Rejection } from '../../core/outcomes/record-fields.ts';
import { isName, isRejection } from '../../core/outcomes/record-fields.ts';
import type { RejectedRecord, Recorder, RecordResult } from '../../core/ports/recorder.ts';
import { OverShare, QueueFull } from '../../core/ports/recorder.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import type { NotedRejection } from '../../core/ports/rejections.ts';
import type { Caller } from '../../core/ports/token.ts';
import { SERVICE_ITSELF, shareOf } from '../../core/ports/token.ts';
import { nearest } from '../../core/words/suggestion.ts';
import type { FlightLimit } from './flight-limit.ts';
import type { Permitted } from './permitted.ts';
import { permitted } from './permitted.ts';
import type { CountingPlan } from './counting-plan.ts';
import { countingPlans } from './counting-plan.ts';
import type { GroupsByPartition } from './record-groups.ts';
import { addMeasurement, addOutcome } from './record-groups.ts';
import type { Findings } from './record-findings.ts';
import { conflictsOf, warningsOf } from './record-findings.ts';
import type { ValueAdmission } from './breakdown-values.ts';
import type { Job, StoredCounts } from './shared-write.ts';
import { storeJobs } from './shared-write.ts';

export interface RecorderOptions {
  readonly store: Pick<CountStore, 'record'> & { readonly partitions: number };
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** The most outcomes that may wait for the store. */
  readonly queueLimit: number;
  /** The most outcomes one record of a workflow may stand for. */
  readonly countLimit?: (workflow: string) => number;
  readonly flightLimit?: FlightLimit;
  /** Called with each record that stands for `LARGE_COUNT` outcomes or more. */
  readonly onLargeCount?: (workflow: string, count: number, caller: Caller) => void;
  /** Called with each record that is rejected. */
  readonly onRejected?: (rejection: NotedRejection, caller: Caller) => void;
  /** Tells values of attributes apart; absent: none are. */
  readonly values?: ValueAdmission;
  /** Called with everything that was stored, or was found to be stored already. */
  readonly onStored?: (workflow: string, stored: StoredCounts) => void;
}

/** From this on a record's count is worth a look: it moves a budget by itself. */
export const LARGE_COUNT = 10_000;

/** Flushes that may be under way at once: one is being answered while the next is being prepared. */
const CONCURRENT_FLUSHES = 4;
/** A flush takes whole requests until it has this many outcomes. */
const FLUSH_SIZE = 4000;
/** Records judged before others get a turn of the event loop: a few milliseconds' worth. */
const SLICE = 2000;

/** What decides about the records of a request. */
interface Rules extends Permitted {
  readonly caller: Caller;
  /** The workflows and steps that unknown ones were most likely to be, as far as they may be named; for a few of each request. */
  readonly meant: Map<string, string | undefined>;
  readonly plans: ReadonlyMap<string, CountingPlan>;
}

/** Puts one record where it belongs, or says why it does not count; `index` is its place in the request. */
type Sort = (
  record: unknown,
  index: number,
  arrival: number,
  rules: Rules,
  home: GroupsByPartition,
) => Rejection | null;

/** Makes the recorder: requests that arrive together are stored together (group commit). */
export function createRecorder(options: RecorderOptions): Recorder {
  const { store, definitions, clock, queueLimit } = options;
  let waiting: Job[] = [];
  let queued = 0;
  let flushing = 0;
  let scheduled = false;
  let idle: (() => void)[] = [];
  const plansOf = countingPlans(options.values ?? null);
  const shares = createFairShare(queueLimit);

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
    await storeJobs(store, jobs, clock.now(), options.onStored);
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

  const sortOutcome: Sort = (record, index, arrival, rules, home) => {
    const outcome = parseOutcome(record, arrival);
    if (isRejection(outcome)) return outcome;
    const refusal = rules.refusal(outcome.workflow);
    if (refusal) return refusal;
    const plan = rules.plans.get(outcome.workflow);
    if (!plan) return unknownWorkflow(outcome.workflow, rules);
    const { map } = plan;
    if (map.unknownSteps === 'reject' && outcome.step !== null && !map.after.has(outcome.step))
      return unknownStep(outcome.workflow, outcome.step, map.steps, rules);
    if (outcome.count > 1) {
      const most = options.countLimit?.(outcome.workflow) ?? Infinity;
      if (outcome.count > most) return countTooLarge(outcome, most);
      if (outcome.count >= LARGE_COUNT) options.onLargeCount?.(outcome.workflow, outcome.count, rules.caller);
    }
    if (isStart(outcome.status)) {
      const full = options.flightLimit?.take(outcome.workflow);
      if (full) return full;
    }
    addOutcome(home, plan, outcome, index, store.partitions);
    return null;
  };

  const sortMeasurement: Sort = (record, _index, arrival, rules, home) => {
    const measurement = parseMeasurement(record, arrival);
    if (isRejection(measurement)) return measurement;
    const refusal = rules.refusal(measurement.workflow);
    if (refusal) return refusal;
    const plan = rules.plans.get(measurement.workflow);
    if (!plan) return unknownWorkflow(measurement.workflow, rules);
    const measuredBy = plan.measured(measurement);
    if (!measuredBy) return unknownMeasurement(measurement, plan.measurements);
    addMeasurement(home, measuredBy, measurement, store.partitions);
    return null;
  };

  function rulesOf(caller: Caller, active: Definitions): Rules {
    return { caller, ...permitted(caller, active), plans: plansOf(active), meant: new Map() };
  }

  async function recordShared(
    records: readonly unknown[],
    caller: Caller,
    sort: Sort,
  ): Promise<RecordResult> {
    const inForce = definitions();
    const rules = rulesOf(caller, inForce);
    const arrival = clock.now();
    const rejected: RejectedRecord[] = [];
    const groups: GroupsByPartition = new Map();
    queued += records.length;
    for (let index = 0; index < records.length; index++) {
      // A request of many records lets others have their turn in between (G2).
      if (index > 0 && index % SLICE === 0) await yieldToEventLoop();
      const rejection = sort(records[index], index, arrival, rules, groups);
      if (!rejection) continue;
      rejected.push({ index, ...rejection });
      options.onRejected?.({ workflow: workflowNamed(records[index]), ...rejection }, caller);
    }
    const valid = records.length - rejected.length;
    release(rejected.length);
    if (valid === 0) return { accepted: 0, duplicates: 0, rejected };
    // What is counted by itself must be known to be so when the answer comes.
    if (options.values) await options.values.remembered();
    const found = await new Promise<Findings>((resolve, reject) => {
      waiting.push({ groups, plans: rules.plans, size: valid, resolve, reject });
      schedule();
    });
    const conflicts = conflictsOf(found);
    for (const conflict of conflicts)
      options.onRejected?.({ workflow: workflowNamed(records[conflict.index]), ...conflict }, caller);
    return {
      accepted: found.counted,
      duplicates: valid - found.counted - conflicts.length,
      rejected:
        conflicts.length === 0
          ? rejected
          : [...rejected, ...conflicts].toSorted((one, other) => one.index - other.index),
      ...(conflicts.length === 0 ? {} : { conflicts: conflicts.length }),
      ...(found.waiting.size === 0 ? {} : { warnings: warningsOf(found, inForce) }),
    };
  }

  async function record(records: readonly unknown[], caller: Caller, sort: Sort): Promise<RecordResult> {
    const share = shareOf(caller);
    if (queued + records.length > queueLimit) {
      throw new QueueFull(`${queued} outcomes are waiting for the store; at most ${queueLimit} may.`);
    }
    if (!shares.take(share, records.length)) {
      throw new OverShare(
        `${queued} outcomes are waiting for the store, most of them of one token or address.`,
      );
    }
    try {
      return await recordShared(records, caller, sort);
    } finally {
      shares.give(share, records.length);
    }
  }

  return {
    record: (records, caller = SERVICE_ITSELF) => record(records, caller, sortOutcome),
    recordMeasurements: (records, caller = SERVICE_ITSELF) => record(records, caller, sortMeasurement),
    refusal(workflow, caller) {
      const rules = rulesOf(caller, definitions());
      if (rules.plans.has(workflow)) return rules.refusal(workflow);
      return rules.refusal(workflow) ?? unknownWorkflow(workflow, rules);
    },
    drain() {
      return queued === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
    get queued() {
      return queued;
    },
  };
}

/** The workflow that a record names; null when it names none that could be one. */
function workflowNamed(record: unknown): string | null {
  const { workflow } = (record ?? {}) as { readonly workflow?: unknown };
  return typeof workflow === 'string' && isName(workflow) ? workflow : null;
}

/** Unknown names of a request for which a near one is looked for, which takes a while. */
const MEANT = 20;
/** Names listed in a rejection, so that it stays readable and cheap with thousands of them. */
const NAMED = 12;

function unknownWorkflow(workflow: string, rules: Rules): Rejection {
  const { plans } = rules;
  const known = rules.nameable();
  const meant = meantOf(workflow, workflow, known, rules);
  if (meant !== undefined) {
    return {
      code: 'unknown-workflow',
      message: `No SLO file defines the workflow ${workflow}; did you mean ${meant}?`,
    };
  }
  // To one that may name none of them, "there are: none" would be wrong.
  const others = known.length === 0 && plans.size > 0 ? '' : `; ${listed(known, known.length)}`;
  return {
    code: 'unknown-workflow',
    message: `No SLO file defines the workflow ${workflow}${others}.`,
  };
}

function unknownStep(workflow: string, step: string, known: readonly string[], rules: Rules): Rejection {
  const meant = meantOf(`${workflow} ${step}`, step, known, rules);
  const others = meant === undefined ? listed(known, known.length) : `did you mean ${meant}?`;
  return {
    code: 'unknown-step',
    message: `${workflow} has no step ${step}; ${others}${meant === undefined ? '.' : ''}`,
  };
}

/** The name that an unknown one was most likely to be; `key` is the same for the same name of the same place. */
function meantOf(key: string, name: string, known: Iterable<string>, { meant }: Rules): string | undefined {
  if (!meant.has(key) && meant.size < MEANT) meant.set(key, nearest(name, known));
  return meant.get(key);
}

function unknownMeasurement(
  { workflow, name }: { readonly workflow: string; readonly name: string },
  known: readonly string[],
): Rejection {
  return {
    code: 'unknown-measurement',
    message: `No SLO of ${workflow} counts the measurement ${name}; ${listed(known, known.length)}.`,
  };
}

function countTooLarge({ workflow, count }: Outcome, most: number): Rejection {
  return {
    code: 'count-too-large',
    message: `count is ${count}; a record of ${workflow} may stand for ${most} outcomes at most (BURNWATCH_COUNT_LIMIT).`,
  };
}

function listed(known: Iterable<string>, count: number): string {
  const names: string[] = [];
  for (const name of known) {
    if (names.length === NAMED) break;
    names.push(name);
  }
  const more = count > NAMED ? ` and ${count - NAMED} more` : '';
  return `there ${count === 1 ? 'is' : 'are'}: ${names.join(', ') || 'none'}${more}`;
}
