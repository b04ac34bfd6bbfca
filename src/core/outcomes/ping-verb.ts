import { endOfExit } from './exit-code.ts';
import type { OutcomeStatus } from './outcome.ts';

/** What a ping says: the status it reports and the class of an error, or only that something is to be noted. */
export type PingMeaning =
  | { readonly kind: 'outcome'; readonly status: OutcomeStatus; readonly error: string | null }
  | { readonly kind: 'log' };

/** What a verb of a ping URL means: `start`, `ok`, `fail`, `log` or the exit code of a command, 0 to 255; null for any other. */
export function readPingVerb(verb: string): PingMeaning | null {
  switch (verb) {
    case 'start':
      return { kind: 'outcome', status: 'started', error: null };
    case 'ok':
      return { kind: 'outcome', status: 'succeeded', error: null };
    case 'fail':
      return { kind: 'outcome', status: 'failed', error: null };
    case 'log':
      return { kind: 'log' };
    default: {
      if (!/^(0|[1-9]\d{0,2})$/.test(verb) || Number(verb) > 255) return null;
      return { kind: 'outcome', ...endOfExit(Number(verb)) };
    }
  }
}
