import type { Sli } from './sli.ts';
import { judgesSteps } from './sli.ts';

/** What an SLI counts, as a plural: "9,710 of 10,000 executions". `outcomes`: a composite of different ones. */
export type SliUnit =
  'executions' | 'attempts' | 'measurements' | 'slices' | 'minutes' | 'ticks' | 'outcomes';

/** What an SLI counts. */
export function unitOf(sli: Sli): SliUnit {
  switch (sli.kind) {
    case 'outcomes':
      return judgesSteps(sli) ? 'attempts' : 'executions';
    case 'measurement':
      return 'measurements';
    case 'slices':
      return 'slices';
    case 'freshness':
      return 'minutes';
    case 'schedule':
      return 'ticks';
    case 'composite': {
      const units = new Set(sli.members.map((member) => unitOf(member.sli)));
      const [first = 'outcomes'] = units;
      return units.size === 1 ? first : 'outcomes';
    }
    default:
      return sli satisfies never;
  }
}
