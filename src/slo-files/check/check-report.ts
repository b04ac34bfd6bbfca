import { formatObjective } from '../../core/budget/objective.ts';
import { formatPercent, formatSpan } from '../../core/words/figures.ts';
import { allSlos, type Slo } from '../../core/slo/slo.ts';
import { detectionsOf, outageDetection } from './detection.ts';
import { conditionWords, proofWords, runNeeded, runWords } from './tier-checks.ts';
import type { Loaded } from '../load.ts';
import { formatProblem } from '../yaml/problem.ts';
import { columns } from './text-table.ts';

type Traffic = Loaded['traffic'];

/**
 * What `burnwatch check` says: all problems, then for each SLO its tiers and how soon they notice which error rate
 * (durations in milliseconds in `json`). `ok` is false when there is any error; warnings leave it true.
 */
export function checkReport(loaded: Loaded): { text: string; json: object; ok: boolean } {
  const { definitions, problems, files, traffic } = loaded;
  const ok = definitions !== null;
  const slos = definitions ? allSlos(definitions) : [];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const sections = [
    ...problems.map(formatProblem),
    ...slos.map((slo) => sloText(slo, traffic)),
    [
      counted(files.length, 'file'),
      ...(ok ? [counted(slos.length, 'SLO')] : []),
      counted(errors, 'error'),
      counted(warnings, 'warning'),
    ].join(', '),
  ];
  return {
    text: `${sections.join('\n\n')}\n`,
    json: { ok, files, problems, slos: slos.map((slo) => sloJson(slo, traffic)) },
    ok,
  };
}

function sloText(slo: Slo, traffic: Traffic): string {
  const { id, workflow, objective, window, otherWindows, alerts } = slo;
  const least = alerts.minFailures;
  const failures = least === null ? '' : `, alerts from at least ${counted(least, 'failure')}`;
  const windows = [window, ...otherWindows].map(({ text }) => text).join(', ');
  const rate = traffic.get(workflow) ?? null;
  const run = runNeeded(slo, rate);
  const tiers = alerts.tiers.map((tier) => [tier.name, tier.severity, ...conditionWords(tier, slo, run)]);
  const outage = outageDetection(slo, rate);
  const rows = detectionsOf(slo, rate).map(({ label, tier, after, budgetSpent }) =>
    tier && after !== null && budgetSpent !== null
      ? [
          label,
          `${tier.name} (${tier.severity})`,
          formatSpan(after),
          formatPercent(budgetSpent),
          proofWords(tier, run),
        ]
      : [label, 'never', '', '', ''],
  );
  // Without traffic that moment is unknown; it may well be sooner than anything else.
  const runs =
    outage && outage.after === null
      ? [['everything', `${outage.tier.name} (${outage.tier.severity})`, runWords(run), '', '']]
      : [];
  const after = runs.length > 0 ? 'after, of a steady stream' : 'after';
  return [
    `${id}: ${formatObjective(objective)} over ${windows}${failures}  (${slo.source})`,
    ...columns([['tier', 'severity', 'fires when', ''], ...tiers]),
    '',
    ...columns([['failing', 'first noticed by', after, 'budget spent by then', ''], ...runs, ...rows]),
  ]
    .map((line, index) => (index === 0 || line === '' ? line : `  ${line}`))
    .join('\n');
}

function sloJson(slo: Slo, traffic: Traffic): object {
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
    source,
    minFailures: alerts.minFailures,
    tiers: alerts.tiers,
    budgetPolicy: budgetPolicy?.name ?? null,
    outage: outage && { failures: { least: outage.least, most: outage.most }, after: outage.after },
    detection: detectionsOf(slo, rate).map(({ tier, ...detection }) => ({
      ...detection,
      tier: tier?.name ?? null,
      severity: tier?.severity ?? null,
    })),
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
