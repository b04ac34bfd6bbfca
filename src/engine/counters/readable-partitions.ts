import { PartUnavailable } from '../../core/ports/store/store.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';

/** Which partitions of workflows can be read: all but those on a part of the store that is away. */
export interface ReadablePartitions {
  /** Asks the store anew about some workflows, and gives those of which others can be read than before. */
  refresh(workflows: ReadonlySet<string>): Promise<ReadonlySet<string>>;
  /** Whether any workflow lacks any. */
  readonly isAnyMissing: () => boolean;
  of(workflow: string): readonly number[];
  /** Why a workflow cannot be read, when none of its partitions can; else null. */
  failure(workflow: string): PartUnavailable | null;
}

export function createReadablePartitions(
  store: Pick<CountStore, 'partitionsAway'> & { readonly partitions: number },
): ReadablePartitions {
  interface Missing {
    readonly readable: readonly number[];
    readonly part: string;
  }
  /** Only workflows with partitions that are away. */
  let missing: ReadonlyMap<string, Missing> = new Map();
  // How many there are is not known before the store is there.
  let all: readonly number[] | null = null;
  const allPartitions = () => (all ??= Array.from({ length: store.partitions }, (_, partition) => partition));

  return {
    async refresh(workflows) {
      const away = new Map<string, Map<number, string>>();
      for (const { workflow, partition, part } of await store.partitionsAway([...workflows]))
        away.set(workflow, (away.get(workflow) ?? new Map()).set(partition, part));
      if (away.size === 0 && missing.size === 0) return new Set();
      const next = new Map([...missing].filter(([workflow]) => !workflows.has(workflow)));
      for (const [workflow, parts] of away) {
        const readable = allPartitions().filter((partition) => !parts.has(partition));
        next.set(workflow, { readable, part: [...parts.values()][0]! });
      }
      const before = missing;
      missing = next;
      const namesOf = (of: typeof missing, workflow: string) => of.get(workflow)?.readable.join() ?? 'all';
      return new Set(
        [...workflows].filter((workflow) => namesOf(before, workflow) !== namesOf(next, workflow)),
      );
    },
    isAnyMissing: () => missing.size > 0,
    of: (workflow) => missing.get(workflow)?.readable ?? allPartitions(),
    failure(workflow) {
      const known = missing.get(workflow);
      if (!known || known.readable.length > 0) return null;
      return new PartUnavailable(known.part, `all of ${workflow} lies on shards that are away`, {});
    },
  };
}
