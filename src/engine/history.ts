import { endianness } from 'node:os';
import type { Counts, Level, Span } from '../core/cells.ts';
import { HOURS_PER_BLOCK, MINUTES_PER_BLOCK, cellOf, spansOfWindow } from '../core/cells.ts';
import type { BlockId, CountStore, PartitionId, SliId } from '../core/store.ts';
import { HOUR, minuteOf } from '../core/time.ts';

/**
 * What is wanted of one SLI: the window lengths (milliseconds) that will be summed. Requests that share one
 * array of windows cost less than those with an array of their own.
 */
export interface HistoryRequest extends SliId {
  readonly windows: readonly number[];
}

/**
 * The counters of SLIs as this process last read them, so that a tick reads only what changed.
 * Partitions are added up.
 */
export interface History {
  /** Brings the requested windows up to `now`. Calls made while one is running wait for it. */
  refresh(requests: readonly HistoryRequest[], now: number): Promise<void>;
  /** Sums up an SLI's outcomes in the window of a length that ends at `now`; the window must have been refreshed. */
  sums(sli: SliId, now: number): (window: number) => Counts;
}

/** Cells of a block, good and bad in turn; null when nothing was counted. */
type Cells = Uint32Array | null;

interface Block {
  cells: Cells;
  /** Written since it was read. It is summed as it was until it is read again, so that no sum ever misses it. */
  stale: boolean;
  wantedAt: number;
}

interface Series {
  readonly sli: SliId;
  readonly blocks: Map<number, Block>;
}

/** A block that some windows need. */
interface Needed {
  readonly code: number;
  readonly level: Level;
  readonly block: number;
}

/** SLIs whose blocks are read in one call: few enough that what a call takes is soon given back. */
const READ_AT_ONCE = 1000;
/** How long a partition may go unread before all of it must be read again; well within CHANGE_RETENTION. */
const STALE_AFTER = HOUR;
/** Blocks that no refresh has wanted for this long are forgotten. */
const UNWANTED_AFTER = HOUR;

