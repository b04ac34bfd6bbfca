import type { RowPlace } from '../core/ports/store/outbox.ts';

/** Where the page after one begins whose rows were made at these times, which are in order. */
export function placeAfter(before: RowPlace | null, createdAts: readonly number[]): RowPlace | null {
  const createdAt = createdAts.at(-1);
  if (createdAt === undefined) return before;
  const alike = createdAts.length - createdAts.indexOf(createdAt);
  return { createdAt, skip: alike + (before?.createdAt === createdAt ? before.skip : 0) };
}
