/** What the answer to a batch means for the records of it. */
export type AnswerMeaning =
  | {
      readonly kind: 'stored';
      readonly accepted: number;
      readonly duplicates: number;
      readonly rejected: readonly RejectedAt[];
      /** How many were rejected; more than are listed, perhaps. */
      readonly rejectedCount: number;
    }
  /** Fewer records, or shorter ones, may be taken. */
  | { readonly kind: 'too-large'; readonly code: string; readonly message: string }
  /** No repeat can make the batch right. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Perhaps stored, perhaps not: the same records are sent again after `afterMs`, or after the client's own pause. */
  | {
      readonly kind: 'again';
      readonly afterMs: number | null;
      readonly code: string;
      readonly message: string;
      /** Whether something has to be mended before a repeat can succeed. */
      readonly lasting: boolean;
    };

export interface RejectedAt {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

export interface AnswerText {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** However long a peer asks to wait, it is not longer than this, in milliseconds. */
export const LONGEST_RETRY_AFTER = 300_000;

/** Statuses below 500 that pass by themselves; others say that the address or the token is wrong. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Reads the answer to a batch of `size` records. What no Burnwatch would say (a login page with 200, counts that do not add up) is
 * not believed: the batch is sent again, which is safe, because its records have the same identities.
 */
export function readAnswer(
  { status, retryAfter, body }: AnswerText,
  size: number,
  now: number,
): AnswerMeaning {
  const read = parseObject(body);
  if (status === 200 || status === 422) {
    // An answer that took nothing need not say so.
    const counted = read && readCounts(status === 422 ? { accepted: 0, duplicates: 0, ...read } : read, size);
    if (counted) return counted;
  }
  const code = typeof read?.['code'] === 'string' ? read['code'] : `http-${status}`;
  const detail = read?.['detail'];
  const message = typeof detail === 'string' ? detail : `Burnwatch answered ${status}.`;
  if (status === 413) return { kind: 'too-large', code, message };
  if (status === 400 || status === 415 || status === 422) return { kind: 'refused', code, message };
  return {
    kind: 'again',
    afterMs: readRetryAfter(retryAfter, now),
    ...(status === 200
      ? { code: 'unreadable-answer', message: 'The answer is not one of Burnwatch.', lasting: true }
      : { code, message, lasting: status < 500 && !PASSING.has(status) }),
  };
}

function readCounts(read: Readonly<Record<string, unknown>>, size: number): AnswerMeaning | null {
  const { accepted, duplicates, rejected } = read;
  if (!isCount(accepted) || !isCount(duplicates) || !Array.isArray(rejected)) return null;
  const rejectedCount = isCount(read['rejectedCount']) ? read['rejectedCount'] : rejected.length;
  if (accepted + duplicates + rejectedCount !== size) return null;
  return { kind: 'stored', accepted, duplicates, rejected: rejected.filter(isRejectedAt), rejectedCount };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRejectedAt(value: unknown): value is RejectedAt {
  if (typeof value !== 'object' || value === null) return false;
  const { index, code, message } = value as Readonly<Record<string, unknown>>;
  return isCount(index) && typeof code === 'string' && typeof message === 'string';
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** `Retry-After` in seconds or as a date, in milliseconds from now; null when it is absent or neither. */
function readRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER);
}
