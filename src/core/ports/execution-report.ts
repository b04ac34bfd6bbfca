import type { EndStatus } from '../outcomes/outcome.ts';
import type { KnownSubject } from './store/counting.ts';

/** What is remembered of one execution; about a day after its end, or as long as it is in flight. */
export interface ExecutionReport {
  readonly workflow: string;
  readonly execution: string;
  /** When it was so. */
  readonly at: number;
  /** The execution as a whole, then those of its steps and hand-overs of which something is known. */
  readonly subjects: readonly SubjectReport[];
}

export interface SubjectReport extends Pick<
  KnownSubject,
  'state' | 'queuedAt' | 'startedAt' | 'attempt' | 'willRetry'
> {
  /** Null for the execution as a whole. */
  readonly step: string | null;
  /** What of it goes against the map of the workflow, as sentences. */
  readonly notes: readonly string[];
  readonly ends: readonly {
    readonly status: EndStatus;
    readonly at: number;
    readonly count: number;
    readonly error: string | null;
  }[];
  readonly counts: readonly CountedFor[];
  readonly deadlines: readonly { readonly slos: readonly string[]; readonly at: number }[];
}

/** What something counts for: by the SLOs that count each subject once. */
export interface CountedFor {
  /** Their ids; empty when they are no longer loaded. */
  readonly slos: readonly string[];
  /** The minute it counts in. */
  readonly at: number;
  readonly good: boolean;
  readonly count: number;
  readonly why: string;
}
