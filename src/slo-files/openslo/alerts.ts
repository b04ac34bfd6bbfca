import {
  type AlertPolicy,
  type BurnRateTier,
  DEFAULT_POLICY_SETTINGS,
  defaultTiers,
  type NoDataTier,
  type Severity,
  type Tier,
} from '../../core/slo/alert-policy.ts';
import { maximumBurnRate } from '../../core/budget/burn-rate.ts';
import type { Objective } from '../../core/budget/objective.ts';
import type { Sli } from '../../core/sli/sli.ts';
import { countsSilence } from '../../core/sli/sli-kinds.ts';
import type { NamedTarget } from '../assemble/definitions.ts';
import { warnOfLoweredTiers } from '../native/alerts.ts';
import { formatDuration, MINUTE } from '../../core/time/duration.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, placeAt, quoted, shortened } from '../yaml/value-tree.ts';
import { annotationKey, annotationOf, readShortWindow } from './annotations.ts';
import type { Catalog } from './catalog.ts';
import type { AlertConditionSpec, AlertPolicyItem, AlertPolicySpec, Metadata } from './kinds.ts';
import { parseShorthand } from './shorthand.ts';

/** Something a document says, inline or by reference, and where it was written. */
interface Found<Spec> {
  readonly name: string;
  readonly metadata: Metadata | undefined;
  readonly spec: Spec;
  readonly place: Place;
  readonly source: SourceText;
}

/** What alert policies refer to, and what they are about. */
export interface AlertContext {
  readonly catalog: Catalog;
  /** Of the native files; null when what one says was reported as wrong. */
  readonly targets: ReadonlyMap<string, NamedTarget | null>;
  /** False when some file could not be read, so that missing targets are not held against anybody. */
  readonly complete: boolean;
  /** What the documents of conditions and policies say, by name; null for what was reported as wrong. */
  readonly conditions: Map<string, ReadCondition | null>;
  readonly policies: Map<string, ReadPolicy | null>;
  readonly report: ReportProblem;
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  page: 'page',
  critical: 'page',
  high: 'page',
  ticket: 'ticket',
  warning: 'ticket',
  low: 'ticket',
  info: 'ticket',
};

/** The SLO that alerts, as far as its alerts depend on it. */
export interface AlertSubject {
  readonly metadata: Metadata;
  readonly objective: Objective;
  /** Milliseconds. */
  readonly window: number;
  readonly sliKind: Sli['kind'];
}

/** When an alert fires: lengths in milliseconds, and the burn rate from which it does. */
interface ReadCondition {
  readonly name: string;
  readonly severity: Severity;
  readonly long: number;
  readonly short: number;
  readonly factor: number;
}

/** The tiers OpenSLO has words for. */
type OpenSloTier = BurnRateTier | NoDataTier;

/** One alert policy, ready for any objective. */
interface ReadPolicy {
  readonly tiers: readonly OpenSloTier[];
  readonly severity: Severity;
  /** Null: those of the owner. */
  readonly targets: readonly string[] | null;
}

/** A policy where an SLO names it. */
interface UsedPolicy extends ReadPolicy {
  readonly place: Place;
}

/** Reads the documents of conditions and policies, so that a mistake is reported once, even where nothing refers to them. */
export function readAlertDocuments({ catalog, conditions, policies, ...rest }: AlertContext): void {
  for (const { name, data, place, source } of catalog.all('AlertCondition')) {
    if (conditions.has(name)) continue;
    const found = data && { name, ...data, place: placeAt(place, ['spec'])!, source };
    conditions.set(name, found && readCondition(found, rest.report));
  }
  const context = { catalog, conditions, policies, ...rest };
  for (const { name, data, place, source } of catalog.all('AlertPolicy')) {
    if (policies.has(name)) continue;
    const found = data && { name, ...data, place: placeAt(place, ['spec'])!, source };
    policies.set(name, found && readPolicy(found, context));
  }
}

