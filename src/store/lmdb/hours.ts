import { blockExpiry, CELL_BYTES, cellOf, HOURS_PER_BLOCK } from '../../core/counters/cells.ts';
import type { Resolution } from '../../core/counters/cells.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { PartitionId } from '../../core/ports/store/counting.ts';
import type { PackedHour } from '../hour-blocks.ts';
import type { Databases } from './databases.ts';
import { blockKey } from './keys.ts';
import { noteChanges } from './tally.ts';

/** The hours whose cells are not what they are to be, as far as they are still kept. */
export function changedHours(
  db: Databases,
  series: SliId,
  hours: readonly PackedHour[],
  now: number,
): readonly PackedHour[] {
  return hours.filter((hour) => blocksWith(db, series, hour, now).length > 0);
}

/** Sets the cells of hours, whole and at both levels. Call it in a write transaction. */
export function setHours(db: Databases, series: SliId, hours: readonly PackedHour[], now: number): void {
  const changed = changedHours(db, series, hours, now);
  for (const hour of changed) {
    for (const { resolution, block, bytes } of blocksWith(db, series, hour, now)) {
      db.blocks.putSync(blockKey(resolution, block, homeOf(series), series.fingerprint), bytes);
    }
  }
  if (changed.length === 0) return;
  const { fingerprint } = series;
  noteChanges(
    db,
    homeOf(series),
    changed.map(({ hour }) => ({ fingerprint, hour })),
    now,
  );
}

/** The blocks that an hour's cells would change, as they would be. */
function blocksWith(
  db: Databases,
  series: SliId,
  { hour, minutes, total }: PackedHour,
  now: number,
): { readonly resolution: Resolution; readonly block: number; readonly bytes: Uint8Array }[] {
  return (['minute', 'hour'] as const).flatMap((resolution) => {
    const { block, cell } = cellOf(resolution, hour * 60);
    if (blockExpiry(resolution, block) <= now) return [];
    const [cells, size] =
      resolution === 'minute' ? [minutes, minutes.length] : [total, HOURS_PER_BLOCK * CELL_BYTES];
    const stored = db.blocks.getBinary(blockKey(resolution, block, homeOf(series), series.fingerprint));
    const bytes = Buffer.alloc(size);
    bytes.set(stored ?? []);
    const at = cell * CELL_BYTES;
    if (bytes.subarray(at, at + cells.length).equals(cells)) return [];
    bytes.set(cells, at);
    return [{ resolution, block, bytes }];
  });
}

/** Derived series are all kept in one partition. */
function homeOf({ workflow }: SliId): PartitionId {
  return { workflow, partition: 0 };
}
