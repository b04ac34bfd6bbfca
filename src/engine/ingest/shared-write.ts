import type { CountStore, EndGroup, GroupResult, RecordGroup } from '../../core/ports/store/counting.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { CountingPlan } from './counting-plan.ts';
import type { Findings } from './record-findings.ts';
import { addWaiting, createFindings } from './record-findings.ts';
import type { GroupsByPartition } from './record-groups.ts';

/** One request's records that wait to be stored. */
export interface Job {
  readonly groups: GroupsByPartition;
  /** What sorted them into groups: only under the same plans do the names of groups mean the same. */
  readonly plans: ReadonlyMap<string, CountingPlan>;
  readonly size: number;
  readonly resolve: (findings: Findings) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of outcomes and measurements that reached the store. */
export interface StoredCounts {
  readonly accepted: number;
  readonly duplicates: number;
  readonly conflicts: number;
}

/** What one call to the store holds: groups of all requests, with like ones put together. */
interface Batch {
  readonly workflow: string;
  readonly partition: number;
  readonly plans: Job['plans'];
  readonly groups: Map<string, SharedGroup>;
  readonly jobs: Set<Job>;
}

/** A group with the part that each request has in it, one after the other. */
interface SharedGroup {
  group: RecordGroup;
  /** Whether it is still the first request's own, which stays as it is. */
  isOwn: boolean;
  readonly parts: Part[];
}

/** The records of one request in a shared group. */
interface Part {
  readonly findings: Findings;
  /** The place of the first of them in the group. */
  readonly from: number;
  readonly size: number;
  /** The place of each of them in its request; only of ends. */
  readonly indexes: readonly number[] | undefined;
}

/** Stores the jobs of one flush, one call per partition, and answers each; never rejects. */
export async function storeJobs(
  store: Pick<CountStore, 'record'>,
  jobs: readonly Job[],
  now: number,
  onStored?: (workflow: string, stored: StoredCounts) => void,
): Promise<void> {
  const found = new Map<Job, Findings>(jobs.map((job) => [job, createFindings()]));
  const failed = new Map<Job, unknown>();
  await Promise.all(
    batchesOf(found).map(async ({ workflow, partition, groups, jobs: waiting }) => {
      const shared = [...groups.values()];
      const batch = { workflow, partition, now, groups: shared.map(({ group }) => group) };
      try {
        const results = await store.record(batch);
        shared.forEach((one, index) => spread(workflow, one, results[index]!));
        onStored?.(workflow, storedCounts(shared, results));
      } catch (error) {
        for (const job of waiting) failed.set(job, error);
      }
    }),
  );
  for (const job of jobs) {
    if (failed.has(job)) job.reject(asUnavailable(failed.get(job)));
    else job.resolve(found.get(job)!);
  }
}

function batchesOf(found: ReadonlyMap<Job, Findings>): Batch[] {
  const batches: Batch[] = [];
  const latest = new Map<string, Batch>();
  for (const [job, findings] of found) {
    for (const [key, { workflow, partition, groups, implied, indexes }] of job.groups) {
      let batch = latest.get(key);
      if (batch?.plans !== job.plans) {
        batch = { workflow, partition, plans: job.plans, groups: new Map(), jobs: new Set() };
        batches.push(batch);
        latest.set(key, batch);
      }
      batch.jobs.add(job);
      for (const [name, group] of groups) {
        const from = share(batch, name, group);
        const size = group.subjects.length;
        batch.groups.get(name)!.parts.push({ findings, from, size, indexes: indexes.get(group) });
      }
      for (const [name, group] of implied) share(batch, `${IMPLIED}${name}`, group);
    }
  }
  return batches;
}

/** In front of the names of groups that no request is told of: they have no parts. */
const IMPLIED = '-> ';

/** Adds a group to the one of the same name; returns the place of its first subject there. */
function share({ groups }: Batch, name: string, group: RecordGroup): number {
  const shared = groups.get(name);
  if (!shared) {
    groups.set(name, { group, isOwn: true, parts: [] });
    return 0;
  }
  if (shared.isOwn) {
    shared.group = { ...shared.group, subjects: [...shared.group.subjects] } as RecordGroup;
    shared.isOwn = false;
  }
  const subjects = shared.group.subjects as unknown[];
  const from = subjects.length;
  for (const subject of group.subjects) subjects.push(subject);
  return from;
}

/** Answers each request what became of its part. */
function spread(workflow: string, { group, parts }: SharedGroup, result: GroupResult): void {
  if (parts.length === 0) return;
  for (const { findings, size } of parts) findings.counted += size;
  for (const offset of result.known) partAt(parts, offset).findings.counted--;
  for (const { offset, recorded } of result.conflicts) {
    const { findings, from, indexes } = partAt(parts, offset);
    findings.counted--;
    findings.conflicts.push({
      index: indexes![offset - from]!,
      reported: (group as EndGroup).status,
      recorded,
    });
  }
  for (const offset of result.waiting)
    addWaiting(partAt(parts, offset).findings, workflow, group as EndGroup);
}

/** The part that a place in a group belongs to, by halving. */
function partAt(parts: readonly Part[], offset: number): Part {
  let [low, high] = [0, parts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (parts[middle]!.from <= offset) low = middle;
    else high = middle - 1;
  }
  return parts[low]!;
}

function storedCounts(groups: readonly SharedGroup[], results: readonly GroupResult[]): StoredCounts {
  let [accepted, duplicates, conflicts] = [0, 0, 0];
  for (const [index, { group, parts }] of groups.entries()) {
    if (parts.length === 0) continue;
    const { known, conflicts: found } = results[index]!;
    accepted += group.subjects.length - known.length - found.length;
    duplicates += known.length;
    conflicts += found.length;
  }
  return { accepted, duplicates, conflicts };
}

/** An unexpected failure of the store is no reason for producers to drop their outcomes: they should send them again. */
function asUnavailable(error: unknown): unknown {
  return error instanceof StoreUnavailable
    ? error
    : new StoreUnavailable('the outcomes could not be stored', { cause: error });
}
