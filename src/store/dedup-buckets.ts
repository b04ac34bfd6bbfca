import { DEDUP_HORIZON, FUTURE_LIMIT } from '../core/outcomes/record-fields.ts';

/**
 * Identities are remembered by the time bucket they arrived in (milliseconds). The current bucket and the
 * `BUCKETS_BEFORE` are looked at, so that an identity is known for as long after its arrival as its outcome may be
 * sent: one that came ahead of time by as much as it may, for that much longer than the dedup horizon.
 */
export const DEDUP_BUCKET = DEDUP_HORIZON / 2 + FUTURE_LIMIT;
export const BUCKETS_BEFORE = 2;

/** For so long after its arrival at most is an identity looked for. */
export const IDENTITY_LIFE = (BUCKETS_BEFORE + 1) * DEDUP_BUCKET;

/** The number of the bucket of a moment. */
export function bucketOf(now: number): number {
  return Math.floor(now / DEDUP_BUCKET);
}