/**
 * How an SLO alerts: a tier for each thing its policies alert on, pages first, with their targets as its route.
 * Without policies, and with the annotation for it, the default tiers. `place` is that of the list of policies.
 */
export function readAlerts(
  items: readonly AlertPolicyItem[],
  place: Place,
  source: SourceText,
  { metadata, objective, window, sliKind }: AlertSubject,
  context: AlertContext,
): AlertPolicy {
  const { report } = context;
  const burning = (tier: BurnRateTier, at: Place): OpenSloTier[] => {
    if (tier.long > window) {
      const message = `the lookbackWindow of \`${tier.name}\`, ${formatDuration(tier.long)}, is longer than the window of this SLO`;
      report(
        problemAt(source, at.start, 'error', message, { expected: `at most ${formatDuration(window)}` }),
      );
    }
    return [reachable(tier, objective)];
  };
  const silent = (tier: NoDataTier, at: Place): OpenSloTier[] => {
    if (countsSilence(sliKind) === null) return [tier];
    const message = `\`${tier.name}\` could never fire and is left out: with this SLI silence is bad already`;
    report(problemAt(source, at.key, 'warning', message));
    return [];
  };
  const policies = items.flatMap((item, index): UsedPolicy[] => {
    const at = place.parts.get(String(index))!;
    const policy = findPolicy(item, at, source, context);
    // Where the SLO says it, not where the policy does.
    return policy ? [{ ...policy, place: at }] : [];
  });
  const withDefaults = annotationOf(metadata, 'default-tiers') ?? String(items.length === 0);
  const tiers = [
    ...(withDefaults === 'true' ? defaultTiers(objective, window) : []),
    ...policies.flatMap(({ tiers: said, place: at }) =>
      said.flatMap((tier) => (tier.kind === 'burnRate' ? burning(tier, at) : silent(tier, at))),
    ),
  ];
  warnOfLoweredTiers(objective, tiers, place, { source, report });
  return {
    ...DEFAULT_POLICY_SETTINGS,
    tiers: named([...tiers.filter(isPage), ...tiers.filter((tier) => !isPage(tier))]),
    route: {
      page: routeOf('page', policies, source, context),
      ticket: routeOf('ticket', policies, source, context),
    },
  };
}

function isPage({ severity }: Tier): boolean {
  return severity === 'page';
}

/** Two policies may share a condition; the names of tiers distinguish them. */
function named(tiers: readonly Tier[]): Tier[] {
  const used = new Set<string>();
  return tiers.map((tier) => {
    let { name } = tier;
    for (let number = 2; used.has(name); number++) name = `${tier.name}-${number}`;
    used.add(name);
    return { ...tier, name };
  });
}

/** A tier whose factor no outage could reach fires from half of the highest burn rate instead (J3). */
function reachable(tier: BurnRateTier, objective: Objective): BurnRateTier {
  const highest = maximumBurnRate(objective);
  return tier.factor <= highest ? tier : { ...tier, factor: highest / 2, loweredFrom: tier.factor };
}

/** Whom to notify of a severity: the targets of all policies that have it; null keeps the owner's. */
function routeOf(
  severity: Severity,
  policies: readonly UsedPolicy[],
  source: SourceText,
  { report }: AlertContext,
): readonly string[] | null {
  const routed = policies.filter((policy) => policy.severity === severity && policy.tiers.length > 0);
  const first = routed.find(({ targets }) => targets !== null);
  if (!first) return null;
  const key = ({ targets }: ReadPolicy) => [...new Set(targets)].toSorted().join(' ');
  const other = routed.find((policy) => key(policy) !== key(first));
  const all = [...new Set(routed.flatMap(({ targets }) => targets ?? []))];
  if (other) {
    const message = `policies of one SLO with the same severity share their targets: each ${severity} goes to ${all.join(', ')}`;
    report(problemAt(source, other.place.start, 'warning', message));
  }
  return all;
}

