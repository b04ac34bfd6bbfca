import { setImmediate as yieldToEventLoop, setTimeout } from 'node:timers/promises';
import { countedByWorkflow } from '../../core/slo/series.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { Log } from '../../core/ports/log.ts';
import type { CountStore, PartitionId } from '../../core/ports/store/counting.ts';
import { PartUnavailable, isStoreAway } from '../../core/ports/store/store.ts';
import { SECOND } from '../../core/time/duration.ts';

/** Gives the longest deadline of each workflow of some definitions, in milliseconds; 0 where none has one. */
export function longestDeadlines(): (definitions: Definitions, workflow: string) => number {
  let known: Definitions | null = null;
  let longest: ReadonlyMap<string, number> = new Map();
  return (definitions, workflow) => {
    if (definitions !== known) {
      known = definitions;
      longest = new Map(
        [...countedByWorkflow(definitions)].map(([name, slis]) => [
          name,
          Math.max(
            0,
            ...[...slis.values()].map((sli) => (sli.kind === 'outcomes' ? (sli.withinMs ?? 0) : 0)),
          ),
        ]),
      );
    }
    return longest.get(workflow) ?? 0;
  };
}

/** What was swept since this was last asked for. */
export interface SweepTotals {
  /** Partitions that could not be swept; the others were (J4). */
  readonly unswept: number;
  readonly overdue: number;
  readonly unjudged: number;
}

export interface Sweeper {
  /**
   * Counts every execution that has passed a deadline as bad at that deadline (C3), in all partitions of all workflows.
   * `until` says up to which moment the deadlines of a workflow can be judged; up to `now` if absent. After `patience` this
   * resolves, and what is left is swept on beside judgement. Safe on several replicas.
   */
  sweep(definitions: Definitions, now: number, until?: (workflow: string) => number): Promise<SweepTotals>;
  /** Resolves once nothing is swept any more. */
  stop(): Promise<void>;
}

export interface SweeperOptions {
  readonly store: Pick<CountStore, 'sweep'> & { readonly partitions: number };
  readonly log: Log;
  /** Resolves when judgement has waited long enough for a mass of overdue executions; a second by default. */
  readonly patience?: (signal: AbortSignal) => Promise<unknown>;
}

/** Records looked at in one store call: small enough that a call does not hold up ingest. */
const SWEEP_LIMIT = 500;
/** Partitions asked before others get a turn of the event loop: each costs a command. */
const BEGUN_AT_ONCE = 100;

const aSecond = (signal: AbortSignal) => setTimeout(SECOND, undefined, { signal });

export function createSweeper({ store, log, patience = aSecond }: SweeperOptions): Sweeper {
  /** The sweeps that go on, by workflow and partition. */
  const running = new Map<string, Promise<void>>();
  let totals = { overdue: 0, unjudged: 0, unswept: 0 };
  const stopping = new AbortController();

  async function sweepPartition(part: PartitionId, until: number): Promise<void> {
    try {
      let swept: number;
      do {
        const result = await store.sweep(part, until, SWEEP_LIMIT);
        swept = result.swept;
        totals.overdue += result.overdue;
        totals.unjudged += result.unjudged;
      } while (swept === SWEEP_LIMIT && !stopping.signal.aborted);
    } catch (error) {
      if (isStoreAway(error)) throw error;
      totals.unswept++;
      // Of a shard that is away, which is reported as one.
      if (error instanceof PartUnavailable) return;
      log.error({ ...part, error: String(error) }, 'a partition could not be swept; the others are');
    }
  }

  function begin(part: PartitionId, until: number): Promise<void> {
    const name = `${part.partition} ${part.workflow}`;
    const current = running.get(name);
    if (current) return current;
    const begun = sweepPartition(part, until).finally(() => running.delete(name));
    // One that goes on while no tick waits for it may fail alone: the next tick finds the store as it is.
    begun.catch(() => {});
    running.set(name, begun);
    return begun;
  }

  async function sweepAll(definitions: Definitions, until: (workflow: string) => number): Promise<void> {
    const begun: Promise<void>[] = [];
    for (const workflow of definitions.workflows.keys()) {
      const moment = until(workflow);
      for (let partition = 0; partition < store.partitions; partition++) {
        if (begun.length % BEGUN_AT_ONCE === BEGUN_AT_ONCE - 1) await yieldToEventLoop();
        if (stopping.signal.aborted) return;
        begun.push(begin({ workflow, partition }, moment));
      }
    }
    await Promise.all(begun);
  }

  return {
    async sweep(definitions, now, until = () => now) {
      const enough = new AbortController();
      const waited = patience(enough.signal).catch(() => {});
      await Promise.race([sweepAll(definitions, until), waited]).finally(() => enough.abort());
      const found = totals;
      totals = { overdue: 0, unjudged: 0, unswept: 0 };
      return found;
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(running.values());
    },
  };
}
