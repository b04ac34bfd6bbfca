import type { Database, RootDatabase } from 'lmdb';
import type { FailedExecution, FailureCount } from '../../core/alerting/notification.ts';
import type { FlightPlace } from '../../core/ports/store/counting.ts';
import type { StoredRecord } from '../../core/ports/store/records.ts';
import type { Key, Range } from './keys.ts';
import type { StoredFlight } from './stored-flight.ts';
import type { EndPart } from '../subject-record.ts';

/** What the store is, made when it is opened for the first time. */
export interface About {
  /** Of the tables, see store/format.ts. */
  readonly format: number;
  readonly identity: string;
  readonly partitions: number;
}

/** Who may evaluate and deliver, until when. */
export interface Leader {
  readonly owner: string;
  readonly until: number;
  /** How long the lease was when it was taken, in milliseconds. */
  readonly lease: number;
}

/** What is kept of a partition as a whole. */
export interface PartitionRecord {
  /** Of the last change of a counter; see `Changes`. */
  readonly revision: number;
  readonly running: number;
  readonly overdue: number;
  /** Not there until something waits. */
  readonly waiting?: number;
  /** How many are in flight where; not there in what version 0.1 wrote. */
  readonly places?: readonly FlightPlace[];
}

/** How an end that nothing more is known of was counted, and when it and its subject's start happened. */
export interface Receipt {
  readonly template: string;
  readonly at: number;
  /** As an end told it, else as it was recorded. */
  readonly toldStart: number | null;
  readonly recordedStart: number | null;
  /** How many started: one, or null when that is not known. */
  readonly count: number | null;
}

/** What ends share that differ only in what they are of and when: receipts refer to it. */
export type EndTemplate = Pick<EndPart, 'status' | 'failure' | 'slis'>;

/** A failed execution with the unit that failed, which makes it one entry however often it is written. */
export interface Sample extends FailedExecution {
  readonly unit: string;
}

/** A minute (since the epoch) with the sum of the values that landed in it. */
export type MinuteSum = readonly [minute: number, sum: number];

export interface StoredConversation {
  readonly due: number;
  /** Of the claim that holds it; null when none does. */
  readonly token: string | null;
  /** Its rows, oldest first: the one that is kept, if any, and those that are pending. */
  readonly rows: readonly string[];
  /** Whether any pending one is urgent; absent: none is, or an earlier version wrote it. */
  readonly urgent?: boolean;
  /** Whether none is pending, so that what comes need not wait. */
  readonly resting?: boolean;
}

/** An alert state of whatever version; see core/alerting/stored-state.ts. */
export interface RevisedState {
  readonly revision: number;
  readonly state: unknown;
}

/** The tables of the embedded store. Values are JSON, but blocks are packed cells. */
export interface Databases {
  readonly about: Database<About, 'about'>;
  /** Of what is written to see whether anything can be. */
  readonly trial: Database<string, 'trial'>;
  readonly leader: Database<Leader, 'leader'>;
  /** Null for a start, and for what version 0.1 saw. */
  readonly seen: Database<Receipt | null, Key>;
  readonly templates: Database<EndTemplate, Key>;
  readonly flight: Database<StoredFlight, Key>;
  readonly due: Database<null, Key>;
  /** What is in flight and overdue, by when it began. */
  readonly overdue: Database<null, Key>;
  readonly partitions: Database<PartitionRecord, Key>;
  readonly blocks: Database<Uint8Array, Key>;
  readonly changes: Database<number, Key>;
  readonly failures: Database<readonly FailureCount[], Key>;
  readonly lastFailed: Database<readonly Sample[], Key>;
  readonly sums: Database<readonly MinuteSum[], Key>;
  /** Of each step (see statistics.ts): slots and how many are in each, in turn. */
  readonly statistics: Database<readonly number[], Key>;
  readonly slis: Database<number, Key>;
  readonly states: Database<RevisedState, string>;
  /** Of whatever version: see core/alerting/stored-notification.ts. */
  readonly rows: Database<unknown, string>;
  readonly pending: Database<null, Key>;
  readonly undeliverable: Database<null, Key>;
  readonly delivered: Database<number, string>;
  readonly deliveries: Database<null, Key>;
  readonly conversations: Database<StoredConversation, Key>;
  /** By target, the urgent ones first. */
  readonly conversationsDue: Database<null, Key>;
  /** All of them by when they are due, as format 2 has it. */
  readonly formerDue: Database<null, Key>;
  /** What happened to incidents, by when they opened; of whatever version. */
  readonly incidents: Database<unknown, Key>;
  readonly records: Database<Omit<StoredRecord, 'id'>, Key>;
}

/** How many tables there may be; some are left for later. */
export const MAX_TABLES = 32;

/** Opens every table of a store, making those that are not there yet. */
export function openTables(root: RootDatabase): Databases {
  const table = <V, K extends string | Key>(name: string): Database<V, K> =>
    root.openDB<V, K>({ name, encoding: 'json' });
  return {
    about: table('about'),
    // Beside it, so that the format stays.
    trial: table('about'),
    leader: table('leader'),
    // Stored under the name it had first.
    seen: table('identities'),
    templates: table('end-templates'),
    flight: table('flight'),
    due: table('due'),
    overdue: table('overdue'),
    partitions: table('partitions'),
    blocks: root.openDB<Uint8Array, Key>({ name: 'blocks', encoding: 'binary' }),
    changes: table('changes'),
    failures: table('failures'),
    lastFailed: table('last-failed'),
    sums: table('sums'),
    // As new as its name: an older version leaves it alone, so the format stays.
    statistics: table('statistics'),
    slis: table('slis'),
    states: table('states'),
    rows: table('rows'),
    pending: table('pending'),
    undeliverable: table('undeliverable'),
    delivered: table('delivered'),
    deliveries: table('deliveries'),
    conversations: table('conversations'),
    conversationsDue: table('due-by-target'),
    formerDue: table('conversations-due'),
    // As new as its name, as statistics are.
    incidents: table('incidents'),
    records: table('records'),
  };
}

/** Whether a table has anything in a range. */
export function holds(table: Pick<Database<unknown, Key>, 'getKeys'>, range: Range): boolean {
  return [...table.getKeys({ ...range, limit: 1 })].length > 0;
}