function findPolicy(
  item: AlertPolicyItem,
  place: Place,
  source: SourceText,
  context: AlertContext,
): ReadPolicy | null {
  const ref = typeof item === 'string' ? item : item.alertPolicyRef;
  if (ref !== undefined) {
    const at = typeof item === 'string' ? place : placeAt(place, ['alertPolicyRef'])!;
    const isThere = context.catalog.find('AlertPolicy', ref, at, source) !== null;
    return isThere ? (context.policies.get(ref) ?? null) : null;
  }
  if (typeof item === 'string' || !item.spec) return null;
  const { metadata, spec } = item;
  const name = metadata?.name ?? 'policy';
  return readPolicy({ name, metadata, spec, place: placeAt(place, ['spec'])!, source }, context);
}

function findCondition(
  { name, spec: { conditions }, place, source }: Found<AlertPolicySpec>,
  context: AlertContext,
): ReadCondition | null {
  const [item] = conditions;
  const at = placeAt(place, ['conditions', 0]);
  if (!item || !at) return null;
  const { conditionRef: ref, metadata, spec } = item;
  if (ref !== undefined) {
    const isThere =
      context.catalog.find('AlertCondition', ref, placeAt(at, ['conditionRef'])!, source) !== null;
    return isThere ? (context.conditions.get(ref) ?? null) : null;
  }
  if (!spec) return null;
  const found = { name: metadata?.name ?? name, metadata, spec, place: placeAt(at, ['spec'])!, source };
  return readCondition(found, context.report);
}

function readPolicy(policy: Found<AlertPolicySpec>, context: AlertContext): ReadPolicy | null {
  const { report } = context;
  const { spec, place, source } = policy;
  const targets = readTargets(policy, context);
  const condition = findCondition(policy, context);
  if (!condition) return null;
  if (spec.alertWhenResolved !== true) {
    const at = placeAt(place, ['alertWhenResolved']);
    const message = `the end of an alert is always notified, although \`alertWhenResolved\` ${at ? 'is false' : 'is not set'}`;
    report(problemAt(source, (at ?? place).key, 'warning', message, { expected: 'alertWhenResolved: true' }));
  }
  const { name, severity, long, short, factor } = condition;
  const tiers: OpenSloTier[] = [];
  if (spec.alertWhenBreaching === true) {
    tiers.push({ kind: 'burnRate', name, severity, long, short, factor, loweredFrom: null });
  }
  if (spec.alertWhenNoData === true) {
    const noData = spec.alertWhenBreaching === true ? `${name}-no-data` : name;
    tiers.push({ kind: 'noData', name: noData, severity, after: long });
  }
  if (tiers.length === 0) {
    const message = `AlertPolicy \`${shortened(policy.name)}\` never alerts`;
    report(
      problemAt(source, place.key, 'warning', message, {
        expected: 'alertWhenBreaching or alertWhenNoData to be true',
      }),
    );
  }
  return { tiers, severity, targets };
}

function readCondition(
  { name, metadata, spec, place, source }: Found<AlertConditionSpec>,
  report: ReportProblem,
): ReadCondition | null {
  const problem = (
    path: readonly string[],
    kind: 'error' | 'warning',
    message: string,
    expected?: string,
  ) => {
    const at = placeAt(place, path) ?? place;
    report(problemAt(source, at.start, kind, `\`${path.at(-1)}\` is ${quoted(at)}${message}`, { expected }));
  };
  const word = spec.severity.toLowerCase();
  const severity = Object.hasOwn(SEVERITIES, word) ? SEVERITIES[word]! : null;
  if (!severity) {
    problem(
      ['severity'],
      'error',
      '',
      `page, critical or high (wakes someone), or ticket, warning, low or info (does not)`,
    );
  }
  const { op, threshold, lookbackWindow, alertAfter } = spec.condition;
  const falling = op === 'lte' || op === 'lt';
  if (falling) problem(['condition', 'op'], 'error', ', which fires while little burns', 'gte');
  if (op === 'gt')
    problem(['condition', 'op'], 'warning', ': the alert fires when the threshold is reached, as with gte');
  const factor = Number(threshold);
  if (!(factor > 0)) problem(['condition', 'threshold'], 'error', '', 'a burn rate above 0, such as 14.4');
  const long = parseShorthand(lookbackWindow)!.duration;
  const fits = long >= MINUTE && long <= LONGEST_LOOKBACK;
  if (!fits)
    problem(['condition', 'lookbackWindow'], 'error', '', `1m to ${formatDuration(LONGEST_LOOKBACK)}`);
  const after = alertAfter === undefined ? 0 : parseShorthand(alertAfter)!.duration;
  if (after > long) problem(['condition', 'alertAfter'], 'error', ', longer than lookbackWindow');
  if (!severity || falling || !(factor > 0) || !fits || after > long) return null;
  if (after > 0) {
    problem(
      ['condition', 'alertAfter'],
      'warning',
      ': instead of waiting that long, the burn rate over that time must reach the threshold too',
    );
  }
  const twelfth = Math.max(1, Math.ceil(long / 12 / MINUTE)) * MINUTE;
  const short = after > 0 ? after : (readShortWindow(metadata) ?? twelfth);
  if (short > long) {
    problem(['condition', 'lookbackWindow'], 'error', `, shorter than \`${annotationKey('short-window')}\``);
    return null;
  }
  return { name: tierName(name), severity, long, short, factor };
}

