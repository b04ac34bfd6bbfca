import type { PartitionId } from '../../core/ports/store/counting.ts';
import type { SubjectCounts } from '../../core/ports/store/statistics.ts';
import type { OutcomeCounts } from '../../core/statistics/outcome-counts.ts';
import type { StatisticCell } from '../../core/statistics/statistic-cells.ts';
import { subjectOfName } from '../statistic-names.ts';
import type { Connection } from './connection.ts';
import { statisticsKey } from './keys.ts';

/** How many hashes are asked for at once, and unpacked before other work gets a turn. */
const READS_AT_ONCE = 100;

/** What was counted in each of some cells, in partitions that can be read. */
export async function readStatistics(
  connection: Connection,
  partitions: readonly PartitionId[],
  cells: readonly StatisticCell[],
): Promise<SubjectCounts[][]> {
  const found = cells.map((): SubjectCounts[] => []);
  const reads = cells.flatMap((cell, index) => partitions.map((partition) => ({ cell, index, partition })));
  for (let from = 0; from < reads.length; from += READS_AT_ONCE) {
    await Promise.all(
      reads.slice(from, from + READS_AT_ONCE).map(async ({ cell, index, partition }) => {
        const fields = await connection.call(
          (client) => client.hgetallBuffer(statisticsKey(partition, cell)),
          `${partition.workflow}.${partition.partition}`,
        );
        for (const [name, packed] of Object.entries(fields))
          found[index]!.push({ of: subjectOfName(name), counts: unpackCounts(packed) });
      }),
    );
  }
  return found;
}

/** Reads a map of whole numbers as MessagePack has it. Throws a `RangeError` when it is anything else. */
export function unpackCounts(packed: Buffer): OutcomeCounts {
  let at = 0;
  const next = (bytes: number): number => {
    at += bytes;
    return packed.readUIntBE(at - bytes, bytes);
  };
  const long = (): number => next(4) * 2 ** 32 + next(4);
  const number = (): number => {
    const first = next(1);
    if (first < 0x80) return first;
    if (first === 0xcc) return next(1);
    if (first === 0xcd) return next(2);
    if (first === 0xce) return next(4);
    if (first === 0xcf) return long();
    throw new RangeError(`Statistics hold no value of the kind ${first}.`);
  };
  const kind = next(1);
  let size: number;
  if (kind >= 0x80 && kind < 0x90) size = kind - 0x80;
  else if (kind === 0xde) size = next(2);
  else throw new RangeError(`Statistics are a map, and this is of the kind ${kind}.`);
  const counts = new Map<number, number>();
  for (let i = 0; i < size; i++) counts.set(number(), number());
  return counts;
}
