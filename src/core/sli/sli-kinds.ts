import type { CellHistory } from '../counters/cell-history.ts';
import { MINUTE } from '../time/duration.ts';
import type { Gap } from '../time/gaps.ts';
import { meaningOfCounted, meaningOfSchedule } from './counted-kinds.ts';
import { freshHour, freshMinutes } from './freshness.ts';
import { scheduleHour, scheduleParts } from './schedule.ts';
import { judgesSteps } from './selection.ts';
import type { CountedSli, DerivedSli, Sli, SliOf, Where } from './sli.ts';
import type { SliUnit } from './sli-unit.ts';
import { sliceRuleKind } from './slice-rules.ts';
import { sliceHour } from './slices.ts';

/** What an hour of a derived SLI is computed from. */
export interface DerivedFrom {
  /** What was counted for it, in the order of `countedSlis`. */
  readonly bases: readonly CellHistory[];
  /** Sums of measured values by minute (since the epoch); empty where none are needed. */
  readonly sums: ReadonlyMap<number, number>;
  /** Since when the SLI itself counts. */
  readonly since: number;
  /** The minute (since the epoch) that has begun and is not over. */
  readonly running: number;
  /** Times that the clock jumped over: what did not happen in them says nothing. */
  readonly jumps: readonly Gap[];
}

/** How the counters of a kind of SLI are computed from those of others. */
interface DerivedKind<K extends DerivedSli['kind']> {
  /** Computes the cells of one hour (since the epoch). */
  readonly hour: (sli: SliOf<K>, hour: number, from: DerivedFrom) => Uint32Array;
  /** On how many hours before its own an hour depends. */
  readonly reachInHours: (sli: SliOf<K>) => number;
  /** Whether of what was good before an hour only the last one matters. */
  readonly lastGoodOnly: boolean;
  /** Whether it is made of sums of measured values. */
  readonly usesSums: (sli: SliOf<K>) => boolean;
  /** Whether it counts what was counted before it was defined; not when it judges silence, see `beginningOf`. */
  readonly countsBefore: boolean;
}

/** What is known of a kind of SLI. */
interface SliKind<K extends Sli['kind']> {
  /** What has to be counted as it is reported so that an SLI can be judged. */
  readonly counted: (sli: SliOf<K>) => readonly CountedSli[];
  /** What it selects, as plain values. Counters are kept under what is made of them: they must never change. */
  readonly meaning: (sli: SliOf<K>) => readonly unknown[];
  readonly unit: (sli: SliOf<K>) => SliUnit;
  /** What must hold of the attributes of all that it counts. */
  readonly where: (sli: SliOf<K>) => Where;
  /** How many counted parts make one unit. */
  readonly partsPerUnit: (sli: SliOf<K>) => number;
  /** For how many milliseconds nothing need be reported before that is bad; 0 when it never is. */
  readonly silenceAllowed: (sli: SliOf<K>) => number;
  /** What counts, and is bad, when nothing is reported; null when nothing counts then. */
  readonly countsSilence: 'minute' | 'tick' | null;
  /** Milliseconds that have to be counted before the counters say anything. */
  readonly warmUp: (sli: SliOf<K>) => number;
  /** How many units so many milliseconds hold, with this many executions a millisecond; null when that is unknown. */
  readonly expected: (sli: SliOf<K>, duration: number, traffic: number | null) => number | null;
  /** Null for a kind that is counted as it is reported, or has no counters of its own. */
  readonly derived: [K] extends [DerivedSli['kind']] ? DerivedKind<K> : null;
}

/** From when ticks are counted; any time will do, but it must not change from day to day. */
const REFERENCE = Date.UTC(2026, 0, 1);

const none = () => 0;
const one = () => 1;
const unknown = () => null;

