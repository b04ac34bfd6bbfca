import type { Subject } from './token.ts';

/** How a source of outcomes is that Burnwatch reads by itself, in this process. */
export interface SourceStatus {
  /** Such as `stream:outcomes`. */
  readonly name: string;
  /** False once it stands still. */
  readonly ok: boolean;
  readonly message: string;
  /** Milliseconds since it last got on: looked for entries, or finished some. */
  readonly still: number;
  /** Since the start of the process: entries, and what became of the records in them. */
  readonly entries: {
    readonly read: number;
    /** Taken over from a replica that did not finish them. */
    readonly claimed: number;
    /** Gone before any replica could read them. */
    readonly lost: number;
  };
  readonly records: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly rejected: number;
  };
  /** Entries handed out and not acknowledged, and entries not read; of all replicas. Null while that is not known. */
  readonly pending: number | null;
  readonly lag: number | null;
}

/** A source that is read until it is stopped. */
export interface Source {
  start(): void;
  status(): SourceStatus;
  /** Whether what it reads may be about a workflow. */
  feeds(subject: Subject): boolean;
  /** Finishes what it has begun, as far as the store lets it. A second call waits for the first. */
  stop(): Promise<void>;
}

/** The records in a text, as parsed from JSON. */
export interface ParsedRecords {
  readonly records: readonly unknown[];
  /** Records that cannot even be parsed, by their place among all. */
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

/** Parses one JSON object or an array of them, or one a line. Rejects with an `Error` with a `code` when it is neither. */
export type ParseRecords = (text: string, format: 'json' | 'ndjson') => Promise<ParsedRecords>;
