import type { BurnRateTier, Tier } from '../../src/core/slo/alert-policy.ts';
import { formatDuration } from '../../src/core/time/duration.ts';
import type { Slo } from '../../src/core/slo/slo.ts';
import type { MinuteHistory } from './minute-history.ts';

/** A history as a Prometheus would have scraped it. */
export interface ScrapedHistory {
  readonly history: MinuteHistory;
  /** Minutes between two scrapes, and two evaluations. */
  readonly interval: number;
  /** Minutes at whose beginning no series is there to be scraped. */
  readonly absent: ReadonlySet<number>;
  /** Minutes at whose beginning the counters start again from zero: a producer was restarted. */
  readonly restarts: ReadonlySet<number>;
  /** What both counters hold at first. */
  readonly base: number;
}

/** One alert that `promtool` is to find firing, or not, after so many minutes of the history. */
export interface Expectation {
  readonly alert: string;
  readonly after: number;
  readonly fires: boolean;
}

/** The name of the alert a tier of an SLO is. */
export function alertName(slo: Slo, tier: Tier): string {
  return `${slo.name}_${tier.name}`;
}

function burnRateTiers(slo: Slo): BurnRateTier[] {
  return slo.alerts.tiers.filter((tier) => tier.kind === 'burnRate');
}

/**
 * Alerting rules as the SRE Workbook writes them, with the error ratio of every window recorded once.
 * JSON, which is YAML.
 */
export function rulesFile(slos: readonly Slo[], interval: number): string {
  const windows = new Set(
    slos.flatMap((slo) => burnRateTiers(slo).flatMap(({ long, short }) => [long, short])),
  );
  const recorded = [...windows].map((window) => {
    const range = formatDuration(window);
    return {
      record: ratioOver(window),
      expr: `sum(rate(outcomes_total{result="bad"}[${range}])) / sum(rate(outcomes_total[${range}]))`,
    };
  });
  const alerts = slos.flatMap((slo) =>
    burnRateTiers(slo).map((tier) => {
      const threshold = `${tier.factor} * ${slo.objective.errorBudget}`;
      const { long, short } = tier;
      return {
        alert: alertName(slo, tier),
        expr: `${ratioOver(long)} > (${threshold}) and ${ratioOver(short)} > (${threshold})`,
      };
    }),
  );
  const group = { name: 'burn', interval: `${interval}m`, rules: [...recorded, ...alerts] };
  return JSON.stringify({ groups: [group] }, null, 1);
}

function ratioOver(window: number): string {
  return `outcomes:error_ratio:${formatDuration(window)}`;
}

/**
 * A file of unit tests for `promtool test rules`: the counters of a history and what must fire when.
 *
 * The sample at minute k holds the outcomes of the minutes before k, so that `rate(…[60m])` at minute k, whose range
 * holds the samples of minutes k-60 to k (both edges are in it up to Prometheus 2), is made of exactly the outcomes of
 * minutes k-60 to k-1. Those are what our window of an hour holds at the end of minute k-1. With a sample on either
 * edge there is nothing to extrapolate; where samples are missing, both series miss the same ones and hence are
 * extrapolated alike, which their ratio does not show - but for counters near zero, which Prometheus never
 * extrapolates below it: so they start from `base`, and at zero only where both do.
 */
export function testFile(
  rules: string,
  scraped: ScrapedHistory,
  expectations: readonly Expectation[],
): string {
  const { good, bad } = scraped.history;
  const times = new Map<string, { alertname: string; eval_time: string; exp_alerts: object[] }>();
  for (const { alert, after, fires } of expectations) {
    const exp_alerts = fires ? [{ exp_labels: {} }] : [];
    times.set(`${alert} ${after}`, { alertname: alert, eval_time: `${after}m`, exp_alerts });
  }
  const test = {
    interval: `${scraped.interval}m`,
    input_series: [
      { series: 'outcomes_total{result="good"}', values: samples(scraped, good) },
      { series: 'outcomes_total{result="bad"}', values: samples(scraped, bad) },
    ],
    alert_rule_test: [...times.values()],
  };
  const file = { rule_files: [rules], evaluation_interval: `${scraped.interval}m`, tests: [test] };
  return JSON.stringify(file, null, 1);
}

/** A counter's samples in promtool's notation, `_` where there is none. */
function samples({ history, interval, absent, restarts, base }: ScrapedHistory, counts: Uint32Array): string {
  const values: string[] = [];
  let value = base;
  for (let minute = 0; minute <= history.minutes; minute++) {
    if (minute % interval === 0) values.push(absent.has(minute) ? '_' : String(value));
    if (restarts.has(minute)) value = 0;
    value += counts[minute] ?? 0;
  }
  return values.join(' ');
}
