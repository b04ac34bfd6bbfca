import type { Silence, SilenceSubject } from './silence.ts';
import { isOf } from './silence.ts';

/** Why an incident is not notified now. */
export interface Mute {
  /**
   * `flapping`: it comes and goes so often that it is held back, see `flappingMute`. `dependency`: it is told with the incident of a
   * dependency, which explains it, see `foldMute`.
   */
  readonly reason: 'silence' | 'flapping' | 'dependency';
  /**
   * The id of the silence, who made it and why; of `flapping`, that word and `Burnwatch`; of `dependency`, the id of the incident that
   * explains it and the SLO of that.
   */
  readonly silence: string;
  readonly by: string;
  readonly because: string;
  /** Until when at the latest; of `dependency`, when it is looked at again. */
  readonly until: number;
  /** Whether it lasts until the incident resolves, if that is before. */
  readonly untilResolved: boolean;
}

/** A silence that holds, and until when. */
export interface HoldingSilence {
  readonly silence: Silence;
  readonly until: number;
}

/** Gives why something is not to be notified now; null when it is. */
export type MuteOf = (subject: SilenceSubject) => Mute | null;

/** The decision by the silences that hold now: of several the one that lasts longest speaks. */
export function muteBy(holding: readonly HoldingSilence[]): MuteOf {
  const longestFirst = holding.toSorted((one, other) => other.until - one.until);
  return (subject) => {
    const found = longestFirst.find(({ silence }) => isOf(silence, subject));
    return found ? muteOf(found) : null;
  };
}

function muteOf({ silence, until }: HoldingSilence): Mute {
  const { id, createdBy, reason, when } = silence;
  return {
    reason: 'silence',
    silence: id,
    by: createdBy,
    because: reason,
    until,
    untilResolved: when.kind === 'until-resolved',
  };
}
