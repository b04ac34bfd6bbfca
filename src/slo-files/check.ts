import { type BurnRateTier, type Tier, detectionTime } from '../core/alert-policy.ts';
import { formatObjective, formatPercent } from '../core/objective.ts';
import { allSlos, type Slo } from '../core/slo.ts';
import { formatDuration, MINUTE, SECOND } from '../core/time.ts';
import type { Loaded } from './load.ts';
import { formatProblem } from './problem.ts';
import { columns } from './text-table.ts';

/** What a sudden error rate leads to: the first tier that fires, after how long, at what cost. */
interface Detection {
  readonly errorRate: number;
  readonly label: string;
  /** Null when no tier ever fires. */
  readonly tier: Tier | null;
  /** Milliseconds. */
  readonly after: number | null;
  /** Share of the window's error budget that is spent by then. */
  readonly budgetSpent: number | null;
}

/**
 * What `burnwatch check` says: all problems, then for each SLO its tiers and how soon they notice which error rate
 * (durations in milliseconds in `json`). `ok` is false when there is any error; warnings leave it true.
 */
export function checkReport(loaded: Loaded): { text: string; json: object; ok: boolean } {
  const { definitions, problems, files } = loaded;
  const ok = definitions !== null;
  const slos = definitions ? allSlos(definitions) : [];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const sections = [
    ...problems.map(formatProblem),
    ...slos.map(sloText),
    [
      counted(files.length, 'file'),
      ...(ok ? [counted(slos.length, 'SLO')] : []),
      counted(errors, 'error'),
      counted(warnings, 'warning'),
    ].join(', '),
  ];
  return {
    text: `${sections.join('\n\n')}\n`,
    json: { ok, files, problems, slos: slos.map(sloJson) },
    ok,
  };
}

function sloText(slo: Slo): string {
  const { id, objective, window, alerts } = slo;
  const failures = `at least ${counted(alerts.minFailures, 'failure')}`;
  const tiers = burnRateTiers(slo).map(({ name, severity, long, short, factor, loweredFrom }) => [
    name,
    severity,
    `${formatDuration(long)} / ${formatDuration(short)}`,
    `${rounded(factor)}x`,
    loweredFrom === null ? '' : `lowered from ${rounded(loweredFrom)}x`,
  ]);
  const detections = detectionsOf(slo).map(({ label, tier, after, budgetSpent }) =>
    tier && after !== null && budgetSpent !== null
      ? [label, `${tier.name} (${tier.severity})`, about(after), formatPercent(budgetSpent)]
      : [label, 'never', '', ''],
  );
  return [
    `${id}: ${formatObjective(objective)} over ${window.text}, alerts from ${failures}  (${slo.source})`,
    ...columns([['tier', 'severity', 'long / short', 'burn rate', ''], ...tiers]),
    '',
    ...columns([['failing', 'first noticed by', 'after', 'budget spent by then'], ...detections]),
  ]
    .map((line, index) => (index === 0 || line === '' ? line : `  ${line}`))
    .join('\n');
}

function sloJson(slo: Slo): object {
  const { id, owner, objective, window, alerts, source } = slo;
  return {
    id,
    owner,
    objective: objective.ratio,
    window: window.text,
    source,
    minFailures: alerts.minFailures,
    tiers: alerts.tiers,
    detection: detectionsOf(slo).map(({ tier, ...detection }) => ({
      ...detection,
      tier: tier?.name ?? null,
      severity: tier?.severity ?? null,
    })),
  };
}

function burnRateTiers({ alerts }: Slo): BurnRateTier[] {
  return alerts.tiers.filter((tier) => tier.kind === 'burnRate');
}

function detectionsOf(slo: Slo): Detection[] {
  const { objective, window } = slo;
  const { errorBudget } = objective;
  const rates: readonly (readonly [label: string, errorRate: number])[] = [
    ['everything', 1],
    ['50%', 0.5],
    ['10%', 0.1],
    [`2x budget (${formatPercent(2 * errorBudget, 4)})`, 2 * errorBudget],
    [`1x budget (${formatPercent(errorBudget, 4)})`, errorBudget],
  ];
  return rates
    .filter(([, errorRate]) => errorRate <= 1)
    .map(([label, errorRate]) => {
      let tier: Tier | null = null;
      let after: number | null = null;
      for (const candidate of burnRateTiers(slo)) {
        const time = detectionTime(objective, candidate, errorRate);
        if (time !== null && (after === null || time < after)) {
          tier = candidate;
          after = time;
        }
      }
      const budgetSpent = after === null ? null : (errorRate / errorBudget) * (after / window.duration);
      return { errorRate, label, tier, after, budgetSpent };
    });
}

/** Rounded to what matters: seconds below an hour, minutes above. */
function about(duration: number): string {
  const unit = duration < 60 * MINUTE ? SECOND : MINUTE;
  return formatDuration(Math.max(unit, Math.round(duration / unit) * unit));
}

function rounded(factor: number): number {
  return Number(factor.toFixed(3));
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
