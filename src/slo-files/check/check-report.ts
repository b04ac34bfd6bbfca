import { formatObjective } from '../../core/budget/objective.ts';
import { MAX_EACH_SLOS, MAX_EACH_VALUES } from '../../core/slo/each-value.ts';
import { formatPercent, formatSpan } from '../../core/words/figures.ts';
import type { OnCallReport } from '../../core/ports/on-call.ts';
import { onCallJson, onCallReports, onCallWords } from '../../core/ports/on-call.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { allSlos, type Slo } from '../../core/slo/slo.ts';
import { detectionKey, detectionsOf, outageDetection, type Detection } from './detection.ts';
import { countingDelay } from './counting-delay.ts';
import { conditionWords, proofWords, runNeeded, runWords } from './tier-checks.ts';
import type { Loaded } from '../load.ts';
import { formatProblem } from '../yaml/problem.ts';
import { columns } from './text-table.ts';

interface Context {
  readonly traffic: Loaded['traffic'];
  readonly detect: typeof detectionsOf;
}

function detectOnce(): typeof detectionsOf {
  const known = new Map<string, readonly Detection[]>();
  return (slo, traffic) => {
    const key = detectionKey(slo, traffic);
    let found = known.get(key);
    if (!found) known.set(key, (found = detectionsOf(slo, traffic)));
    return found;
  };
}

/**
 * What `burnwatch check` says: all problems, then for each SLO its tiers and how soon they notice which error rate
 * (durations in milliseconds in `json`), and who is on call now. `ok` is false when there is any error; warnings leave it true.
 */
export function checkReport(loaded: Loaded, now: number): { text: string; json: object; ok: boolean } {
  const { definitions, problems, files, traffic } = loaded;
  const elsewhere = new Set(
    [...(definitions?.onCall.values() ?? [])].flatMap((schedule) =>
      schedule.kind === 'calendar' && 'url' in schedule.place ? [schedule.name] : [],
    ),
  );
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const ok = definitions !== null && errors === 0;
  const slos = definitions ? allSlos(definitions) : [];
  const journeys = journeysOf(slos);
  const context: Context = { traffic, detect: detectOnce() };
  const through = ({ id }: Slo) => journeys.get(id) ?? [];
  const onCall = definitions ? onCallReports(definitions, now) : [];
  const warnings = problems.length - errors;
  const sections = [
    ...problems.map(formatProblem),
    ...slos.map((slo) => sloText(slo, context, through(slo))),
    ...(onCall.length === 0 ? [] : [onCallText(onCall, elsewhere, now)]),
    [
      counted(files.length, 'file'),
      ...(ok ? [counted(slos.length, 'SLO')] : []),
      counted(errors, 'error'),
      counted(warnings, 'warning'),
    ].join(', '),
  ];
  return {
    text: `${sections.join('\n\n')}\n`,
    json: {
      ok,
      files,
      problems,
      slos: slos.map((slo) => sloJson(slo, context, through(slo))),
      onCall: onCall.map(onCallJson),
    },
    ok,
  };
}

/** `elsewhere`: the calendars at an address. */
function onCallText(reports: readonly OnCallReport[], elsewhere: ReadonlySet<string>, now: number): string {
  const rows = reports.map((report) => [
    report.schedule,
    report.now.because === 'unread' && elsewhere.has(report.schedule)
      ? `by the calendar at ${report.place}, which only the service reads`
      : onCallWords(report, now),
  ]);
  return ['on call now', ...columns(rows).map((line) => `  ${line}`)].join('\n');
}

