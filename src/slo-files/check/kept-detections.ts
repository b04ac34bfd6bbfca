import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { DetectionReport } from '../../core/ports/slo-findings.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { Detection } from './detection.ts';
import { detectionKey, detectionOf, errorRatesOf } from './detection.ts';

/**
 * Makes what says how soon an SLO alerts at which error rate, as `check` does, for a service that runs: others have a turn between any
 * two rates (G2), and each policy is looked at once. `traffic` is what the files say now; with other files it is another map.
 */
export function createDetections(
  traffic: () => ReadonlyMap<string, number>,
): (slo: Slo) => Promise<readonly DetectionReport[]> {
  const known = new WeakMap<ReadonlyMap<string, number>, Map<string, Promise<readonly DetectionReport[]>>>();
  return (slo) => {
    const rates = traffic();
    let found = known.get(rates);
    if (!found) known.set(rates, (found = new Map()));
    const rate = rates.get(slo.workflow) ?? null;
    const key = detectionKey(slo, rate);
    let detections = found.get(key);
    if (!detections) found.set(key, (detections = look(slo, rate)));
    return detections;
  };
}

async function look(slo: Slo, rate: number | null): Promise<readonly DetectionReport[]> {
  const reports: DetectionReport[] = [];
  for (const errorRate of errorRatesOf(slo)) {
    await yieldToEventLoop();
    reports.push(reportOf(detectionOf(slo, rate, errorRate)));
  }
  return reports;
}

function reportOf({ label, errorRate, first, page, budgetSpent }: Detection): DetectionReport {
  return {
    label,
    errorRate,
    first: first && { tier: first.tier.name, severity: first.tier.severity, after: first.after },
    page: page && { tier: page.tier.name, after: page.after },
    budgetSpent,
  };
}