const SLI_KINDS: { readonly [K in Sli['kind']]: SliKind<K> } = {
  outcomes: {
    counted: (sli) => [sli],
    meaning: meaningOfCounted,
    unit: ({ per }) => (per === 'attempt' ? 'attempts' : 'executions'),
    where: ({ where }) => where,
    partsPerUnit: one,
    silenceAllowed: none,
    countsSilence: null,
    warmUp: none,
    expected(sli, duration, traffic) {
      // Of steps and attempts there may be any number in an execution, of attributes any share.
      const isAll = !judgesSteps(sli) && sli.per === 'execution' && Object.keys(sli.where).length === 0;
      return isAll && traffic !== null ? traffic * duration : null;
    },
    derived: null,
  },
  measurement: {
    counted: (sli) => [sli],
    meaning: meaningOfCounted,
    unit: () => 'measurements',
    where: ({ where }) => where,
    partsPerUnit: one,
    silenceAllowed: none,
    countsSilence: null,
    warmUp: none,
    expected: unknown,
    derived: null,
  },
  transition: {
    counted: (sli) => [sli],
    meaning: meaningOfCounted,
    unit: () => 'hand-overs',
    where: () => ({}),
    partsPerUnit: one,
    silenceAllowed: none,
    countsSilence: null,
    warmUp: none,
    // Not every execution comes to these steps.
    expected: unknown,
    derived: null,
  },
  slices: {
    counted: ({ of }) => [of],
    meaning: ({ kind, sliceMs, of, rule }) => [kind, sliceMs, meaningOfCounted(of), rule],
    unit: () => 'slices',
    where: ({ of }) => of.where,
    partsPerUnit: ({ rule }) => sliceRuleKind(rule).parts,
    silenceAllowed: none,
    countsSilence: null,
    warmUp: ({ sliceMs }) => sliceMs,
    expected: ({ sliceMs }, duration) => duration / sliceMs,
    derived: {
      hour: (sli, hour, { bases, sums, running }) =>
        sliceHour(sli, hour, bases[0]!.minutes(hour), sums, running),
      reachInHours: none,
      lastGoodOnly: false,
      usesSums: ({ rule }) => sliceRuleKind(rule).usesSums,
      countsBefore: true,
    },
  },
  freshness: {
    counted: ({ of }) => [of],
    meaning: ({ kind, of, everyMs }) => [kind, meaningOfCounted(of), everyMs],
    unit: () => 'minutes',
    where: ({ of }) => of.where,
    partsPerUnit: one,
    silenceAllowed: ({ everyMs }) => everyMs,
    countsSilence: 'minute',
    warmUp: ({ everyMs }) => everyMs,
    expected: (_sli, duration) => duration / MINUTE,
    derived: {
      hour: (sli, hour, { bases, since, running, jumps }) =>
        freshHour(sli, hour, bases[0]!, since, running, jumps),
      reachInHours: (sli) => Math.floor((59 + freshMinutes(sli)) / 60),
      lastGoodOnly: true,
      usesSums: () => false,
      countsBefore: false,
    },
  },
  schedule: {
    counted: scheduleParts,
    meaning: meaningOfSchedule,
    unit: () => 'ticks',
    where: ({ where }) => where,
    partsPerUnit: one,
    silenceAllowed: ({ finishWithinMs }) => finishWithinMs,
    countsSilence: 'tick',
    warmUp: none,
    expected: ({ schedule }, duration) => schedule.ticks(REFERENCE, REFERENCE + duration - 1).length,
    derived: {
      hour: (sli, hour, { bases: [successes, early, starts = null], since, running, jumps }) =>
        scheduleHour(sli, hour, { successes: successes!, early: early!, starts }, since, running, jumps),
      reachInHours: ({ finishWithinMs, startEarlyMs }) =>
        Math.floor((60 + Math.ceil((finishWithinMs + startEarlyMs) / MINUTE)) / 60),
      lastGoodOnly: false,
      usesSums: () => false,
      countsBefore: false,
    },
  },
  composite: {
    counted: ({ members }) => members.flatMap(({ sli }) => countedSlis(sli)),
    meaning: ({ kind, method, members }) => [
      kind,
      method,
      members.map(({ slo, sli, weight, budgetScale }) => [
        slo,
        meaningOf(sli),
        weight,
        ...(budgetScale === undefined ? [] : [budgetScale]),
      ]),
    ],
    unit({ members }) {
      const units = new Set(members.map(({ sli }) => unitOf(sli)));
      const [first = 'outcomes'] = units;
      return units.size === 1 ? first : 'outcomes';
    },
    where: () => ({}),
    partsPerUnit: one,
    silenceAllowed: ({ members }) => Math.max(0, ...members.map(({ sli }) => silenceAllowed(sli))),
    countsSilence: null,
    warmUp: none,
    expected: unknown,
    derived: null,
  },
};

function kindOf<K extends Sli['kind']>(sli: SliOf<K>): SliKind<K> {
  return SLI_KINDS[sli.kind];
}

/** What has to be counted as it is reported so that an SLI can be judged. */
export function countedSlis(sli: Sli): readonly CountedSli[] {
  return kindOf(sli).counted(sli);
}

/** What an SLI selects, as plain values that are the same for the same selection. */
export function meaningOf(sli: Sli): readonly unknown[] {
  return kindOf(sli).meaning(sli);
}

/** What an SLI counts. */
export function unitOf(sli: Sli): SliUnit {
  return kindOf(sli).unit(sli);
}

/** What must hold of the attributes of all that an SLI counts; of a composite nothing as a whole. */
export function whereOf(sli: Sli): Where {
  return kindOf(sli).where(sli);
}

/** How many counted parts make one of what an SLI counts. */
export function partsPerUnit(sli: Sli): number {
  return kindOf(sli).partsPerUnit(sli);
}

/** For how many milliseconds nothing need be reported before an SLI takes that for bad; 0 for one that never does. */
export function silenceAllowed(sli: Sli): number {
  return kindOf(sli).silenceAllowed(sli);
}

/** What counts for an SLI of a kind, and is bad, when nothing is reported; null when nothing counts then. */
export function countsSilence(kind: Sli['kind']): 'minute' | 'tick' | null {
  return SLI_KINDS[kind].countsSilence;
}

/** Milliseconds that have to be counted before the counters of an SLI say anything. */
export function warmUpOf(sli: Sli): number {
  return kindOf(sli).warmUp(sli);
}

/**
 * How many of what an SLI counts so many milliseconds hold, as far as that is known before anything is counted.
 * `traffic` is in executions a millisecond, null when it is not known; so is the result.
 */
export function expectedCount(sli: Sli, duration: number, traffic: number | null): number | null {
  return kindOf(sli).expected(sli, duration, traffic);
}

/** Whether the counters of an SLI are computed from those of others, see `countedSlis`. */
export function isDerived(sli: Sli): sli is DerivedSli {
  return SLI_KINDS[sli.kind].derived !== null;
}

/** How the counters of a derived SLI are computed. */
export function derivedKind(sli: DerivedSli): DerivedKind<DerivedSli['kind']> {
  return kindOf<DerivedSli['kind']>(sli).derived;
}
