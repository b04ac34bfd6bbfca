import type { PingMeaning } from '../outcomes/ping-verb.ts';
import type { Rejection } from '../outcomes/record-fields.ts';
import type { Caller } from './token.ts';

/** What a request to a ping URL reports. */
export interface Ping {
  readonly workflow: string;
  /** Null: the execution that an earlier ping without one has started, else a new one. */
  readonly execution: string | null;
  readonly meaning: PingMeaning;
  readonly step: string | null;
  /** As it was given. */
  readonly attempt: string | null;
  /** One line. */
  readonly message: string | null;
}

export interface Pings {
  /** Takes a ping and resolves once what it reports is stored; gives why it was not taken, or null. Rejects as a `Recorder` does. */
  take(ping: Ping, caller: Caller): Promise<Rejection | null>;
}
