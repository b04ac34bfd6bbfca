import { hash53 } from '../hash.ts';
import type { Slo } from '../slo/slo.ts';

/** What an SLO was defined as when its alert state was written: what that state is about, and what was said of it. */
export interface AlertDefinition {
  /** The fingerprint of the SLI that was counted, ... */
  readonly sli: string;
  /** ... and one of what it was compared with: objective, window, tiers. */
  readonly conditions: string;
  /** For the last notification of an SLO that no file defines any more. */
  readonly owner: string;
  readonly description: string | null;
  readonly runbook: string | null;
  readonly objective: number;
  readonly errorBudget: number;
  readonly window: string;
}

/** SLOs are made once and never change; what burns asks at every tick. */
const known = new WeakMap<Slo, AlertDefinition>();

export function alertDefinition(slo: Slo): AlertDefinition {
  let definition = known.get(slo);
  if (!definition) known.set(slo, (definition = definitionOf(slo)));
  return definition;
}

/** Whether a state that was written under one definition says the same under another. */
export function meansTheSame(one: AlertDefinition, other: AlertDefinition): boolean {
  return one.sli === other.sli && one.conditions === other.conditions;
}

function definitionOf({
  objective,
  window,
  alerts,
  fingerprint,
  owner,
  description,
  runbook,
}: Slo): AlertDefinition {
  const { tiers, minFailures, resolveShare } = alerts;
  const conditions = JSON.stringify([objective.ratio, window, tiers, minFailures, resolveShare]);
  return {
    sli: fingerprint,
    conditions: hash53(conditions).toString(36),
    owner,
    description,
    runbook,
    objective: objective.ratio,
    errorBudget: objective.errorBudget,
    window: window.text,
  };
}
