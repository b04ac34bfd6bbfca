import { judgesSteps } from './selection.ts';
import type { OutcomeSli, Sli } from './sli.ts';

/** An SLI of outcomes as version 0.1 stored it: of steps it counted every attempt. */
type FirstOutcomeSli = Omit<OutcomeSli, 'from' | 'per'> & Partial<OutcomeSli>;

/** Adds to a stored SLI what has been added to SLIs since. */
export function upgradeSli<S extends Sli>(stored: S): S {
  switch (stored.kind) {
    case 'outcomes':
      return { ...stored, ...addedTo(stored) };
    case 'slices':
    case 'freshness':
      return stored.of.kind === 'outcomes' ? { ...stored, of: upgradeSli(stored.of) } : stored;
    case 'composite':
      return {
        ...stored,
        members: stored.members.map((member) => ({ ...member, sli: upgradeSli(member.sli) })),
      };
    default:
      return stored;
  }
}

function addedTo(stored: FirstOutcomeSli): Pick<OutcomeSli, 'from' | 'per'> {
  const per = judgesSteps(stored) ? 'attempt' : 'execution';
  return { from: stored.from ?? 'started', per: stored.per ?? per };
}
