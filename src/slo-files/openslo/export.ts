import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import {
  DEFAULT_POLICY_SETTINGS,
  defaultTiers,
  type Tier,
  type TierOf,
} from '../../core/slo/alert-policy.ts';
import { maximumBurnRate } from '../../core/budget/burn-rate.ts';
import type { Objective } from '../../core/budget/objective.ts';
import type { Definitions, Slo, TargetDefinition, Workflow } from '../../core/slo/slo.ts';
import type { TimeWindow } from '../../core/time/time-window.ts';
import { formatDuration, MINUTE } from '../../core/time/duration.ts';
import { annotationKey } from './annotations.ts';
import { formatDecimals } from './budgeting.ts';
import { budgetingOf } from './exported-slis.ts';
import { OPENSLO_VERSION } from './kinds.ts';
import type { Words } from './native-words.ts';
import { formatShorthand, parseShorthand } from './shorthand.ts';

/** The SLOs of definitions as OpenSLO v1. */
export interface Exported {
  /** Documents separated by `---`. */
  readonly yaml: string;
  /** What could not be said, a sentence each, beginning with the id of what it is about. */
  readonly warnings: readonly string[];
}

const LONGEST_DESCRIPTION = 1050;

/**
 * Writes all SLOs as OpenSLO v1 documents that load back to the same SLOs, beside the teams and targets of the native
 * files, for which OpenSLO has no words. What is lost is in the warnings and in an annotation of what lost it.
 */
export function exportOpenSlo(
  definitions: Definitions,
  traffic: ReadonlyMap<string, number> = new Map(),
): Exported {
  const warnings: string[] = [];
  const used = new Set<string>();
  const documents: Words[] = [];
  for (const workflow of definitions.workflows.values()) {
    documents.push(serviceDocument(workflow, traffic.has(workflow.name), warnings));
    for (const slo of workflow.slos) documents.push(sloDocument(slo, used, warnings));
  }
  for (const target of definitions.targets.values()) {
    if (used.has(target.name)) documents.push(targetDocument(target));
  }
  if (documents.length > 0) {
    warnings.push('teams and the addresses of targets have no words in OpenSLO: keep their native documents');
  }
  return { yaml: documents.map(yamlOf).join('---\n'), warnings };
}

/** One SLO as `exportOpenSlo` writes it. What has no words there is named in an annotation; targets only have their names in it. */
export function sloYaml(slo: Slo): string {
  return yamlOf(sloDocument(slo, new Set(), []));
}

function yamlOf(document: Words): string {
  return stringify(withoutReferences(document), { lineWidth: 0 });
}

function serviceDocument(
  { name, owner, runbook, steps, breakdown, mapping }: Workflow,
  hasTraffic: boolean,
  warnings: string[],
): Words {
  const lost = [
    ...(steps.length > 0 ? [`steps (${steps.join(', ')})`] : []),
    ...(mapping ? ['how spans, events and metrics become outcomes'] : []),
    ...(breakdown.length > 0 ? [`breakdown (${breakdown.join(', ')})`] : []),
    ...(hasTraffic ? ['traffic (only estimates of `check` depend on it)'] : []),
  ];
  const annotations = {
    ...(runbook === null ? {} : { [annotationKey('runbook')]: runbook }),
    ...lostAnnotation(name, lost, warnings),
  };
  return document('Service', { name, labels: { owner }, ...annotationsOf(annotations) }, {});
}

