import type { Starts } from '../../core/adjustments/adjustment.ts';
import type { HoldingSilence, MuteOf } from '../../core/alerting/mute.ts';
import { muteBy } from '../../core/alerting/mute.ts';
import type { Silence } from '../../core/alerting/silence.ts';
import { holdsUntil } from '../../core/alerting/silence.ts';
import { upgradeSilence } from '../../core/alerting/stored-silence.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import type { Recurrences } from '../adjustments/recurrence.ts';

/** A silence, and how often it was changed. */
export interface KeptSilence {
  readonly revision: number;
  readonly silence: Silence;
}

/** The silences of the store. */
export interface Silences {
  /** Reads them and gives the decision by those that hold now. Rejects with `StoreUnavailable`. */
  read(now: number): Promise<MuteOf>;
  /** All that are stored and can be understood, in no particular order. */
  all(): Promise<readonly KeptSilence[]>;
  /** How many held when they were last read. */
  readonly holding: () => number;
}

export interface SilencesOptions {
  readonly store: Pick<RecordStore, 'records'>;
  readonly recurrences: Recurrences;
  readonly log: Log;
}

/** Makes the reader of silences. */
export function createSilences({ store, recurrences, log }: SilencesOptions): Silences {
  let holding = 0;
  /** Those of a newer version that were logged, so that it is said once and not at every tick. */
  let newer: ReadonlySet<string> = new Set();

  async function all(): Promise<readonly KeptSilence[]> {
    const found: KeptSilence[] = [];
    const unknown = new Set<string>();
    for (const { id, revision, value } of await store.records('silences')) {
      const silence = upgradeSilence(value);
      if (silence) found.push({ revision, silence });
      else {
        unknown.add(id);
        // To notify in vain is better than to keep a page from those it is for.
        if (!newer.has(id))
          log.error({ silence: id }, 'a newer version of Burnwatch stored a silence; here it does not hold');
      }
    }
    newer = unknown;
    return found;
  }

  return {
    all,
    async read(now) {
      const held = holdingOf(
        (await all()).map(({ silence }) => silence),
        now,
        recurrences.starts,
      );
      holding = held.length;
      return muteBy(held);
    },
    holding: () => holding,
  };
}

/** Those that hold at a moment. */
export function holdingOf(silences: readonly Silence[], now: number, starts: Starts): HoldingSilence[] {
  return silences.flatMap((silence): HoldingSilence[] => {
    const until = holdsUntil(silence, now, starts);
    return until === null ? [] : [{ silence, until }];
  });
}
