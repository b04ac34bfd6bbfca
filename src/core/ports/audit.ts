/** Something that was done to the service. */
export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The name of the token, or `proxy:` and a user's; null without any. */
  readonly who: string | null;
  /** Such as `adjustment.created`. */
  readonly what: string;
  /** The id of what it was done to; null when it was nothing of that kind. */
  readonly about: string | null;
  /** Where the request came from. */
  readonly address: string;
}

export interface NotedEntry extends AuditEntry {
  readonly id: string;
}

/** Entries are kept this long, and no more than so many of them. */
export const AUDIT_RETENTION = 90 * 24 * 3_600_000;
export const MAX_AUDIT_ENTRIES = 10_000;

export interface Audit {
  /** Logs what was done and stores it. Never rejects: what was done is done, and the log has it. */
  note(entry: Omit<AuditEntry, 'at'>): Promise<void>;
  /** All that are kept, in no particular order. */
  entries(): Promise<readonly NotedEntry[]>;
}
