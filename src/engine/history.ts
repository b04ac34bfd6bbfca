import type { Counts, Level, Span } from '../core/cells.ts';
import { HOURS_PER_BLOCK, MINUTES_PER_BLOCK, cellOf, spansOfWindow } from '../core/cells.ts';
import type { BlockId, CountStore, PartitionId, SliId } from '../core/store.ts';
import { HOUR, minuteOf } from '../core/time.ts';

/** What is wanted of one SLI: the window lengths (milliseconds) that will be summed. */
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
  /** The outcomes of the window of a length that ends at `now`; the window must have been refreshed. */
  sum(sli: SliId, window: number, now: number): Counts;
}

/** Cells of a block, good and bad in turn; null when nothing was counted. */
type Block = Uint32Array | null;

interface Series {
  readonly sli: SliId;
  readonly blocks: Map<number, Block>;
}

/** How long a partition may go unread before all of it must be read again; well within CHANGE_RETENTION. */
const STALE_AFTER = HOUR;

export function createHistory(store: CountStore & { readonly partitions: number }): History {
  const series = new Map<string, Series>();
  const revisions = new Map<string, { revision: number; readAt: number }>();
  let running: Promise<void> = Promise.resolve();
  let spansMinute = 0;
  const spansByWindow = new Map<number, readonly Span[]>();

  /** Thousands of SLOs share a handful of window lengths, and their spans change once a minute. */
  function spansOf(window: number, now: number): readonly Span[] {
    if (minuteOf(now) !== spansMinute) {
      spansMinute = minuteOf(now);
      spansByWindow.clear();
    }
    let spans = spansByWindow.get(window);
    if (!spans) spansByWindow.set(window, (spans = spansOfWindow(window, now)));
    return spans;
  }

  async function refresh(requests: readonly HistoryRequest[], now: number): Promise<void> {
    await dropChanged(new Set(requests.map(({ workflow }) => workflow)), now);
    const wanted: { series: Series; code: number; level: Level; block: number }[] = [];
    for (const { workflow, fingerprint, windows } of requests) {
      const entry = seriesOf({ workflow, fingerprint });
      const needed = new Set<number>();
      for (const window of windows) {
        for (const { level, block } of spansOf(window, now)) {
          const code = blockCode(level, block);
          if (needed.has(code)) continue;
          needed.add(code);
          if (!entry.blocks.has(code)) wanted.push({ series: entry, code, level, block });
        }
      }
      evict(entry, needed);
    }
    const ids: BlockId[] = [];
    for (const { series: entry, level, block } of wanted) {
      for (let partition = 0; partition < store.partitions; partition++) {
        ids.push({ ...entry.sli, partition, level, block });
      }
    }
    const packed = await store.readBlocks(ids);
    wanted.forEach(({ series: entry, code, level }, index) => {
      const cells = level === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
      entry.blocks.set(code, merge(packed, index * store.partitions, store.partitions, cells));
    });
  }

  /** Forgets the blocks that were written since they were read. */
  async function dropChanged(workflows: ReadonlySet<string>, now: number): Promise<void> {
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
    const stale = new Set<string>();
    changes.forEach(({ revision, complete, hours }, index) => {
      const { partition } = since[index]!;
      const { workflow } = partition;
      revisions.set(partitionKey(partition), { revision, readAt: now });
      if (!complete) stale.add(workflow);
      for (const { fingerprint, hour } of hours) {
        const blocks = series.get(seriesKey({ workflow, fingerprint }))?.blocks;
        blocks?.delete(blockCode('minute', cellOf('minute', hour * 60).block));
        blocks?.delete(blockCode('hour', cellOf('hour', hour * 60).block));
      }
    });
    if (stale.size > 0) {
      for (const { sli, blocks } of series.values()) if (stale.has(sli.workflow)) blocks.clear();
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
    sum(sli, window, now) {
      const blocks = series.get(seriesKey(sli))?.blocks;
      let good = 0;
      let bad = 0;
      for (const { level, block, from, to } of spansOf(window, now)) {
        const cells = blocks?.get(blockCode(level, block));
        if (!cells) continue;
        for (let at = from * 2; at <= to * 2; at += 2) {
          good += cells[at]!;
          bad += cells[at + 1]!;
        }
      }
      return { good, bad };
    },
  };
}

function evict({ blocks }: Series, needed: ReadonlySet<number>): void {
  // Several SLOs may ask for different windows of one SLI, so a few blocks beyond one request's are normal.
  if (blocks.size <= needed.size * 3 + 8) return;
  for (const code of blocks.keys()) if (!needed.has(code)) blocks.delete(code);
}

function merge(
  packed: readonly (Uint8Array | null)[],
  from: number,
  partitions: number,
  size: number,
): Block {
  let cells: Uint32Array | null = null;
  for (let index = from; index < from + partitions; index++) {
    const bytes = packed[index];
    if (!bytes) continue;
    cells ??= new Uint32Array(2 * size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const words = Math.min(cells.length, Math.floor(bytes.byteLength / 4));
    for (let word = 0; word < words; word++) cells[word]! += view.getUint32(word * 4);
  }
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
