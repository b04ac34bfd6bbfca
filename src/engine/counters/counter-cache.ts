import type { Counts } from '../../core/counters/cells.ts';
import { HOURS_PER_BLOCK, MINUTES_PER_BLOCK, cellOf } from '../../core/counters/cells.ts';
import { seriesKey } from '../../core/slo/series.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { BlockId, CountStore, PartitionId } from '../../core/ports/store/counting.ts';
import { HOUR, MINUTE, formatDuration, minuteOf } from '../../core/time/duration.ts';
import type { Block, CachedCells } from './cached-cells.ts';
import { blockCode, merge, cachedCells } from './cached-cells.ts';
import { inParts } from './in-parts.ts';
import type { Needed, WantedCells } from './needed-blocks.ts';
import { createNeededBlocks } from './needed-blocks.ts';
import { createReadablePartitions } from './readable-partitions.ts';

/** What is wanted of one SLI. */
export interface CounterRequest extends SliId, WantedCells {}

/** Says what of a series was written, for those who work out something from it. */
export interface ChangeFeed {
  /** The hours that were written since the last call, as far as a refresh noticed; null when all may have been. */
  take(): readonly number[] | null;
  /** Stops following. */
  close(): void;
}

/**
 * The counters of SLIs as this process last read them, so that a tick reads only what changed.
 * Partitions are added up.
 */
export interface CounterCache {
  /**
   * Brings what is requested up to `now`. Calls made while one is running wait for it. What cannot be read of one
   * series does not keep the others from being read: see `failure`.
   */
  refresh(requests: readonly CounterRequest[], now: number): Promise<void>;
  /** Why the last refresh that asked for a series could not read it, unless the whole store was away; else null. */
  failure(sli: SliId): Error | null;
  /**
   * The share of partitions that what was read of a series is of, and that can be read now: 1 unless a part of the store
   * is away, or was when some of it was read.
   */
  readShare(sli: SliId): number;
  /**
   * Sums up an SLI's outcomes in the window of a length that ends at `now`; throws where part of the window was never
   * read, which a refresh of another length or to another time does not do.
   */
  sums(sli: SliId, now: number): (window: number) => Counts;
  /**
   * An object that is the same for as long as the sums of a series are: within one minute, until it is read again. Null for
   * several: there is none for all of them.
   */
  basis(slis: readonly SliId[], now: number): object | null;
  /** The cells of a series as they are now, as far as they were read. */
  series(sli: SliId): CachedCells;
  /** Grows whenever something of a series is read again. */
  version(sli: SliId): number;
  /** Starts reporting what is written of a series; at first, everything. */
  follow(sli: SliId): ChangeFeed;
  /** The store was wiped or replaced: reads everything again with the next refresh. */
  forget(): void;
}

interface Series {
  readonly sli: SliId;
  readonly blocks: Map<number, Block>;
  /** The view of the blocks. */
  readonly cells: CachedCells;
  /** Those of its blocks that are not of all partitions. */
  readonly partial: Map<Block, Needed>;
  version: number;
  summed: Summed;
}

/** What was summed up of a series in some minute, of some state of its cells: evaluation and every report ask for the same windows. */
interface Summed {
  readonly version: number;
  readonly minute: number;
  readonly byWindow: Map<number, Counts>;
}

/** What a feed has not reported yet; null: everything. */
interface Untold {
  hours: Set<number> | null;
}

/** SLIs whose blocks are read in one call: few enough that what a call takes is soon given back. */
const READ_AT_ONCE = 1000;
/** How long a partition may go unread before all of it must be read again; well within CHANGE_RETENTION. */
const STALE_AFTER = HOUR;
/** Blocks that no refresh has wanted for this long are forgotten. */
const UNWANTED_AFTER = HOUR;
/** As well as those that a part of the store was missing from, once it is back. */
const PARTIAL_UNWANTED_AFTER = MINUTE;
const NOTHING = cachedCells(new Map());
const NOTHING_SUMMED: Summed = { version: -1, minute: -1, byWindow: new Map() };

