import type { Conflict, GroupResult, RecordGroup } from '../core/ports/store/counting.ts';

/** What is counted in one go: parts of groups, in the order they must be counted in. */
export type Chunk = readonly GroupPart[];

/** Some of one group's subjects, with the group's place in its batch. */
export interface GroupPart {
  readonly index: number;
  readonly group: RecordGroup;
  /** The place of its first subject among those of the whole group. */
  readonly from: number;
}

/** What became of a group, as its parts add up. */
interface Result extends GroupResult {
  readonly known: number[];
  readonly waiting: number[];
  readonly conflicts: Conflict[];
}

export function noResult(): Result {
  return { known: [], waiting: [], conflicts: [] };
}

/** Adds what became of a part, whose subjects have their places in the part. */
export function addResult(result: Result, { from }: GroupPart, found: GroupResult): void {
  for (const offset of found.known) result.known.push(from + offset);
  for (const offset of found.waiting) result.waiting.push(from + offset);
  for (const { offset, recorded } of found.conflicts)
    result.conflicts.push({ offset: from + offset, recorded });
}

/**
 * Cuts the groups of a batch into chunks that weigh at most `size` (a single subject may weigh more), to be
 * counted one after the other, in the order they must be counted in: starts of executions, then of their steps
 * (which the executions' records note), then ends.
 */
export function cutIntoChunks(groups: readonly RecordGroup[], size: number): Chunk[] {
  const chunks: GroupPart[][] = [];
  let room = 0;
  const order = groups
    .map((group, index) => ({ group, index }))
    .toSorted((a, b) => rank(a.group) - rank(b.group));
  for (const { group, index } of order) {
    const each = weightOfSubject(group);
    for (let from = 0; from < group.subjects.length;) {
      if (room < each) {
        chunks.push([]);
        room = size;
      }
      const to = Math.min(from + Math.max(1, Math.floor(room / each)), group.subjects.length);
      chunks.at(-1)!.push({ index, group: part(group, from, to), from });
      room -= (to - from) * each;
      from = to;
    }
  }
  return chunks;
}

/** How much work a chunk is to count: its subjects, each as often as there are SLIs to land it for. */
export function weightOf(chunk: Chunk): number {
  return chunk.reduce((sum, { group }) => sum + group.subjects.length * weightOfSubject(group), 0);
}

/** Whether starts have to be noted in the records of their executions. */
export function notesSteps(group: RecordGroup): boolean {
  return (
    group.kind === 'start' && group.step !== null && group.subjects.some(({ parent }) => parent !== null)
  );
}

function weightOfSubject(group: RecordGroup): number {
  return Math.max(
    1,
    group.kind === 'start'
      ? group.watches.length + group.landings.length
      : Math.max(group.slis.length, group.landings?.length ?? 0) + group.own.length,
  );
}

function rank(group: RecordGroup): number {
  if (group.kind === 'end') return 2;
  return notesSteps(group) ? 1 : 0;
}

function part(group: RecordGroup, from: number, to: number): RecordGroup {
  if (from === 0 && to === group.subjects.length) return group;
  return group.kind === 'start'
    ? { ...group, subjects: group.subjects.slice(from, to) }
    : { ...group, subjects: group.subjects.slice(from, to) };
}
