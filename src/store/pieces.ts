import type { RecordGroup } from '../core/store.ts';

/** A stretch of one group's units, with the group's place in its batch. */
export interface Piece {
  readonly index: number;
  readonly group: RecordGroup;
}

/**
 * Cuts the groups of a batch into stretches of at most `size` units, to be counted one after the other, in the
 * order they must be counted in: starts of executions, then of their steps (which the executions' records
 * note), then ends.
 */
export function cutIntoPieces(groups: readonly RecordGroup[], size: number): Piece[][] {
  const stretches: Piece[][] = [];
  let room = 0;
  const order = groups
    .map((group, index) => ({ group, index }))
    .toSorted((a, b) => rank(a.group) - rank(b.group));
  for (const { group, index } of order) {
    for (let from = 0; from < group.units.length;) {
      if (room === 0) {
        stretches.push([]);
        room = size;
      }
      const to = Math.min(from + room, group.units.length);
      stretches.at(-1)!.push({ index, group: part(group, from, to) });
      room -= to - from;
      from = to;
    }
  }
  return stretches;
}

/** Whether starts have to be noted in the records of their executions. */
export function notesSteps(group: RecordGroup): boolean {
  return group.kind === 'start' && group.units.some(({ parent, step }) => parent !== null && step !== null);
}

function rank(group: RecordGroup): number {
  if (group.kind === 'end') return 2;
  return notesSteps(group) ? 1 : 0;
}

function part(group: RecordGroup, from: number, to: number): RecordGroup {
  if (from === 0 && to === group.units.length) return group;
  return group.kind === 'start'
    ? { ...group, units: group.units.slice(from, to) }
    : { ...group, units: group.units.slice(from, to) };
}
