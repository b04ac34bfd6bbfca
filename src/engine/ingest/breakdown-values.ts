import { hash53 } from '../../core/hash.ts';
import type { BreakdownValues } from '../../core/ports/breakdown-values.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { StoredBreakdown } from '../../core/ports/stored-breakdown.ts';
import { storedBreakdown, upgradeBreakdown } from '../../core/ports/stored-breakdown.ts';
import { MAX_BREAKDOWN_VALUES } from '../../core/slo/breakdown.ts';
import { MAX_EACH_VALUES } from '../../core/slo/each-value.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { DAY, SECOND } from '../../core/time/duration.ts';

/** Tells the values of attributes apart, as they come. */
export interface ValueAdmission {
  /**
   * Whether outcomes with a value are counted by themselves: those of the first `MAX_BREAKDOWN_VALUES` are, of an attribute of
   * which each has an SLO those of the first `MAX_EACH_VALUES`, whichever replica met them first.
   */
  admit(workflow: string, attribute: string, value: string): boolean;
  /** Resolves once values that were admitted for the first time are remembered; at the latest when that failed, to be tried again. */
  remembered(): Promise<void>;
}

export interface BreakdownValuesOptions {
  readonly store: RecordStore;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  /** Called when a value of an attribute is not told apart any more (true), and when all that come are again. */
  readonly onFull?: (workflow: string, attribute: string, full: boolean) => void;
}

interface Known {
  readonly workflow: string;
  readonly attribute: string;
  /** With the day on which each came last. */
  values: Map<string, number>;
  full: boolean;
  /** Whether the store does not know all of this yet. */
  pending: boolean;
}

/** What other replicas met is asked for so often. */
const REFRESH = 5 * SECOND;
/**
 * A value that has not come for as long as the longest window of its workflow, and for so many days, is forgotten: its SLO, whose
 * window is empty, goes, and makes room for others.
 */
const FORGET_AFTER = 30;
/** Two replicas may want to change the same at once; each of them gets its turn long before this. */
const TRIES = 20;