export function createCounterCache(store: CountStore & { readonly partitions: number }): CounterCache {
  const series = new Map<string, Series>();
  const revisions = new Map<string, { revision: number; readAt: number }>();
  const feeds = new Map<string, Set<Untold>>();
  const failures = new Map<string, Error>();
  const readable = createReadablePartitions(store);
  const partialSeries = new Set<Series>();
  let running: Promise<void> = Promise.resolve();
  let tidiedAt = 0;
  const neededBlocks = createNeededBlocks();
  async function refresh(requests: readonly CounterRequest[], now: number): Promise<void> {
    for (const request of requests) failures.delete(seriesKey(request));
    const workflows = new Set(requests.map(({ workflow }) => workflow));
    readAnew(await readable.refresh(workflows));
    await markChanged(workflows, now);
    for (let from = 0; from < requests.length; from += READ_AT_ONCE) {
      await inParts(
        requests.slice(from, from + READ_AT_ONCE),
        (part) => readStale(part, now),
        (request, error) => failures.set(seriesKey(request), error),
      );
    }
    tidy(now);
    tidyPartial(now);
    for (const request of requests) {
      const failure = readable.failure(request.workflow);
      if (failure) failures.set(seriesKey(request), failure);
    }
  }

  /** Of workflows of which more or less can be read than before, everything is read again. */
  function readAnew(workflows: ReadonlySet<string>): void {
    if (workflows.size === 0) return;
    for (const { sli, blocks } of series.values()) {
      if (workflows.has(sli.workflow)) for (const block of blocks.values()) block.stale = true;
    }
  }

  /** Reads what is wanted and was not read since it changed. */
  async function readStale(requests: readonly CounterRequest[], now: number): Promise<void> {
    const wanted = new Map<Block, { readonly needed: Needed; readonly of: Series }>();
    const ids: BlockId[] = [];
    for (const request of requests) {
      const { workflow, fingerprint } = request;
      const of = seriesOf({ workflow, fingerprint });
      const partitions = readable.of(workflow);
      if (partitions.length === 0) continue;
      const want = (needed: Needed): void => {
        const { code, resolution, block } = needed;
        let known = of.blocks.get(code);
        if (!known)
          of.blocks.set(code, (known = { cells: undefined, stale: true, wantedAt: now, partitions: 0 }));
        known.wantedAt = now;
        if (!known.stale || wanted.has(known)) return;
        wanted.set(known, { needed, of });
        for (const partition of partitions) ids.push({ workflow, partition, fingerprint, resolution, block });
      };
      neededBlocks.neededFor(request, now).forEach(want);
      // What a part of the store was missing from is completed once it is back, even if no window wants it now.
      if (partitions.length === store.partitions) for (const needed of of.partial.values()) want(needed);
    }
    if (ids.length === 0) return;
    const packed = await store.readBlocks(ids);
    let read = 0;
    for (const [known, { needed, of }] of wanted) {
      const size = needed.resolution === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
      const { length: partitions } = readable.of(of.sli.workflow);
      known.cells = merge(packed, read, partitions, size);
      known.stale = false;
      known.partitions = partitions;
      notePartial(of, known, partitions < store.partitions ? needed : null);
      of.version++;
      read += partitions;
    }
  }

  /** `needed` is what its block is, to be read again; null when it is of all partitions, or forgotten. */
  function notePartial(of: Series, block: Block, needed: Needed | null): void {
    if (needed) of.partial.set(block, needed);
    else if (of.partial.size === 0 || !of.partial.delete(block)) return;
    if (of.partial.size > 0) partialSeries.add(of);
    else partialSeries.delete(of);
  }

  /** Marks the blocks that were written since they were read. */
  async function markChanged(workflows: ReadonlySet<string>, now: number): Promise<void> {
    const partitions: PartitionId[] = [];
    for (const workflow of workflows) {
      for (const partition of readable.of(workflow)) partitions.push({ workflow, partition });
    }
    const unknown = new Set<string>();
    const unread = new Map<string, Error>();
    await inParts(
      partitions,
      (part) => markChangedIn(part, unknown, now),
      ({ workflow }, error) => unread.set(workflow, error),
    );
    if (unknown.size === 0 && unread.size === 0) return;
    for (const [key, { sli, blocks }] of series) {
      if (unknown.has(sli.workflow)) for (const block of blocks.values()) block.stale = true;
      if (unread.has(sli.workflow)) failures.set(key, unread.get(sli.workflow)!);
    }
    for (const [key, untold] of feeds) {
      if (unknown.has(workflowOf(key))) for (const feed of untold) feed.hours = null;
    }
  }

  /** Does it for some partitions, and adds the workflows of which all must be read again to `unknown`. */
  async function markChangedIn(
    partitions: readonly PartitionId[],
    unknown: Set<string>,
    now: number,
  ): Promise<void> {
    const since = partitions.map((partition) => {
      const last = revisions.get(partitionKey(partition));
      return { partition, revision: last && now - last.readAt < STALE_AFTER ? last.revision : 0 };
    });
    const changes = await store.changes(since);
    changes.forEach(({ revision, complete, hours }, index) => {
      const { partition } = since[index]!;
      const { workflow } = partition;
      const key = partitionKey(partition);
      const neverWritten = revision === 0 && revisions.get(key)?.revision === 0;
      revisions.set(key, { revision, readAt: now });
      if (!complete && !neverWritten) unknown.add(workflow);
      for (const { fingerprint, hour } of hours) {
        const key = seriesKey({ workflow, fingerprint });
        for (const feed of feeds.get(key) ?? []) feed.hours?.add(hour);
        const blocks = series.get(key)?.blocks;
        for (const resolution of ['minute', 'hour'] as const) {
          const block = blocks?.get(blockCode(resolution, cellOf(resolution, hour * 60).block));
          if (block) block.stale = true;
        }
      }
    });
  }

  /** Forgets what is no longer wanted: the past beyond every window, and SLIs that are gone. */
  function tidy(now: number): void {
    if (Math.abs(now - tidiedAt) < UNWANTED_AFTER) return;
    tidiedAt = now;
    for (const [key, of] of series) {
      const { blocks } = of;
      for (const [code, block] of blocks) {
        if (now - block.wantedAt <= UNWANTED_AFTER) continue;
        notePartial(of, block, null);
        blocks.delete(code);
      }
      if (blocks.size > 0) continue;
      series.delete(key);
      failures.delete(key);
    }
  }

  /** What was read in part and is no longer wanted must not make all of its series partial. */
  function tidyPartial(now: number): void {
    for (const of of partialSeries) {
      for (const [code, block] of of.blocks) {
        const isOver = readable.of(of.sli.workflow).length === store.partitions;
        if (!isOver || !of.partial.has(block) || now - block.wantedAt <= PARTIAL_UNWANTED_AFTER) continue;
        of.blocks.delete(code);
        notePartial(of, block, null);
      }
    }
  }

  function seriesOf(sli: SliId): Series {
    const key = seriesKey(sli);
    let entry = series.get(key);
    if (!entry) {
      const blocks = new Map<number, Block>();
      const cells = cachedCells(blocks);
      entry = { sli, blocks, cells, partial: new Map(), version: 0, summed: NOTHING_SUMMED };
      series.set(key, entry);
    }
    return entry;
  }

  /** Throws when cells of the window were never read. */
  function sumUp(
    sli: SliId,
    blocks: ReadonlyMap<number, Block> | undefined,
    window: number,
    now: number,
  ): Counts {
    let good = 0;
    let bad = 0;
    for (const { resolution, block, from, to } of neededBlocks.spansOf(window, now)) {
      const cells = blocks?.get(blockCode(resolution, block))?.cells;
      if (cells === undefined) throw new Error(neverRead(sli, window));
      if (cells === null) continue;
      for (let at = from * 2; at <= to * 2; at += 2) {
        good += cells[at]!;
        bad += cells[at + 1]!;
      }
    }
    return { good, bad };
  }

  /** Which minute it is decides what the windows are, see `NeededBlocks`. */
  function summedOf(of: Series, now: number): Summed {
    const minute = minuteOf(now);
    if (of.summed.version !== of.version || of.summed.minute !== minute)
      of.summed = { version: of.version, minute, byWindow: new Map() };
    return of.summed;
  }

  return {
    refresh(requests, now) {
      const next = running.then(() => refresh(requests, now));
      running = next.catch(() => {});
      return next;
    },
    sums(sli, now) {
      const of = series.get(seriesKey(sli));
      return (window) => {
        const known = of && summedOf(of, now).byWindow;
        const before = known?.get(window);
        if (before) return before;
        const counts = sumUp(sli, of?.blocks, window, now);
        known?.set(window, counts);
        return counts;
      };
    },
    basis: (slis, now) => (slis.length === 1 ? summedOf(seriesOf(slis[0]!), now) : null),
    readShare(sli) {
      if (!readable.isAnyMissing() && partialSeries.size === 0) return 1;
      const known = series.get(seriesKey(sli));
      let least = readable.of(sli.workflow).length;
      for (const { partitions } of known?.partial.keys() ?? []) least = Math.min(least, partitions);
      return least / store.partitions;
    },
    failure: (sli) => failures.get(seriesKey(sli)) ?? null,
    series: (sli) => series.get(seriesKey(sli))?.cells ?? NOTHING,
    version: (sli) => series.get(seriesKey(sli))?.version ?? 0,
    follow(sli) {
      const untold: Untold = { hours: null };
      const key = seriesKey(sli);
      feeds.set(key, (feeds.get(key) ?? new Set()).add(untold));
      return {
        take() {
          const hours = untold.hours && [...untold.hours];
          untold.hours = new Set();
          return hours;
        },
        close() {
          feeds.get(key)?.delete(untold);
          if (feeds.get(key)?.size === 0) feeds.delete(key);
        },
      };
    },
    forget: () => revisions.clear(),
  };
}

function neverRead(sli: SliId, window: number): string {
  return `not all counters of ${seriesKey(sli)} in the window of ${formatDuration(window)} were read`;
}

/** The workflow of a series' key; names hold no spaces. */
function workflowOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

function partitionKey({ workflow, partition }: PartitionId): string {
  return `${partition}/${workflow}`;
}