function sloText(slo: Slo, { traffic, detect }: Context, journeys: readonly string[]): string {
  const { id, workflow, objective, window, otherWindows, alerts, sli } = slo;
  const least = alerts.minFailures;
  const failures = least === null ? '' : `, alerts from at least ${counted(least, 'failure')}`;
  const windows = [window, ...otherWindows].map(({ text }) => text).join(', ');
  const head = `${id}: ${formatObjective(objective)} over ${windows}${failures}  (${slo.source})`;
  if (alerts.tiers.length === 0) return [head, ...eachWords(slo), throughWords(journeys)].join('\n  ');
  const rate = traffic.get(workflow) ?? null;
  const run = runNeeded(slo, rate);
  const tiers = alerts.tiers.map((tier) => [tier.name, tier.severity, ...conditionWords(tier, slo, run)]);
  const outage = outageDetection(slo, rate);
  const rows = detect(slo, rate).map(({ label, first, page, budgetSpent }) =>
    first && budgetSpent !== null
      ? [
          label,
          `${first.tier.name} (${first.tier.severity})`,
          formatSpan(first.after),
          ...(page ? [page.tier.name, formatSpan(page.after)] : ['never', '']),
          formatPercent(budgetSpent),
          proofWords(first.tier, run),
        ]
      : [label, 'never', '', 'never', '', '', ''],
  );
  // Without traffic that moment is unknown; it may well be sooner than anything else.
  const runs =
    outage && outage.after === null
      ? [['everything', `${outage.tier.name} (${outage.tier.severity})`, runWords(run), '', '', '', '']]
      : [];
  const after = runs.length > 0 ? 'after, of a steady stream' : 'after';
  const lag = countingDelay(sli);
  const columnsOf = ['failing', 'first noticed by', after, 'pages by', 'after', 'budget spent by then', ''];
  return [
    head,
    ...eachWords(slo),
    ...columns([['tier', 'severity', 'fires when', ''], ...tiers]),
    '',
    ...columns([columnsOf, ...runs, ...rows]),
    ...(lag > 0
      ? [`all of it includes the ${formatDuration(lag)} after which what never ends counts as bad`]
      : []),
  ]
    .map((line, index) => (index === 0 || line === '' ? line : `  ${line}`))
    .join('\n');
}

/** How many SLOs it becomes. */
function eachWords({ each }: Slo): readonly string[] {
  if (each === undefined) return [];
  return [
    `and for each ${each} the same: ${counted(MAX_EACH_SLOS, 'SLO')} at most, of ${MAX_EACH_VALUES} values, of all others, and of the whole`,
  ];
}

/** How an SLO alerts that has no tiers of its own. */
function throughWords(journeys: readonly string[]): string {
  return journeys.length === 0 ? 'does not alert' : `alerts through ${journeys.join(', ')}`;
}

/** The composites that alert for each of their members that has no tiers of its own. */
function journeysOf(slos: readonly Slo[]): ReadonlyMap<string, readonly string[]> {
  const journeys = new Map<string, string[]>();
  for (const { id, sli, alerts } of slos) {
    if (sli.kind !== 'composite' || alerts.tiers.length === 0) continue;
    for (const { slo } of sli.members) journeys.set(slo, [...(journeys.get(slo) ?? []), id]);
  }
  return journeys;
}

function sloJson(slo: Slo, { traffic, detect }: Context, journeys: readonly string[]): object {
  const { id, workflow, owner, objective, window, otherWindows, sli, alerts, budgetPolicy, source } = slo;
  const rate = traffic.get(workflow) ?? null;
  const outage = outageDetection(slo, rate);
  return {
    id,
    owner,
    objective: objective.ratio,
    window: window.text,
    otherWindows: otherWindows.map(({ text }) => text),
    sli: sli.kind,
    ...(slo.each !== undefined && { each: slo.each, atMost: MAX_EACH_SLOS }),
    source,
    minFailures: alerts.minFailures,
    tiers: alerts.tiers,
    alertsThrough: alerts.tiers.length === 0 ? journeys : [],
    budgetPolicy: budgetPolicy?.name ?? null,
    outage: outage && { failures: { least: outage.least, most: outage.most }, after: outage.after },
    countingDelay: countingDelay(sli),
    detection: detect(slo, rate).map(({ first, page, ...detection }) => ({
      ...detection,
      tier: first?.tier.name ?? null,
      severity: first?.tier.severity ?? null,
      after: first?.after ?? null,
      page: page && { tier: page.tier.name, after: page.after },
    })),
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