export function createHistory(store: CountStore & { readonly partitions: number }): History {
  const series = new Map<string, Series>();
  const revisions = new Map<string, { revision: number; readAt: number }>();
  let running: Promise<void> = Promise.resolve();
  let tidiedAt = 0;
  let spansMinute = 0;
  const spansByWindow = new Map<number, readonly Span[]>();

  const neededByWindows = new Map<readonly number[], readonly Needed[]>();

  /** Thousands of SLOs share a handful of window lengths, and what they need changes once a minute. */
  function forgetOtherMinutes(now: number): void {
    if (minuteOf(now) === spansMinute) return;
    spansMinute = minuteOf(now);
    spansByWindow.clear();
    neededByWindows.clear();
  }

  function spansOf(window: number, now: number): readonly Span[] {
    forgetOtherMinutes(now);
    let spans = spansByWindow.get(window);
    if (!spans) spansByWindow.set(window, (spans = spansOfWindow(window, now)));
    return spans;
  }

  function neededFor(windows: readonly number[], now: number): readonly Needed[] {
    forgetOtherMinutes(now);
    let needed = neededByWindows.get(windows);
    if (!needed) {
      const byCode = new Map<number, Needed>();
      for (const window of windows) {
        for (const { level, block } of spansOf(window, now)) {
          const code = blockCode(level, block);
          byCode.set(code, { code, level, block });
        }
      }
      neededByWindows.set(windows, (needed = [...byCode.values()]));
    }
    return needed;
  }

  async function refresh(requests: readonly HistoryRequest[], now: number): Promise<void> {
    await markChanged(new Set(requests.map(({ workflow }) => workflow)), now);
    for (let from = 0; from < requests.length; from += READ_AT_ONCE) {
      await readStale(requests.slice(from, from + READ_AT_ONCE), now);
    }
    tidy(now);
  }

  /** Reads what is wanted and was not read since it changed. */
  async function readStale(requests: readonly HistoryRequest[], now: number): Promise<void> {
    const wanted = new Map<Block, Level>();
    const ids: BlockId[] = [];
    for (const { workflow, fingerprint, windows } of requests) {
      const { blocks } = seriesOf({ workflow, fingerprint });
      for (const { code, level, block } of neededFor(windows, now)) {
        let known = blocks.get(code);
        if (!known) blocks.set(code, (known = { cells: null, stale: true, wantedAt: now }));
        known.wantedAt = now;
        if (!known.stale || wanted.has(known)) continue;
        wanted.set(known, level);
        for (let partition = 0; partition < store.partitions; partition++) {
          ids.push({ workflow, partition, fingerprint, level, block });
        }
      }
    }
    const packed = await store.readBlocks(ids);
    let read = 0;
    for (const [block, level] of wanted) {
      const size = level === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
      block.cells = merge(packed, read, store.partitions, size);
      block.stale = false;
      read += store.partitions;
    }
  }

  /** Marks the blocks that were written since they were read. */
  async function markChanged(workflows: ReadonlySet<string>, now: number): Promise<void> {
    const partitions: PartitionId[] = [];
    for (const workflow of workflows) {
      for (let partition = 0; partition < store.partitions; partition++)
        partitions.push({ workflow, partition });
    }
    const since = partitions.map((partition) => {
      const last = revisions.get(partitionKey(partition));
      return { partition, revision: last && now - last.readAt < STALE_AFTER ? last.revision : 0 };
    });
    const changes = await store.changes(since);
    const unknown = new Set<string>();
    changes.forEach(({ revision, complete, hours }, index) => {
      const { partition } = since[index]!;
      const { workflow } = partition;
      const key = partitionKey(partition);
      const neverWritten = revision === 0 && revisions.get(key)?.revision === 0;
      revisions.set(key, { revision, readAt: now });
      if (!complete && !neverWritten) unknown.add(workflow);
      for (const { fingerprint, hour } of hours) {
        const blocks = series.get(seriesKey({ workflow, fingerprint }))?.blocks;
        for (const level of ['minute', 'hour'] as const) {
          const block = blocks?.get(blockCode(level, cellOf(level, hour * 60).block));
          if (block) block.stale = true;
        }
      }
    });
    if (unknown.size === 0) return;
    for (const { sli, blocks } of series.values()) {
      if (unknown.has(sli.workflow)) for (const block of blocks.values()) block.stale = true;
    }
  }

  /** Forgets what nobody asks for any more: the past beyond every window, and SLIs that are gone. */
  function tidy(now: number): void {
    if (Math.abs(now - tidiedAt) < UNWANTED_AFTER) return;
    tidiedAt = now;
    for (const [key, { blocks }] of series) {
      for (const [code, { wantedAt }] of blocks) if (now - wantedAt > UNWANTED_AFTER) blocks.delete(code);
      if (blocks.size === 0) series.delete(key);
    }
  }

  function seriesOf(sli: SliId): Series {
    const key = seriesKey(sli);
    let entry = series.get(key);
    if (!entry) series.set(key, (entry = { sli, blocks: new Map() }));
    return entry;
  }

  return {
    refresh(requests, now) {
      const next = running.then(() => refresh(requests, now));
      running = next.catch(() => {});
      return next;
    },
    sums(sli, now) {
      const blocks = series.get(seriesKey(sli))?.blocks;
      return (window) => {
        let good = 0;
        let bad = 0;
        for (const { level, block, from, to } of spansOf(window, now)) {
          const cells = blocks?.get(blockCode(level, block))?.cells;
          if (!cells) continue;
          for (let at = from * 2; at <= to * 2; at += 2) {
            good += cells[at]!;
            bad += cells[at + 1]!;
          }
        }
        return { good, bad };
      };
    },
  };
}

/** Adds up the same block of every partition. */
function merge(
  packed: readonly (Uint8Array | null)[],
  from: number,
  partitions: number,
  size: number,
): Cells {
  let total: Cells = null;
  for (let index = from; index < from + partitions; index++) {
    const bytes = packed[index];
    if (!bytes) continue;
    const cells = unpack(bytes, size);
    if (total) for (let word = 0; word < cells.length; word++) total[word]! += cells[word]!;
    else total = cells;
  }
  return total;
}

/** The cells of a packed block, which is big-endian and may end before its last cells. */
function unpack(bytes: Uint8Array, size: number): Uint32Array {
  const cells = new Uint32Array(2 * size);
  const copy = Buffer.from(cells.buffer);
  copy.set(bytes.subarray(0, Math.min(bytes.byteLength, copy.byteLength)));
  if (endianness() === 'LE') copy.swap32();
  return cells;
}

function blockCode(level: Level, block: number): number {
  return block * 2 + (level === 'hour' ? 1 : 0);
}

function seriesKey({ workflow, fingerprint }: SliId): string {
  return `${workflow} ${fingerprint}`;
}

function partitionKey({ workflow, partition }: PartitionId): string {
  return `${partition}/${workflow}`;
}
