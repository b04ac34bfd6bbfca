import type { MeasurementSli, OutcomeSli, ComponentSli } from '../../core/sli/sli.ts';
import { EVERY_EXECUTION } from '../../core/sli/sli.ts';
import { NO_MAP } from '../../core/slo/workflow-map.ts';
import { parseDuration } from '../../core/time/duration.ts';
import { type CompositeDraft, readWhere } from '../native/sli.ts';
import { readSli } from '../native/sli-kinds.ts';
import { narrowIssues, reportIssues } from '../yaml/schema-issues.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';
import type { Catalog } from './catalog.ts';
import type { MetricSource, SliSpec } from './kinds.ts';
import { METRIC_WORDS, type MetricRole, type MetricWords } from './metric-words.ts';

/** The type of metric sources that Burnwatch counts itself. */
export const OUR_TYPE = 'burnwatch';

/** What an SLI selects, before an objective says from which value on it is good. */
export type Indicator = {
  readonly workflow: string;
  /** Where its workflow and step are written. */
  readonly place: Place;
  readonly source: SourceText;
} & (
  | { readonly kind: 'counted'; readonly sli: OutcomeSli }
  | { readonly kind: 'durations'; readonly sli: OutcomeSli }
  | { readonly kind: 'measurements'; readonly sli: Omit<MeasurementSli, 'op' | 'limit'> }
  /** Said in the words of a native file. */
  | { readonly kind: 'native'; readonly sli: ComponentSli | CompositeDraft }
);

interface Context {
  readonly source: SourceText;
  readonly catalog: Catalog;
  readonly report: ReportProblem;
}

/** What the spec of an SLI at a place selects; null when Burnwatch cannot count it, which is reported. */
export function readIndicator(spec: SliSpec, place: Place, context: Context): Indicator | null {
  const { thresholdMetric, ratioMetric } = spec;
  if (thresholdMetric) {
    const at = placeAt(place, ['thresholdMetric', 'metricSource'])!;
    const words = readWords('threshold', thresholdMetric.metricSource, at, context);
    return words && thresholdIndicator(words, placeAt(at, ['spec'])!, context);
  }
  return ratioMetric ? ratioIndicator(ratioMetric, placeAt(place, ['ratioMetric'])!, context) : null;
}

function thresholdIndicator(words: MetricWords<'threshold'>, place: Place, { source }: Context): Indicator {
  const { workflow, measurement } = words;
  if (measurement === undefined) {
    return { kind: 'durations', workflow, place, source, sli: outcomeSli(words, null) };
  }
  const sli = { kind: 'measurement', name: measurement, where: readWhere(words.where), sums: false } as const;
  return { kind: 'measurements', workflow, place, source, sli };
}

function ratioIndicator(
  ratio: NonNullable<SliSpec['ratioMetric']>,
  place: Place,
  context: Context,
): Indicator | null {
  const { source, report } = context;
  const counter = placeAt(place, ['counter']);
  if (ratio.counter === false && counter && !ratio.raw) {
    const message =
      '`counter: false` says that these are values which go up and down; Burnwatch counts outcomes';
    report(problemAt(source, counter.start, 'warning', message, { suggestion: 'counter: true' }));
  }
  const words = <Role extends MetricRole>(role: Role, metric: { metricSource: MetricSource } | undefined) =>
    metric ? readWords(role, metric.metricSource, placeAt(place, [role, 'metricSource'])!, context) : null;
  const selectionAt = (role: MetricRole) => placeAt(place, [role, 'metricSource', 'spec'])!;

  if (ratio.rawType === 'failure') {
    const at = placeAt(place, ['rawType'])!;
    const message =
      '`rawType` is `failure`: Burnwatch counts which outcomes are good, and not a ratio of bad ones';
    report(problemAt(source, at.start, 'error', message, { expected: 'success' }));
    return null;
  }
  if (ratio.raw) {
    const raw = words('raw', ratio.raw);
    return raw && rawIndicator(raw, selectionAt('raw'), context);
  }
  const total = words('total', ratio.total);
  const good = words('good', ratio.good);
  const bad = words('bad', ratio.bad);
  const part = good ?? bad;
  if (!total || !part) return null;
  const partAt = selectionAt(good ? 'good' : 'bad');
  for (const key of ['workflow', 'step', 'dependency', 'where'] as const) {
    if (sameWords(part[key], total[key])) continue;
    const at = partAt.parts.get(key);
    const written = at ? `is ${quoted(at)}` : 'is missing';
    const message = `\`${key}\` of ${good ? 'good' : 'bad'} ${written}, unlike that of total`;
    report(
      problemAt(source, (at ?? partAt).key, 'error', message, {
        expected: `the same \`${key}\` as in total`,
      }),
    );
    return null;
  }
  return counted(total, good?.within, selectionAt('total'), source);
}