/** A name of a tier, as native files may give it too. */
function tierName(name: string): string {
  return name.replace(/[^A-Za-z0-9._%-]/g, '-').slice(0, 50);
}

/** As long as the longest window of an SLO. */
const LONGEST_LOOKBACK = 90 * 24 * 60 * MINUTE;

/** Names of targets of the native files; null when the policy names none. */
function readTargets(
  { spec, place, source }: Found<AlertPolicySpec>,
  context: AlertContext,
): readonly string[] | null {
  if (!spec.notificationTargets || spec.notificationTargets.length === 0) return null;
  return spec.notificationTargets.flatMap((item, index) => {
    const at = placeAt(place, ['notificationTargets', index])!;
    const name = item.targetRef ?? item.metadata!.name;
    const nameAt = placeAt(at, ['targetRef']) ?? placeAt(at, ['metadata', 'name'])!;
    if (item.spec) {
      checkTarget(name, item.spec.target, nameAt, placeAt(at, ['spec', 'target'])!, source, context);
    } else if (
      !context.catalog.get('AlertNotificationTarget', name) &&
      !context.targets.has(name) &&
      context.complete
    ) {
      const known = [
        ...context.catalog.all('AlertNotificationTarget').map((target) => target.name),
        ...context.targets.keys(),
      ];
      const message = `there is no target ${quoted(nameAt)}`;
      context.report(problemAt(source, nameAt.start, 'error', message, { suggestion: nearest(name, known) }));
    }
    return [name];
  });
}

/** Reports a target that OpenSLO names but no native document defines, or defines as another kind. */
export function checkTarget(
  name: string,
  kind: string,
  nameAt: Place,
  kindAt: Place,
  source: SourceText,
  { targets, complete, report }: Pick<AlertContext, 'targets' | 'complete' | 'report'>,
): void {
  const native = targets.get(name);
  if (native === undefined) {
    if (!complete) return;
    const example = `a native document with targets: { ${shortened(name)}: ${ADDRESSES[kind.toLowerCase()] ?? '{ … }'} }`;
    const message = `target ${quoted(nameAt)} has no address: OpenSLO cannot say it`;
    report(problemAt(source, nameAt.start, 'error', message, { expected: example }));
  } else if (native && native.kind !== kind.toLowerCase()) {
    const message = `\`target\` is ${quoted(kindAt)}, but the native target \`${shortened(name)}\` is of kind ${native.kind}`;
    report(problemAt(source, kindAt.start, 'error', message, { expected: native.kind }));
  }
}

const ADDRESSES: Readonly<Record<string, string>> = {
  email: '{ email: { to: [someone@example.com] } }',
  slack: "{ slack: { webhook: '${SLACK_WEBHOOK}' } }",
  log: '{ log: {} }',
};
