import { MINUTE } from '../time/duration.ts';
import type { GateOverride, HoldingOverride } from './gate-override.ts';
import { holdsAt, isOverrideOf } from './gate-override.ts';
import type { SloReport } from './queries.ts';

/** `unknown`: nothing speaks against it, but not all could be looked at. */
export type GateDecision = 'allowed' | 'denied' | 'unknown';

/** Whether a change may go out now. */
export interface GateReport {
  readonly decision: GateDecision;
  readonly at: number;
  /** How many SLOs were looked at. */
  readonly slos: number;
  /** What speaks against it first, then what is not known; empty when it is allowed. */
  readonly reasons: readonly GateReason[];
  /** What allows it, whatever the reasons say; null where nothing has to. */
  readonly overriddenBy: HoldingOverride | null;
}

export interface GateReason {
  readonly slo: string;
  /**
   * `frozen`: the error budget policy freezes deploys. `page`: a page is open. `no-data`, `partly-read`, `stale`: the SLO cannot be
   * judged, because nothing was counted, part of the store is away, or evaluation stands still.
   */
  readonly kind: 'frozen' | 'page' | 'no-data' | 'partly-read' | 'stale';
  readonly message: string;
  /** What would free it, as a sentence. */
  readonly freedBy: string;
  /** When it is free at the latest; null when that is not known. */
  readonly freedAt: number | null;
}

/** Evaluation that is older says nothing of now. */
const STALE_AFTER = 5 * MINUTE;

/** Decides by what these SLOs read, of which there is at least one, and by the overrides that hold. */
export function gateOf(
  slos: readonly SloReport[],
  overrides: readonly GateOverride[],
  now: number,
): GateReport {
  const denials = slos.flatMap((slo) => [...frozen(slo, now), ...paged(slo)]);
  const doubts = slos.flatMap((slo) => doubtsOf(slo, now));
  const decision = denials.length > 0 ? 'denied' : doubts.length > 0 ? 'unknown' : 'allowed';
  const reasons = [...denials, ...doubts];
  const spoken = new Set(reasons.map(({ slo }) => slo));
  const against = slos.filter(({ id }) => spoken.has(id));
  const holding = overrides.filter((override) => holdsAt(override, now));
  const covering = holding.filter((override) => against.some((slo) => isOverrideOf(override, slo)));
  const isCovered = against.every((slo) => covering.some((override) => isOverrideOf(override, slo)));
  // It lasts as long as the first of those that it takes.
  const [first] = covering.toSorted((one, other) => one.until - other.until);
  if (!isCovered || !first) return { decision, at: now, slos: slos.length, reasons, overriddenBy: null };
  const { id, by, reason, until } = first;
  return {
    decision: 'allowed',
    at: now,
    slos: slos.length,
    reasons,
    overriddenBy: { id, by, reason, until },
  };
}

function frozen({ id, budgetPolicy, windows }: SloReport, now: number): GateReason[] {
  if (budgetPolicy?.deploys !== 'frozen') return [];
  const [window] = windows;
  const endsAt = window?.kind === 'calendar' && window.to > now ? window.to : null;
  const freedBy =
    endsAt === null
      ? 'The failures that spent the budget leave its window, or an adjustment takes them out.'
      : 'The next period begins, or an adjustment takes the failures out.';
  return [{ slo: id, kind: 'frozen', message: budgetPolicy.reasons.join(' '), freedBy, freedAt: endsAt }];
}

function paged({ id, incident }: SloReport): GateReason[] {
  if (incident?.severity !== 'page') return [];
  const by = incident.acknowledged ? `, acknowledged by ${incident.acknowledged.by}` : '';
  return [
    {
      slo: id,
      kind: 'page',
      message: `A page is open: incident ${incident.id}${by}.`,
      freedBy: 'The incident resolves, or comes down to a ticket.',
      freedAt: null,
    },
  ];
}

function doubtsOf({ id, data, readShare, evaluatedAt }: SloReport, now: number): GateReason[] {
  const doubts: GateReason[] = [];
  const doubt = (kind: GateReason['kind'], message: string, freedBy: string) =>
    void doubts.push({ slo: id, kind, message, freedBy, freedAt: null });
  if (evaluatedAt === null || Math.abs(now - evaluatedAt) > STALE_AFTER)
    doubt(
      'stale',
      'SLOs are not evaluated at the moment.',
      'Evaluation goes on; /readyz says why it does not.',
    );
  if (readShare < 1)
    doubt('partly-read', 'Part of the store is away.', 'The shard is back; /readyz says which one it is.');
  if (data === 'none')
    doubt(
      'no-data',
      'Nothing was counted in its window.',
      'Outcomes are reported; docs/producers.md says how.',
    );
  return doubts;
}