function rawIndicator(
  words: MetricWords<'raw'>,
  place: Place,
  { source, report }: Context,
): Indicator | null {
  const { workflow, sli: native, within } = words;
  if (native === undefined) return counted(words, within, place, source);
  // Steps are checked when the workflow is known.
  const sli = readSli(native, placeAt(place, ['sli']), { map: NO_MAP, source, report });
  return sli && { kind: 'native', workflow, place, source, sli };
}

function counted(
  words: MetricWords<'total'>,
  within: string | undefined,
  place: Place,
  source: SourceText,
): Indicator {
  const sli = outcomeSli(words, within === undefined ? null : parseDuration(within));
  return { kind: 'counted', workflow: words.workflow, place, source, sli };
}

function sameWords(a: string | object | undefined, b: string | object | undefined): boolean {
  const ordered = (words: typeof a) =>
    typeof words === 'object'
      ? Object.entries(words).toSorted(([one], [two]) => (one < two ? -1 : 1))
      : words;
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
}

function outcomeSli(words: MetricWords<'total'>, withinMs: number | null): OutcomeSli {
  const { step = null, dependency = null, where } = words;
  const selected = { ...EVERY_EXECUTION, step, dependency, where: readWhere(where) };
  return { ...selected, withinMs };
}

/** The words of one metric source; null when it is not ours to count or says something else. */
function readWords<Role extends MetricRole>(
  role: Role,
  metricSource: MetricSource,
  place: Place,
  context: Context,
): MetricWords<Role> | null {
  const { source, report } = context;
  if (!isOurs(role, metricSource, place, context)) return null;
  const schema = METRIC_WORDS[role];
  const checked = schema.safeParse(metricSource.spec);
  if (checked.success) return checked.data as MetricWords<Role>;
  reportIssues(
    schema,
    narrowIssues(checked.error, schema, metricSource.spec),
    placeAt(place, ['spec'])!,
    source,
    report,
  );
  return null;
}

function isOurs(
  role: MetricRole,
  { type, metricSourceRef }: MetricSource,
  place: Place,
  { source, catalog, report }: Context,
): boolean {
  const refAt = placeAt(place, ['metricSourceRef']);
  const typeAt = placeAt(place, ['type']);
  const dataSource =
    refAt && metricSourceRef !== undefined
      ? catalog.find('DataSource', metricSourceRef, refAt, source)
      : null;
  if (refAt && (!dataSource || !dataSource.data)) return false;
  const named = dataSource?.data?.spec.type;
  if (type !== undefined && named !== undefined && !sameType(type, named)) {
    const message = `\`type\` is ${quoted(typeAt!)}, but DataSource \`${dataSource!.name}\` is of type \`${named}\``;
    report(problemAt(source, typeAt!.start, 'error', message, { suggestion: named }));
    return false;
  }
  const actual = type ?? named;
  if (actual !== undefined && sameType(actual, OUR_TYPE)) return true;
  const at = typeAt ?? refAt ?? place;
  const message =
    actual === undefined
      ? 'this metric source has neither `type` nor `metricSourceRef`'
      : `a metric source of type \`${actual}\` is not read: Burnwatch counts the outcomes that producers report`;
  report(problemAt(source, at.start, 'error', message, { expected: EXAMPLES[role] }));
  return false;
}

function sameType(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const EXAMPLES: Readonly<Record<MetricRole, string>> = {
  threshold:
    '{ type: burnwatch, spec: { workflow: …, measurement: … } } or, for seconds, { workflow: …, duration: true }',
  total: '{ type: burnwatch, spec: { workflow: …, step: …, where: … } }, step and where as needed',
  good: '{ type: burnwatch, spec: { workflow: …, status: succeeded, within: 10m } }, within as needed',
  bad: '{ type: burnwatch, spec: { workflow: …, status: failed } }',
  raw: '{ type: burnwatch, spec: { workflow: …, step: …, within: 10m } }, step and within as needed',
};