function sloDocument(slo: Slo, used: Set<string>, warnings: string[]): Words {
  const { name, workflow, description, alerts } = slo;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    warnings.push(
      `${slo.id}: the name is not one of RFC 1123 (a-z 0-9 -, up to 63), which other tools may insist on`,
    );
  }
  const lost: string[] = [];
  const budgeting = budgetingOf(slo.sli, workflow, lost);
  const policies = policiesOf(slo, used, lost);
  const window = windowOf(slo.window, lost);
  if (slo.otherWindows.length > 0) {
    lost.push(`other windows (${slo.otherWindows.map(({ text }) => text).join(', ')})`);
  }
  if (slo.each !== undefined) lost.push(`an SLO for each ${slo.each}`);
  if (slo.budgetPolicy) lost.push(`budget policy ${slo.budgetPolicy.name}`);
  const shown = description?.slice(0, LONGEST_DESCRIPTION);
  if (shown !== (description ?? undefined))
    lost.push(`the description beyond ${LONGEST_DESCRIPTION} characters`);
  const { minFailures } = alerts;
  const annotations = {
    ...(minFailures === null ? {} : { [annotationKey('min-failures')]: String(minFailures) }),
    ...policies.annotations,
    ...lostAnnotation(slo.id, lost, warnings),
  };
  return document(
    'SLO',
    { name, ...annotationsOf(annotations) },
    {
      ...(shown === undefined ? {} : { description: shown }),
      service: workflow,
      indicator: { metadata: { name }, spec: budgeting.indicator },
      timeWindow: [window],
      budgetingMethod: budgeting.method,
      objectives: [{ ...budgeting.objective, ...targetOf(slo.objective) }],
      ...(policies.items.length === 0 ? {} : { alertPolicies: policies.items }),
    },
  );
}

function targetDocument({ name, kind }: TargetDefinition): Words {
  return document('AlertNotificationTarget', { name }, { target: kind });
}

function document(kind: string, metadata: Words, spec: Words): Words {
  return { apiVersion: OPENSLO_VERSION, kind, metadata, spec };
}

function annotationsOf(annotations: Words): Words {
  return Object.keys(annotations).length === 0 ? {} : { annotations };
}

/** What is lost is reported twice: to the person who exports, and in the file for its readers. */
function lostAnnotation(id: string, lost: readonly string[], warnings: string[]): Words {
  if (lost.length === 0) return {};
  const list = lost.join('; ');
  warnings.push(`${id}: not exported, because OpenSLO has no words for it: ${list}`);
  return { [annotationKey('not-exported')]: list };
}

function targetOf({ ratio }: Objective): Words {
  const decimals = formatDecimals(ratio);
  // Nine decimals are read, which a percentage stretches to eleven.
  return decimals.length <= 11
    ? { target: Number(decimals) }
    : { targetPercent: Number(formatDecimals(ratio * 100, 9)) };
}

const PERIODS = {
  week: { duration: '1w', startTime: '2026-01-05 00:00:00' },
  month: { duration: '1M', startTime: '2026-01-01 00:00:00' },
  quarter: { duration: '1Q', startTime: '2026-01-01 00:00:00' },
} as const;

function windowOf(window: TimeWindow, lost: string[]): Words {
  if (window.kind === 'calendar') {
    const { duration, startTime } = PERIODS[window.unit];
    return { duration, isRolling: false, calendar: { startTime, timeZone: window.timeZone } };
  }
  const { duration, text } = window;
  if (duration % MINUTE !== 0) lost.push(`the seconds of the window ${text}`);
  const written = parseShorthand(text)?.duration === duration ? text : formatShorthand(duration);
  return { duration: written, isRolling: true };
}