export function createBreakdownValues(options: BreakdownValuesOptions): BreakdownValues & ValueAdmission {
  const { store, definitions, clock, elapsed, log, onFull } = options;
  const known = new Map<string, Known>();
  let version = 0;
  let pending = false;
  let saving: Promise<void> | null = null;
  let refreshing: Promise<void> | null = null;
  let refreshedAt = -Infinity;

  const today = (): number => Math.floor(clock.now() / DAY);

  function entry(workflow: string, attribute: string): Known {
    const key = `${workflow} ${attribute}`;
    let found = known.get(key);
    if (!found)
      known.set(key, (found = { workflow, attribute, values: new Map(), full: false, pending: false }));
    return found;
  }

  function limitOf({ workflow, attribute }: Known): number {
    const slos = definitions().workflows.get(workflow)?.slos ?? [];
    return slos.some(({ each }) => each === attribute) ? MAX_EACH_VALUES : MAX_BREAKDOWN_VALUES;
  }

  /** The first day that is not too long ago for a value to be known. */
  function firstDay({ workflow }: Known): number {
    const slos = definitions().workflows.get(workflow)?.slos ?? [];
    const windows = slos.flatMap(({ window, otherWindows }) => [window, ...otherWindows]);
    const longest = windows.reduce((most, { duration }) => Math.max(most, duration), FORGET_AFTER * DAY);
    return today() - Math.ceil(longest / DAY);
  }

  /** Once there is room again, what comes next is told apart. */
  function setFull(one: Known, full: boolean, limit: number): void {
    if (one.full === full) return;
    one.full = full;
    version++;
    const { workflow, attribute } = one;
    onFull?.(workflow, attribute, full);
    if (!full) return;
    log.warn(
      { code: 'breakdown-full', workflow, attribute, values: limit },
      'an attribute has more values than are told apart; further ones count as other',
    );
  }

  /** What is stored and what this process knows, each value with the day on which either met it last. */
  function merged(one: Known, stored: StoredBreakdown | null): Map<string, number> {
    const values = new Map(stored?.values.map((value, at) => [value, stored.seen?.[at] ?? today()]));
    for (const [value, day] of one.values) values.set(value, Math.max(day, values.get(value) ?? day));
    // Of a clock that was ahead; that of another replica may be by a little.
    for (const [value, day] of values) if (day > today() + 1) values.set(value, today());
    return values;
  }

  /** Takes over what is stored, and as much of what only this process knows as there is room for. */
  function merge(one: Known, stored: StoredBreakdown | null): void {
    const [first, limit] = [firstDay(one), Math.max(limitOf(one), stored?.values.length ?? 0)];
    const all = [...merged(one, stored)];
    const current = all.filter(([, day]) => day >= first);
    const kept = new Map(current.slice(0, limit));
    const forgotten = all.length - current.length;
    if (forgotten > 0) {
      const { workflow, attribute } = one;
      log.info({ workflow, attribute, forgotten }, 'values that have not come for long are forgotten');
    }
    const moreCame = one.full || (stored?.full ?? false) || current.length > kept.size;
    setFull(one, moreCame && kept.size >= limit, limit);
    if (!sameValues(one.values, kept)) version++;
    one.values = kept;
    one.pending = isNews(one, stored);
    pending ||= one.pending;
  }

  function learn(records: readonly StoredRecord[]): void {
    const stored = new Map(records.map(({ id, value }) => [id, upgradeBreakdown(value)]));
    for (const breakdown of stored.values()) if (breakdown) entry(breakdown.workflow, breakdown.attribute);
    for (const one of known.values()) {
      const breakdown = stored.get(idOf(one));
      // What a newer version of Burnwatch stored is left alone.
      if (breakdown === null) one.pending = false;
      else merge(one, breakdown ?? null);
    }
  }

  async function save(): Promise<void> {
    for (let tries = 0; pending && tries < TRIES; tries++) {
      const records = await store.records('breakdowns');
      pending = false;
      learn(records);
      const revisions = new Map(records.map(({ id, revision }) => [id, revision]));
      for (const one of known.values()) {
        if (!one.pending) continue;
        const { workflow, attribute, values, full } = one;
        const id = idOf(one);
        const all = { workflow, attribute, values: [...values.keys()], seen: [...values.values()], full };
        const value = storedBreakdown(all);
        one.pending = false;
        if (!(await store.putRecord('breakdowns', id, revisions.get(id) ?? 0, value)))
          pending = one.pending = true;
      }
    }
  }

  /** What cannot be stored now is stored with the next values, or when the store is asked next. */
  async function unlessAway(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      pending = [...known.values()].some(({ values }) => values.size > 0);
      log.warn({ error: String(error) }, 'values of attributes could not be remembered or read; later again');
    }
  }

  function remembered(): Promise<void> {
    if (!pending) return Promise.resolve();
    saving ??= unlessAway(save).finally(() => (saving = null));
    return saving;
  }

  async function refresh(): Promise<void> {
    await unlessAway(async () => learn(await store.records('breakdowns')));
    refreshedAt = elapsed();
    await remembered();
  }

  return {
    version: () => version,
    attributesOf: (workflow) => definitions().workflows.get(workflow)?.breakdown ?? NONE,
    valuesOf: (workflow, attribute) => [...(known.get(`${workflow} ${attribute}`)?.values.keys() ?? NONE)],
    isFull: (workflow, attribute) => known.get(`${workflow} ${attribute}`)?.full ?? false,
    async refresh() {
      const isUsed = [...definitions().workflows.values()].some(({ breakdown }) => breakdown.length > 0);
      if (!isUsed || elapsed() - refreshedAt < REFRESH) return;
      refreshing ??= refresh().finally(() => (refreshing = null));
      await refreshing;
    },
    admit(workflow, attribute, value) {
      const one = entry(workflow, attribute);
      const day = today();
      const seen = one.values.get(value);
      // Once a day that it came is remembered; a clock that was set back must not forget that it did.
      if (seen !== undefined && seen >= day) return true;
      if (seen === undefined) {
        if (one.full) return false;
        const limit = limitOf(one);
        if (one.values.size >= limit) {
          setFull(one, true, limit);
          pending = one.pending = true;
          return false;
        }
        version++;
      }
      one.values.set(value, day);
      pending = one.pending = true;
      return true;
    },
    remembered,
  };
}

const NONE: readonly string[] = [];

function sameValues(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one.keys()].every((value) => other.has(value));
}

/** Whether the store does not say all of it. */
function isNews({ values, full }: Known, stored: StoredBreakdown | null): boolean {
  if (stored === null) return values.size > 0;
  if (full !== stored.full || values.size !== stored.values.length) return true;
  return stored.values.some((value, at) => values.get(value) !== stored.seen?.[at]);
}

/** Names of workflows and attributes may be longer together than ids of records. */
function idOf({ workflow, attribute }: Pick<Known, 'workflow' | 'attribute'>): string {
  return hash53(`${workflow} ${attribute}`).toString(36);
}
