import { START_EARLY } from '../../core/sli/counted-kinds.ts';
import type {
  Comparison,
  MeasurementSli,
  OutcomeSli,
  Sli,
  SliOf,
  SliceRule,
  SliceRuleOf,
  SliceSli,
} from '../../core/sli/sli.ts';
import { formatDuration, HOUR, MINUTE } from '../../core/time/duration.ts';
import { formatDecimals } from './budgeting.ts';
import { OUR_TYPE } from './indicator.ts';
import { selectionWords, whereWords, withinWords, type Words } from './native-words.ts';

/** What is counted, as an SLO of OpenSLO says it. */
export interface Budgeting {
  readonly method: 'Occurrences' | 'Timeslices' | 'RatioTimeslices';
  readonly indicator: Words;
  /** What goes into the objective beside its target. */
  readonly objective: Words;
}

/** How a kind of SLI is written. */
interface ExportedSli<K extends Sli['kind']> {
  /** As a native file says it; null for what native files have no words for. */
  readonly native: (sli: SliOf<K>) => Words | null;
  /** As OpenSLO says it; null for what OpenSLO has no words for, which is then written in the words of native files. */
  readonly openSlo: (sli: SliOf<K>, workflow: string, lost: string[]) => Budgeting | null;
}

const noWords = () => null;

const EXPORTED_SLIS: { readonly [K in Sli['kind']]: ExportedSli<K> } = {
  outcomes: {
    native: (sli) => ({
      ...selectionWords(sli),
      ...withinWords(sli),
      ...(sli.good === 'first-try' ? { good: sli.good } : sli.per === 'attempt' ? { per: sli.per } : {}),
    }),
    openSlo: (sli, workflow) =>
      sli.good === 'succeeded' && sli.per === 'execution' && sli.from === 'started'
        ? { method: 'Occurrences', indicator: ratioMetric(sli, workflow), objective: {} }
        : null,
  },
  measurement: {
    native: ({ name, op, limit, where }) => ({
      measurement: name,
      [COMPARISONS[op]]: limit,
      ...whereWords(where),
    }),
    openSlo: ({ name, op, limit, where, sums }, workflow) =>
      sums
        ? null
        : {
            method: 'Occurrences',
            indicator: { thresholdMetric: metric({ workflow, measurement: name, ...whereWords(where) }) },
            objective: { op: OPERATORS[op], value: limit },
          },
  },
  transition: {
    native: ({ from, to, withinMs }) => ({
      transition: `${from} -> ${to}`,
      within: formatDuration(withinMs),
    }),
    openSlo: noWords,
  },
  slices: {
    native({ sliceMs, of, rule }) {
      const words = ruleWords(rule, of);
      return words && { slices: formatDuration(sliceMs), ...words };
    },
    openSlo({ sliceMs, of, rule }, workflow, lost) {
      const budgeting = ruleBudgeting(rule);
      if (!budgeting) return null;
      const { indicator, objective } = budgetingOf(of, workflow, lost);
      const timeSliceWindow = sliceMs === HOUR ? '1h' : `${sliceMs / MINUTE}m`;
      const { method, target } = budgeting;
      return { method, indicator, objective: { ...objective, ...target, timeSliceWindow } };
    },
  },
  freshness: {
    native: ({ everyMs, of }) => ({ succeededEvery: formatDuration(everyMs), ...selectionWords(of) }),
    openSlo: noWords,
  },
  schedule: {
    native: ({ schedule: { cron, timeZone }, startEarlyMs, startWithinMs, finishWithinMs, where }) => ({
      schedule: cron,
      timeZone,
      ...(startEarlyMs === START_EARLY ? {} : { startEarly: formatDuration(startEarlyMs) }),
      ...(startWithinMs === null ? {} : { startWithin: formatDuration(startWithinMs) }),
      finishWithin: formatDuration(finishWithinMs),
      ...whereWords(where),
    }),
    openSlo: noWords,
  },
  composite: {
    native: ({ method, members }) =>
      method === 'all-of'
        ? { allOf: members.map(({ slo }) => slo) }
        : {
            weighted: Object.fromEntries(
              members.map(({ slo, weight, budgetScale = 1 }) => [
                slo,
                Number((weight * budgetScale).toPrecision(12)),
              ]),
            ),
          },
    openSlo({ members }, _workflow, lost) {
      // While all parts have outcomes, weights that hold the scales say the same.
      if (members.some(({ budgetScale }) => budgetScale !== undefined))
        lost.push('what a part without outcomes leaves to the others');
      return null;
    },
  },
};

