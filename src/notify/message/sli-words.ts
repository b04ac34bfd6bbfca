import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { formatPercent } from '../../core/words/figures.ts';
import { unitOf, whereOf } from '../../core/sli/sli-kinds.ts';
import type { AttributeTest, Comparison, Sli, SliOf, SliceRule, SliceRuleOf } from '../../core/sli/sli.ts';
import { formatDuration } from '../../core/time/duration.ts';
import type { Field, Phrase } from './phrase.ts';
import { plainName } from './wording.ts';
import { formatWindow } from '../../core/words/figures.ts';

/** What an SLI judges, in words: `executions` that `failed`, as many as are allowed to `fail`. */
export interface SliWords {
  /** Plural, such as `executions`. */
  readonly units: string;
  /** Which of them, from its leading space on; often empty. */
  readonly which: Phrase;
  /** What the bad ones did, such as `failed`, ... */
  readonly did: string;
  /** ... and may do so often, such as `fail`. */
  readonly may: string;
  /** What is missed while there is no data, such as `No execution has ended`. */
  readonly absent: Phrase;
  /** What it is when none is good. */
  readonly nothingGood: string;
  /** What a share of them is, such as `failing`, after `66% `. */
  readonly failing: string;
}

const EXECUTIONS: SliWords = {
  units: 'executions',
  which: [],
  did: 'failed',
  may: 'fail',
  absent: ['No execution has ended'],
  nothingGood: 'everything fails',
  failing: 'failing',
};

const SLI_WORDS: { readonly [K in Sli['kind']]: (sli: SliOf<K>) => SliWords } = {
  outcomes(sli) {
    const { step, dependency, withinMs } = sli;
    const which = [
      ...(step === null ? [] : [' of step ', { name: plainName(step, 128) }]),
      ...(dependency === null ? [] : [' calling ', { name: plainName(dependency, 128) }]),
    ];
    const units = unitOf(sli);
    const absent = [units === 'attempts' ? 'No attempt' : 'No execution', ...which, ' has ended'];
    if (sli.good === 'first-try')
      return {
        units,
        which,
        did: 'were retries',
        may: 'be retries',
        absent,
        nothingGood: 'everything is retried',
        failing: 'retried',
      };
    const late = withinMs === null ? '' : ` or took longer than ${formatDuration(withinMs)}`;
    const failing = withinMs === null ? 'failing' : 'failing or late';
    return { ...EXECUTIONS, units, which, did: `failed${late}`, failing, absent };
  },
  measurement({ name, op, limit }) {
    const which = [' of ', { name: plainName(name, 128) }];
    const missed = missedLimit(op, limit);
    return {
      units: 'measurements',
      which,
      did: `were ${missed}`,
      may: `be ${missed}`,
      absent: ['No measurement', ...which, ' has come'],
      nothingGood: `all ${missed}`,
      failing: missed,
    };
  },
  transition({ from, to, withinMs }) {
    const which = [' from ', { name: plainName(from, 128) }, ' to ', { name: plainName(to, 128) }];
    const late = `were lost or took longer than ${formatDuration(withinMs)}`;
    return {
      units: 'hand-overs',
      which,
      did: late,
      may: late.replace('were', 'be').replace('took', 'take'),
      absent: ['No hand-over', ...which, ' has come'],
      nothingGood: 'every hand-over is lost or late',
      failing: 'lost or late',
    };
  },
  slices({ sliceMs, of, rule }) {
    const which = [` of ${formatDuration(sliceMs)}`, ...wordsOf(of).which];
    const { did, may } = ruleWords(rule);
    return {
      units: 'slices',
      which,
      did,
      may,
      absent: ['No slice', ...which, ' has had outcomes'],
      nothingGood: `all slices ${did}`,
      failing: 'of slices bad',
    };
  },
  freshness({ of, everyMs }) {
    const stale = `no success in the ${formatWindow(everyMs)} before`;
    return {
      units: 'minutes',
      which: wordsOf(of).which,
      did: `had ${stale}`,
      may: `have ${stale}`,
      absent: ['Nothing has been counted'],
      nothingGood: `no success in ${formatWindow(everyMs)}`,
      failing: 'of minutes stale',
    };
  },
  schedule({ schedule: { cron, timeZone } }) {
    return {
      units: 'ticks',
      which: [' of the schedule ', { name: plainName(`${cron} (${timeZone})`, 128) }],
      did: 'were missed or late',
      may: 'be missed or late',
      absent: ['No tick of the schedule has passed'],
      nothingGood: 'every run missed or late',
      failing: 'of runs missed or late',
    };
  },
  composite: (sli) => ({
    units: unitOf(sli),
    which: [],
    did: 'were bad',
    may: 'be bad',
    absent: ['Nothing has ended'],
    nothingGood: 'everything fails',
    failing: 'bad',
  }),
};

/** The words for what a notification's SLI judges. */
export function sliWords({ sli }: Pick<NotificationFacts, 'sli'>): SliWords {
  return wordsOf(sli);
}

function wordsOf<K extends Sli['kind']>(sli: SliOf<K>): SliWords {
  return SLI_WORDS[sli.kind](sli);
}

/** What bad slices did, and may do so often. */
type RuleWords = Pick<SliWords, 'did' | 'may'>;

const RULE_WORDS: { readonly [K in SliceRule['kind']]: (rule: SliceRuleOf<K>) => RuleWords } = {
  ratio({ atLeast: { numerator, denominator } }) {
    const missed = `less than ${formatPercent(numerator / denominator, 6)} good`;
    return { did: `were ${missed}`, may: `be ${missed}` };
  },
  any: () => ({ did: 'had nothing good', may: 'have nothing good' }),
  mean({ op, limit }) {
    const missed = `a mean ${missedLimit(op, limit)}`;
    return { did: `had ${missed}`, may: `have ${missed}` };
  },
  'mean-ratio': () => ({ did: 'were lost, counting each by its bad share', may: 'be lost' }),
};

function ruleWords<K extends SliceRule['kind']>(rule: SliceRuleOf<K>): RuleWords {
  return RULE_WORDS[rule.kind](rule);
}

/** What a value is that does not hold `op limit`. */
function missedLimit(op: Comparison, limit: number): string {
  const words: Readonly<Record<Comparison, string>> = {
    '<=': `above ${limit}`,
    '<': `${limit} or more`,
    '>=': `below ${limit}`,
    '>': `${limit} or less`,
  };
  return words[op];
}

/** Which part of the outcomes is judged at all, where it is only a part. */
export function onlyWhere({ sli }: Pick<NotificationFacts, 'sli'>): Field[] {
  const conditions = Object.entries(whereOf(sli)).map(
    ([name, test]) => `${name}: ${TESTS[test.op]}${test.values.join(', ')}`,
  );
  return conditions.length === 0
    ? []
    : [{ label: 'Only', value: [{ name: plainName(conditions.join('; '), 200) }] }];
}

const TESTS: Readonly<Record<AttributeTest['op'], string>> = {
  in: '',
  'not-in': 'not ',
  glob: 'like ',
  'not-glob': 'not like ',
};
