import { readTier } from '../../core/alerting/tier-kinds.ts';
import type { OutageTier, Tier } from '../../core/slo/alert-policy.ts';
import { expectedVolume } from '../../core/slo/expected-volume.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { MINUTE } from '../../core/time/duration.ts';
import { formatPercent } from '../../core/words/figures.ts';
import { countingDelay } from './counting-delay.ts';
import { FAULT_BEGINS, comesIn, evidenceOf, type SteadyTraffic } from './steady-traffic.ts';
import { runNeeded, type Run } from './tier-checks.ts';

/** A tier that fires, and after how long (milliseconds). */
export interface Notice {
  readonly tier: Tier;
  readonly after: number;
}

/** What a sudden error rate leads to. */
export interface Detection {
  readonly errorRate: number;
  readonly label: string;
  /** The first tier that fires, and the first that pages; null when none ever does. */
  readonly first: Notice | null;
  readonly page: Notice | null;
  /** Share of the window's error budget that is spent when it is first noticed. */
  readonly budgetSpent: number | null;
}

/** What the outage tier needs. */
export interface OutageDetection extends Run {
  readonly tier: OutageTier;
}

/** Outcomes a millisecond of an SLO whose traffic is not known: one a second, which proves anything soon. */
const BUSY = 1 / 1000;

/** An error rate with how it is called. */
export interface ErrorRate {
  readonly label: string;
  readonly errorRate: number;
}

/** The error rates that are looked at, the highest first. */
export function errorRatesOf({ objective: { errorBudget } }: Pick<Slo, 'objective'>): readonly ErrorRate[] {
  return [
    { label: 'everything', errorRate: 1 },
    { label: '50%', errorRate: 0.5 },
    { label: '10%', errorRate: 0.1 },
    { label: `2x budget (${formatPercent(2 * errorBudget, 4)})`, errorRate: 2 * errorBudget },
    { label: `1x budget (${formatPercent(errorBudget, 4)})`, errorRate: errorBudget },
  ].filter(({ errorRate }) => errorRate <= 1);
}

/** For each error rate what notices it and when, the highest rate first; `traffic` is in executions a millisecond. */
export function detectionsOf(slo: Slo, traffic: number | null): readonly Detection[] {
  return errorRatesOf(slo).map((rate) => detectionOf(slo, traffic, rate));
}

/** What notices one error rate: the tiers are read as evaluation reads them (`readTier`), of a steady traffic that was good until then. */
export function detectionOf(slo: Slo, traffic: number | null, { label, errorRate }: ErrorRate): Detection {
  const { objective, alerts, window } = slo;
  const volume = expectedVolume(slo, traffic);
  const rate = volume ? volume.count / window.duration : BUSY;
  const lag = countingDelay(slo.sli);
  const notices = alerts.tiers.flatMap((tier): Notice[] => {
    const after = firesAfter(slo, tier, { rate, errorRate });
    return after === null ? [] : [{ tier, after: after + lag }];
  });
  const first = soonest(notices);
  const spent = first && Math.min(first.after - lag, window.duration) / window.duration;
  return {
    errorRate,
    label,
    first,
    page: soonest(notices.filter(isPage)),
    budgetSpent: spent === null ? null : (errorRate / objective.errorBudget) * spent,
  };
}

/** Equal for SLOs that are noticed alike: thousands of them share a handful of policies, and a table takes a tenth of a second. */
export function detectionKey(slo: Slo, traffic: number | null): string {
  const { objective, window, alerts, sli } = slo;
  const rate = expectedVolume(slo, traffic)?.count ?? null;
  const { tiers, minFailures } = alerts;
  return JSON.stringify([objective.ratio, window.duration, tiers, minFailures, rate, countingDelay(sli)]);
}

/** What it takes for the outage tier to fire; null for an SLO without one. */
export function outageDetection(slo: Slo, traffic: number | null): OutageDetection | null {
  const tier = slo.alerts.tiers.find((candidate) => candidate.kind === 'outage');
  return tier ? { tier, ...runNeeded(slo, traffic) } : null;
}

/** Moments that are looked at one by one: of more, each matters less and less. */
const ONE_BY_ONE = 40;

/** Milliseconds until a tier fires in a steady traffic, to the minute; null when it never does. */
function firesAfter(slo: Slo, tier: Tier, traffic: SteadyTraffic): number | null {
  const evidenceAfter = evidenceOf(traffic);
  const fires = (minutes: number): boolean => {
    const evidence = evidenceAfter(minutes);
    const now = FAULT_BEGINS + minutes * MINUTE - 1;
    return readTier(slo, tier, evidence, now, (from) => now - from).met === true;
  };
  const full = fullAfter(tier, slo.window.duration);
  const edges = tier.kind === 'burnRate' ? [0, tier.short, tier.long] : [0, full];
  const isNews = (minutes: number) =>
    edges.some((edge) => comesIn(minutes * MINUTE - edge - MINUTE, minutes * MINUTE - edge, traffic));
  // One more minute than the windows, whose edges are whole minutes.
  const end = Math.ceil(full / MINUTE) + 1;
  let minutes = 0;
  for (let looked = 0; looked < ONE_BY_ONE; looked++) {
    do minutes++;
    while (minutes <= end && !isNews(minutes));
    if (minutes > end) return null;
    if (fires(minutes)) return minutes * MINUTE;
  }
  // Where a share succeeds, one run is like the next.
  if (tier.kind === 'outage' && traffic.errorRate < 1) return null;
  // By now they are many, and what holds goes on holding until the windows of the tier are full of them, ...
  let [no, yes] = [minutes, end];
  for (let next = minutes; next < end; next = Math.ceil(next * 1.05) + 1) {
    if (!fires(next)) no = next;
    else {
      yes = next;
      break;
    }
  }
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (fires(middle)) yes = middle;
    else no = middle;
  }
  // ... but for what is at its threshold, which one failure more or less reaches for a moment.
  for (let at = Math.max(minutes, Math.floor(yes * NEARLY)); at < yes; at++) {
    if (fires(at)) return at * MINUTE;
  }
  return fires(yes) ? yes * MINUTE : null;
}

/** From which share of the time on something is near its threshold. */
const NEARLY = 0.9;

/** After how long the windows of a tier hold nothing from before the failures, in milliseconds. */
function fullAfter(tier: Tier, window: number): number {
  if (tier.kind === 'burnRate') return tier.long;
  return tier.kind === 'successRate' ? tier.over : window;
}

function isPage({ tier }: Notice): boolean {
  return tier.severity === 'page';
}

function soonest(notices: readonly Notice[]): Notice | null {
  return notices.reduce<Notice | null>(
    (best, notice) => (best && best.after <= notice.after ? best : notice),
    null,
  );
}
