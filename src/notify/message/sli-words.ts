import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { formatPercent } from '../../core/budget/objective.ts';
import { unitOf } from '../../core/sli/sli-unit.ts';
import type { AttributeTest, Comparison, Sli, SliceSli, Where } from '../../core/sli/sli.ts';
import { formatDuration } from '../../core/time/duration.ts';
import type { Field, Phrase } from './phrase.ts';
import { plainName, windowWords } from './wording.ts';

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
}

/** The words for what a notification's SLI judges. */
export function sliWords({ sli }: Pick<NotificationFacts, 'sli'>): SliWords {
  switch (sli.kind) {
    case 'outcomes': {
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
        };
      const late = withinMs === null ? '' : ` or took longer than ${formatDuration(withinMs)}`;
      return { ...EXECUTIONS, units, which, did: `failed${late}`, absent };
    }
    case 'measurement': {
      const which = [' of ', { name: plainName(sli.name, 128) }];
      const missed = missedLimit(sli.op, sli.limit);
      return {
        units: 'measurements',
        which,
        did: `were ${missed}`,
        may: `be ${missed}`,
        absent: ['No measurement', ...which, ' has come'],
        nothingGood: `all ${missed}`,
      };
    }
    case 'slices':
      return slices(sli);
    case 'freshness': {
      const stale = `no success in the ${windowWords(sli.everyMs)} before`;
      return {
        units: 'minutes',
        which: sliWords({ sli: sli.of }).which,
        did: `had ${stale}`,
        may: `have ${stale}`,
        absent: ['Nothing has been counted'],
        nothingGood: `no success in ${windowWords(sli.everyMs)}`,
      };
    }
    case 'schedule': {
      const { cron, timeZone } = sli.schedule;
      return {
        units: 'ticks',
        which: [' of the schedule ', { name: plainName(`${cron} (${timeZone})`, 128) }],
        did: 'were missed or late',
        may: 'be missed or late',
        absent: ['No tick of the schedule has passed'],
        nothingGood: 'every run missed or late',
      };
    }
    case 'composite':
      return {
        units: unitOf(sli),
        which: [],
        did: 'were bad',
        may: 'be bad',
        absent: ['Nothing has ended'],
        nothingGood: 'everything fails',
      };
    default:
      return sli satisfies never;
  }
}

const EXECUTIONS: SliWords = {
  units: 'executions',
  which: [],
  did: 'failed',
  may: 'fail',
  absent: ['No execution has ended'],
  nothingGood: 'everything fails',
};

function slices({ sliceMs, of, rule }: SliceSli): SliWords {
  const which = [` of ${formatDuration(sliceMs)}`, ...sliWords({ sli: of }).which];
  const words = (did: string, may: string): SliWords => ({
    units: 'slices',
    which,
    did,
    may,
    absent: ['No slice', ...which, ' has had outcomes'],
    nothingGood: `all slices ${did}`,
  });
  switch (rule.kind) {
    case 'ratio': {
      const least = formatPercent(rule.atLeast.numerator / rule.atLeast.denominator, 6);
      return words(`were less than ${least} good`, `be less than ${least} good`);
    }
    case 'any':
      return words('had nothing good', 'have nothing good');
    case 'mean': {
      const missed = `a mean ${missedLimit(rule.op, rule.limit)}`;
      return words(`had ${missed}`, `have ${missed}`);
    }
    case 'mean-ratio':
      return words('were lost, counting each by its bad share', 'be lost');
    default:
      return rule satisfies never;
  }
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

function whereOf(sli: Sli): Where {
  switch (sli.kind) {
    case 'outcomes':
    case 'measurement':
    case 'schedule':
      return sli.where;
    case 'slices':
    case 'freshness':
      return sli.of.where;
    case 'composite':
      return {};
    default:
      return sli satisfies never;
  }
}
