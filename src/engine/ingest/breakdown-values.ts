import { hash53 } from '../../core/hash.ts';
import type { BreakdownValues } from '../../core/ports/breakdown-values.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { StoredBreakdown } from '../../core/ports/stored-breakdown.ts';
import { storedBreakdown, upgradeBreakdown } from '../../core/ports/stored-breakdown.ts';
import { MAX_BREAKDOWN_VALUES } from '../../core/slo/breakdown.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { SECOND } from '../../core/time/duration.ts';

/** Tells the values of attributes apart, as they come. */
export interface ValueAdmission {
  /**
   * Whether outcomes with a value are counted by themselves: those of the first `MAX_BREAKDOWN_VALUES` are, whichever replica
   * met them first.
   */
  admit(workflow: string, attribute: string, value: string): boolean;
  /** Resolves once values that were admitted for the first time are remembered; at the latest when that failed, to be tried again. */
  remembered(): Promise<void>;
}

export interface BreakdownValuesOptions {
  readonly store: RecordStore;
  readonly definitions: () => Definitions;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  /** Called once for an attribute, when a value of it is not told apart. */
  readonly onFull?: (workflow: string, attribute: string) => void;
}

interface Known {
  readonly workflow: string;
  readonly attribute: string;
  values: Set<string>;
  full: boolean;
  /** Whether the store does not know all of this yet. */
  pending: boolean;
}

/** What other replicas met is asked for so often. */
const REFRESH = 5 * SECOND;
/** Two replicas may want to change the same at once; each of them gets its turn long before this. */
const TRIES = 20;

export function createBreakdownValues(options: BreakdownValuesOptions): BreakdownValues & ValueAdmission {
  const { store, definitions, elapsed, log, onFull } = options;
  const known = new Map<string, Known>();
  let pending = false;
  let saving: Promise<void> | null = null;
  let refreshing: Promise<void> | null = null;
  let refreshedAt = -Infinity;

  function entry(workflow: string, attribute: string): Known {
    const key = `${workflow} ${attribute}`;
    let found = known.get(key);
    if (!found)
      known.set(key, (found = { workflow, attribute, values: new Set(), full: false, pending: false }));
    return found;
  }

  function fill(one: Known): void {
    if (one.full) return;
    one.full = true;
    const { workflow, attribute } = one;
    log.warn(
      { code: 'breakdown-full', workflow, attribute, values: MAX_BREAKDOWN_VALUES },
      'an attribute has more values than are told apart; further ones count as other',
    );
    onFull?.(workflow, attribute);
  }

  /** Takes over what is stored, and as much of what only this process knows as there is room for. */
  function merge(one: Known, stored: StoredBreakdown | null): void {
    const values = new Set(stored?.values);
    for (const value of one.values) if (values.size < MAX_BREAKDOWN_VALUES) values.add(value);
    if (stored?.full || [...one.values].some((value) => !values.has(value))) fill(one);
    one.values = values;
    one.pending =
      stored === null ? values.size > 0 : values.size > stored.values.length || one.full !== stored.full;
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
        const value = storedBreakdown({ workflow, attribute, values: [...values], full });
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
    attributesOf: (workflow) => definitions().workflows.get(workflow)?.breakdown ?? NONE,
    valuesOf: (workflow, attribute) => [...(known.get(`${workflow} ${attribute}`)?.values ?? NONE)],
    isFull: (workflow, attribute) => known.get(`${workflow} ${attribute}`)?.full ?? false,
    async refresh() {
      const isUsed = [...definitions().workflows.values()].some(({ breakdown }) => breakdown.length > 0);
      if (!isUsed || elapsed() - refreshedAt < REFRESH) return;
      refreshing ??= refresh().finally(() => (refreshing = null));
      await refreshing;
    },
    admit(workflow, attribute, value) {
      const one = entry(workflow, attribute);
      if (one.values.has(value)) return true;
      if (one.values.size >= MAX_BREAKDOWN_VALUES) {
        if (!one.full) {
          fill(one);
          pending = one.pending = true;
        }
        return false;
      }
      one.values.add(value);
      pending = one.pending = true;
      return true;
    },
    remembered,
  };
}

const NONE: readonly string[] = [];

/** Names of workflows and attributes may be longer together than ids of records. */
function idOf({ workflow, attribute }: Pick<Known, 'workflow' | 'attribute'>): string {
  return hash53(`${workflow} ${attribute}`).toString(36);
}
