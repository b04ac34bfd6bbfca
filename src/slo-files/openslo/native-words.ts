import type { Comparison, OutcomeSli, Sli, Where } from '../../core/sli/sli.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { formatDecimals } from './budgeting.ts';

/** Plain values, as they are written in YAML. */
export type Words = Readonly<Record<string, unknown>>;

const COMPARISONS: Readonly<Record<Comparison, string>> = {
  '<=': 'atMost',
  '<': 'below',
  '>=': 'atLeast',
  '>': 'above',
};

/** An SLI as a native file says it; null for the one that native files have no words for, a mean of ratios. */
export function nativeWords(sli: Sli): Words | null {
  switch (sli.kind) {
    case 'outcomes':
      return {
        ...selectionWords(sli),
        ...withinWords(sli),
        ...(sli.good === 'first-try' ? { good: sli.good } : {}),
      };
    case 'measurement':
      return { measurement: sli.name, [COMPARISONS[sli.op]]: sli.limit, ...whereWords(sli.where) };
    case 'freshness':
      return { succeededEvery: formatDuration(sli.everyMs), ...selectionWords(sli.of) };
    case 'schedule': {
      const { schedule, startWithinMs, finishWithinMs, where } = sli;
      const startWithin = startWithinMs === null ? {} : { startWithin: formatDuration(startWithinMs) };
      return {
        schedule: schedule.cron,
        timeZone: schedule.timeZone,
        ...startWithin,
        finishWithin: formatDuration(finishWithinMs),
        ...whereWords(where),
      };
    }
    case 'composite':
      return sli.method === 'all-of'
        ? { allOf: sli.members.map(({ slo }) => slo) }
        : { weighted: Object.fromEntries(sli.members.map(({ slo, weight }) => [slo, weight])) };
    case 'slices': {
      const { of, rule } = sli;
      const slices = formatDuration(sli.sliceMs);
      if (rule.kind === 'mean-ratio') return null;
      if (of.kind === 'outcomes') {
        if (rule.kind !== 'ratio') return null;
        const { numerator, denominator } = rule.atLeast;
        const ratio = `${formatDecimals((numerator / denominator) * 100, 9)}%`;
        return { slices, ratio, ...nativeWords(of) };
      }
      const { op, limit } = rule.kind === 'mean' ? rule : of;
      const isUpper = op === '<=' || op === '<';
      const extreme = isUpper === (rule.kind === 'any') ? 'min' : 'max';
      const key = rule.kind === 'mean' ? 'mean' : extreme;
      return { slices, measurement: of.name, [key]: { [COMPARISONS[op]]: limit }, ...whereWords(of.where) };
    }
    default:
      return sli satisfies never;
  }
}

/** Which outcomes an SLI counts, whatever of them is good. */
export function selectionWords({
  step,
  dependency,
  where,
}: Pick<OutcomeSli, 'step' | 'dependency' | 'where'>): Words {
  return {
    ...(step === null ? {} : { step }),
    ...(dependency === null ? {} : { dependency }),
    ...whereWords(where),
  };
}

/** By when they must have succeeded to be good. */
export function withinWords({ withinMs }: OutcomeSli): Words {
  return withinMs === null ? {} : { within: formatDuration(withinMs) };
}

const OPPOSITES = { 'not-in': 'not', glob: 'glob', 'not-glob': 'notGlob' } as const;

/** `where` with its tests, or nothing when there are none. */
export function whereWords(where: Where): Words {
  const tests = Object.entries(where).map(([attribute, { op, values }]): [string, unknown] => {
    const listed = values.length === 1 ? values[0]! : [...values];
    return [attribute, op === 'in' ? listed : { [OPPOSITES[op]]: listed }];
  });
  return tests.length === 0 ? {} : { where: Object.fromEntries(tests) };
}
