import { fingerprint } from '../sli/fingerprint.ts';
import type { OutcomeSli } from '../sli/sli.ts';
import type { SliId } from '../sli/sli-id.ts';
import { componentsOf, countedSeries } from './series.ts';
import type { Slo } from './slo.ts';

/** The most attributes that the outcomes of a workflow are broken down by. */
export const MAX_BREAKDOWN_ATTRIBUTES = 4;
/** The most values of an attribute that are told apart: each has counters of its own for every SLI. The rest is other. */
export const MAX_BREAKDOWN_VALUES = 20;

/** Outcomes of an SLI in one workflow, which can be broken down. */
export interface BrokenDown extends SliId {
  readonly sli: OutcomeSli;
}

/**
 * The SLI that counts, of what another one counts, only what has a value of an attribute. Where that one selects by the
 * attribute itself, it is asked only of outcomes that passed.
 */
export function ofValue(sli: OutcomeSli, attribute: string, value: string): OutcomeSli {
  return { ...sli, where: { ...sli.where, [attribute]: { op: 'in', values: [value] } } };
}

/** The counters of what an SLI counts with a value of an attribute. */
export function valueSeries({ workflow, sli }: BrokenDown, attribute: string, value: string): SliId {
  return { workflow, fingerprint: fingerprint(ofValue(sli, attribute, value)) };
}

/** What an SLO counts that attributes can tell apart: outcomes, those that slices and freshness are made of included. */
export function brokenDownSeries(slo: Slo): readonly BrokenDown[] {
  const found = new Map<string, BrokenDown>();
  for (const { workflow, fingerprint: name, sli } of componentsOf(slo).flatMap(countedSeries)) {
    if (sli.kind === 'outcomes') found.set(`${workflow} ${name}`, { workflow, fingerprint: name, sli });
  }
  return [...found.values()];
}
