import type { Closing, Interval, Once, Recurrence, Starts } from '../adjustments/adjustment.ts';
import { matches } from '../sli/selection.ts';
import type { Severity } from '../slo/alert-policy.ts';
import { hasLabels } from '../slo/labels.ts';
import type { Slo } from '../slo/slo.ts';

/** A time in which notifications are not sent; judging, incidents and their history go on. */
export interface Silence {
  readonly id: string;
  readonly matching: SilenceMatching;
  /**
   * What its creator may respond to, as globs: it mutes nothing else, whatever it matches, now or later. Null: everything.
   */
  readonly within: readonly SilenceBound[] | null;
  readonly when: SilenceTime;
  readonly reason: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** The name of the token it was made with; null without one. */
  readonly actor: string | null;
  /** Who ended it before its time. */
  readonly ended: Closing | null;
}

/** What a silence mutes: what fits all that is given. Globs but for the severity and the incident; null: any. */
export interface SilenceMatching {
  readonly workflow: string | null;
  readonly slo: string | null;
  readonly owner: string | null;
  readonly severity: Severity | null;
  /** By the name of a label; an SLO without that label does not fit. */
  readonly labels: Readonly<Record<string, string>>;
  /** The id of an incident. */
  readonly incident: string | null;
}

export interface SilenceBound {
  readonly by: 'workflow' | 'owner';
  readonly pattern: string;
}

/** Everything ends: a rule at the last start that it may have, what waits for the end of an incident at `to`. */
export type SilenceTime =
  | Once
  | (Recurrence & { readonly until: number })
  | (Interval & { readonly kind: 'until-resolved' });

/** What may be muted: an SLO, and its incident if one is open. */
export interface SilenceSubject {
  readonly slo: Pick<Slo, 'id' | 'workflow' | 'owner' | 'labels' | 'value'>;
  readonly severity: Severity;
  readonly incident: string | null;
}

/** Whether a silence is of this, whatever the time. */
export function isOf({ matching, within }: Silence, { slo, severity, incident }: SilenceSubject): boolean {
  return (
    (matching.workflow === null || matches(matching.workflow, slo.workflow)) &&
    (matching.slo === null || matchesSlo(matching.slo, slo)) &&
    (matching.owner === null || matches(matching.owner, slo.owner)) &&
    (matching.severity === null || matching.severity === severity) &&
    (matching.incident === null || matching.incident === incident) &&
    hasLabels(slo.labels, matching.labels) &&
    (within === null || within.some((bound) => isWithin(bound, slo)))
  );
}

/** An SLO of one value is silenced with the whole. */
function matchesSlo(glob: string, { id, value }: SilenceSubject['slo']): boolean {
  return matches(glob, id) || (value !== undefined && matches(glob, value.whole));
}

function isWithin({ by, pattern }: SilenceBound, { workflow, owner }: SilenceSubject['slo']): boolean {
  return matches(pattern, by === 'workflow' ? workflow : owner);
}

/**
 * Until when a silence holds, if it does at this moment; else null. The one that was made to begin at once holds from then on,
 * even where the clock is set back behind its beginning; one that was ended holds no more, whatever the clock says.
 */
export function holdsUntil({ when, ended, createdAt }: Silence, now: number, starts: Starts): number | null {
  if (ended) return null;
  if (when.kind !== 'recurring') {
    const hasBegun = when.from <= now || when.from <= createdAt;
    return hasBegun && now < when.to ? when.to : null;
  }
  const latest = starts(when, now - when.duration + 1, Math.min(now, when.until)).at(-1);
  return latest === undefined ? null : latest + when.duration;
}

/** Whether it will not hold any more, but for a clock that is set back. */
export function isOver({ when, ended }: Silence, now: number): boolean {
  if (ended) return true;
  return when.kind === 'recurring' ? now >= when.until + when.duration : now >= when.to;
}
