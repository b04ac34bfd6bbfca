import type { Severity } from '../slo/alert-policy.ts';
import type { Definitions, Slo } from '../slo/slo.ts';
import { MINUTE } from '../time/duration.ts';
import { formatWholeShare } from '../words/figures.ts';
import { groupsByItself } from './conversations.ts';
import type { AlertState, Incident, Transition } from './incident.ts';
import type { LikelyCause } from './likely-cause.ts';
import type { Mute } from './mute.ts';

/** The open incident of an SLO of a dependency, into which those that it explains are folded. */
export interface DependencyIncident {
  readonly slo: string;
  readonly dependency: string;
  readonly incident: Incident;
}

/** How long it is taken for granted that an incident is still explained; then its latest failures are looked at. */
const LOOKED_AT_EVERY = MINUTE;

/** The dependency that an SLO is all about: it counts whether the calls of it succeed, and nothing else; null for any other SLO. */
export function dependencyOf({ sli }: Pick<Slo, 'sli'>): string | null {
  if (sli.kind !== 'outcomes' || sli.step !== null || sli.good !== 'succeeded') return null;
  return Object.keys(sli.where).length === 0 ? sli.dependency : null;
}

/**
 * Whether a change may be folded: what opens or becomes a page now. Who was paged already stays in charge, and what comes out of a
 * silence is told on its own. An SLO of a dependency explains others and is explained by none, so that someone always hears.
 */
export function mayBeFolded(slo: Slo, { kind, mute, unmuted }: Transition): boolean {
  return (
    (kind === 'opened' || kind === 'escalated') &&
    mute === null &&
    unmuted === null &&
    slo.alerts.groupWithin !== null &&
    slo.value === undefined &&
    dependencyOf(slo) === null
  );
}

/** Whether a likely cause is what the incident of a dependency is about. */
export function isExplainedBy(cause: LikelyCause | null, { dependency }: DependencyIncident): boolean {
  return cause !== null && cause.broken && cause.dependency === dependency;
}

/** Whether an incident of a severity may stay folded into another one: people were told of that, as severely. */
export function bears({ notified, severity: own }: Incident, severity: Severity): boolean {
  return notified.length > 0 && (own === 'page' || severity === 'ticket');
}

/** Whether something may be folded into an incident now, see `bears`: also that it is told itself. */
export function takesIn(incident: Incident, severity: Severity): boolean {
  return incident.muted === undefined && bears(incident, severity);
}

/** Who reads that an incident was folded in: those who hear of either, but for receivers that would take it for one of its own. */
export function readersOf(
  { targets }: Pick<Definitions, 'targets'>,
  into: Incident,
  folded: Incident,
): readonly string[] {
  return [...new Set([...into.notified, ...folded.notified])].filter((name) => {
    const target = targets.get(name);
    return target !== undefined && !groupsByItself(target.kind);
  });
}

/** Why an incident is not notified on its own while that of a dependency is open. */
export function foldMute(
  { slo, dependency, incident }: DependencyIncident,
  cause: LikelyCause,
  now: number,
): Mute {
  return {
    reason: 'dependency',
    silence: incident.id,
    by: slo,
    because: `${formatWholeShare(cause.failures)} of its failures call ${dependency}`,
    until: now + LOOKED_AT_EVERY,
    untilResolved: false,
  };
}

/** The same without a look at the failures, where these cannot be read. */
export function foldedOn(mute: Mute, now: number): Mute {
  return { ...mute, until: now + LOOKED_AT_EVERY };
}

/** Whether it was looked at so lately that it holds, also after the clock was set. */
export function wasLookedAt({ until }: Mute, now: number): boolean {
  return now < until && until <= now + LOOKED_AT_EVERY;
}

/** Why the incident of a state is folded into another one; null when it is not. */
export function foldOf({ incident }: Pick<AlertState, 'incident'>): Mute | null {
  const mute = incident?.muted?.mute;
  return mute?.reason === 'dependency' ? mute : null;
}

/** Whether all that fires only waits to resolve: that is no news by the time that what explained it is over. */
export function onlyWaits({ firing }: Pick<AlertState, 'firing'>): boolean {
  return Object.values(firing).every(({ belowSince }) => belowSince !== null);
}