/** How OpenSLO says what an SLI of a workflow counts; what it cannot say in any way is added to `lost`. */
export function budgetingOf<K extends Sli['kind']>(
  sli: SliOf<K>,
  workflow: string,
  lost: string[],
): Budgeting {
  const { native, openSlo }: ExportedSli<K> = EXPORTED_SLIS[sli.kind];
  const budgeting = openSlo(sli, workflow, lost);
  if (budgeting) return budgeting;
  const words = native(sli);
  if (!words) lost.push('what is counted');
  const raw = metric({ workflow, sli: words ?? 'succeeded' });
  return { method: 'Occurrences', indicator: { ratioMetric: { rawType: 'success', raw } }, objective: {} };
}

/** How a rule of slices is written. */
interface ExportedRule<K extends SliceRule['kind']> {
  /** With what the slices are of, as native files say it; null when they have no words for it. */
  readonly native: (rule: SliceRuleOf<K>, of: SliceSli['of']) => Words | null;
  /** The method of OpenSLO, and what goes into the objective; null when there is none. */
  readonly openSlo: (
    rule: SliceRuleOf<K>,
  ) => { readonly method: 'Timeslices' | 'RatioTimeslices'; readonly target: Words } | null;
}

const EXPORTED_RULES: { readonly [K in SliceRule['kind']]: ExportedRule<K> } = {
  ratio: {
    native({ atLeast: { numerator, denominator } }, of) {
      if (of.kind === 'measurement') return extremeWords(of, isUpper(of.op) ? 'max' : 'min', of);
      const ratio = `${formatDecimals((numerator / denominator) * 100, 9)}%`;
      return { ratio, ...EXPORTED_SLIS.outcomes.native(of) };
    },
    openSlo({ atLeast: { numerator, denominator } }) {
      const decimals = formatDecimals(numerator / denominator);
      return decimals.length <= 11
        ? { method: 'Timeslices', target: { timeSliceTarget: Number(decimals) } }
        : null;
    },
  },
  any: {
    native: (_rule, of) =>
      of.kind === 'measurement' ? extremeWords(of, isUpper(of.op) ? 'min' : 'max', of) : null,
    openSlo: noWords,
  },
  mean: {
    native: (rule, of) => (of.kind === 'measurement' ? extremeWords(of, 'mean', rule) : null),
    openSlo: noWords,
  },
  'mean-ratio': { native: noWords, openSlo: () => ({ method: 'RatioTimeslices', target: {} }) },
};

function ruleWords<K extends SliceRule['kind']>(rule: SliceRuleOf<K>, of: SliceSli['of']): Words | null {
  return EXPORTED_RULES[rule.kind].native(rule, of);
}

function ruleBudgeting<K extends SliceRule['kind']>(
  rule: SliceRuleOf<K>,
): ReturnType<ExportedRule<K>['openSlo']> {
  return EXPORTED_RULES[rule.kind].openSlo(rule);
}

const COMPARISONS: Readonly<Record<Comparison, string>> = {
  '<=': 'atMost',
  '<': 'below',
  '>=': 'atLeast',
  '>': 'above',
};
const OPERATORS: Readonly<Record<Comparison, string>> = { '<=': 'lte', '<': 'lt', '>=': 'gte', '>': 'gt' };

function isUpper(op: Comparison): boolean {
  return op === '<=' || op === '<';
}

/** What one value of a slice, of all that were measured, is compared with. */
function extremeWords(
  { name, where }: MeasurementSli,
  which: 'max' | 'min' | 'mean',
  { op, limit }: { readonly op: Comparison; readonly limit: number },
): Words {
  return { measurement: name, [which]: { [COMPARISONS[op]]: limit }, ...whereWords(where) };
}

function ratioMetric(sli: OutcomeSli, workflow: string): Words {
  const total = { workflow, ...selectionWords(sli) };
  const good = { ...total, status: 'succeeded', ...withinWords(sli) };
  return { ratioMetric: { counter: true, good: metric(good), total: metric(total) } };
}

function metric(spec: Words): Words {
  return { metricSource: { type: OUR_TYPE, spec } };
}