/** Alert policies for the tiers that are not the default ones. */
function policiesOf(
  { objective, window, alerts }: Slo,
  used: Set<string>,
  lost: string[],
): { readonly items: readonly Words[]; readonly annotations: Words } {
  const { tiers, route, repeat, escalation, groupWithin, resolveShare, resolveAfter } = alerts;
  const defaults = defaultTiers(objective, window.duration);
  const hasDefaults = defaults.every((tier) => tiers.some((other) => isDeepStrictEqual(other, tier)));
  const others = hasDefaults
    ? tiers.filter((tier) => !defaults.some((other) => isDeepStrictEqual(other, tier)))
    : tiers;
  const items: Words[] = [];
  for (const tier of others) {
    const targets = route[tier.severity] ?? [];
    const item = policyOf(tier, objective, targets);
    if (!item) {
      lost.push(`tier ${tier.name} (${tier.kind})`);
      continue;
    }
    items.push(item);
    for (const target of targets) used.add(target);
  }
  const routed = new Set(
    others.filter((tier) => policyOf(tier, objective, [])).map(({ severity }) => severity),
  );
  for (const severity of ['page', 'ticket'] as const) {
    const targets = route[severity];
    if (targets && !routed.has(severity)) lost.push(`the ${severity} route to ${targets.join(', ')}`);
  }
  if (repeat !== null) lost.push(`repeating every ${formatDuration(repeat)}`);
  if (escalation.length > 0) {
    lost.push(
      `escalation to ${escalation.map(({ after, to }) => `${to.join(', ')} after ${formatDuration(after)}`).join(', ')}`,
    );
  }
  const standard = DEFAULT_POLICY_SETTINGS;
  if (groupWithin !== standard.groupWithin) lost.push('which incidents are told together');
  if (resolveShare !== standard.resolveShare || resolveAfter !== standard.resolveAfter)
    lost.push('when alerts resolve');
  // Policies replace the default tiers, and without policies they are there.
  if (hasDefaults === (items.length === 0)) return { items, annotations: {} };
  if (items.length === 0 && others.length > 0) {
    lost.push('the default tiers alert instead');
    return { items, annotations: {} };
  }
  return { items, annotations: { [annotationKey('default-tiers')]: String(hasDefaults) } };
}

/** A tier as the one condition of an alert policy. */
interface ExportedTier {
  readonly when: 'alertWhenBreaching' | 'alertWhenNoData';
  readonly threshold: number;
  /** Milliseconds. */
  readonly lookback: number;
  readonly annotations: Words;
}

/** How OpenSLO says a tier of each kind; null where it has no words for it. */
const EXPORTED_TIERS: {
  readonly [K in Tier['kind']]: ((tier: TierOf<K>, objective: Objective) => ExportedTier) | null;
} = {
  burnRate: ({ long, short, factor, loweredFrom }, objective) => ({
    when: 'alertWhenBreaching',
    threshold: thresholdOf(factor, loweredFrom, objective),
    lookback: long,
    annotations: short === shortOf(long) ? {} : { [annotationKey('short-window')]: formatShorthand(short) },
  }),
  successRate: null,
  budgetRemaining: null,
  forecast: null,
  outage: null,
  noData: ({ after }) => ({ when: 'alertWhenNoData', threshold: 1, lookback: after, annotations: {} }),
};

function policyOf<K extends Tier['kind']>(
  tier: TierOf<K>,
  objective: Objective,
  targets: readonly string[],
): Words | null {
  const { name, severity } = tier;
  const exported = EXPORTED_TIERS[tier.kind]?.(tier, objective);
  if (!exported) return null;
  const { when, threshold, lookback, annotations } = exported;
  const condition = {
    kind: 'AlertCondition',
    metadata: { name, ...annotationsOf(annotations) },
    spec: {
      severity,
      condition: {
        kind: 'burnrate',
        op: 'gte',
        threshold,
        lookbackWindow: formatShorthand(lookback),
        alertAfter: '0m',
      },
    },
  };
  return {
    kind: 'AlertPolicy',
    metadata: { name },
    spec: {
      alertWhenBreaching: when === 'alertWhenBreaching',
      alertWhenNoData: when === 'alertWhenNoData',
      alertWhenResolved: true,
      conditions: [condition],
      ...(targets.length === 0 ? {} : { notificationTargets: targets.map((targetRef) => ({ targetRef })) }),
    },
  };
}

/** What was asked for, where it is lowered again when it is read; else what it was lowered to. */
function thresholdOf(factor: number, loweredFrom: number | null, objective: Objective): number {
  return loweredFrom !== null && loweredFrom > maximumBurnRate(objective) ? loweredFrom : factor;
}

function shortOf(long: number): number {
  return Math.max(1, Math.ceil(long / 12 / MINUTE)) * MINUTE;
}

/** In a file `${` begins a reference, unless it is written with two dollars. */
function withoutReferences(value: unknown): unknown {
  if (typeof value === 'string') return value.split('${').join('$${');
  if (Array.isArray(value)) return value.map(withoutReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutReferences(part)]));
}
