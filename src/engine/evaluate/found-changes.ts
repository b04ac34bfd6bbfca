import { heldRoute, routeOf } from '../../core/alerting/routing.ts';
import type { FoldedInto } from '../../core/alerting/notification.ts';
import type { StateChange } from '../../core/ports/store/states.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { IncidentChange } from './transition-facts.ts';
import type { EvaluatedSlo } from './value-groups.ts';

/** A transition that was found, and the revision of the state that it started from. */
export interface FoundTransition extends IncidentChange {
  readonly judged: EvaluatedSlo;
  /** How many targets a mute keeps it from. */
  readonly suppressed: number;
  /** Set where it is told with another incident. */
  readonly folded?: FoldedInto;
}

/** What a tick found, before any of it is committed. */
export interface Found {
  readonly transitions: FoundTransition[];
  /** What evaluation has to remember, but people need not hear of. */
  readonly silent: StateChange[];
  /** SLOs whose evaluation threw. */
  failed: number;
}

/** What was judged, as a transition to be committed; it must have one. */
export function foundTransition(judged: EvaluatedSlo, current: Definitions, now: number): FoundTransition {
  const { slo, state, evidence } = judged;
  const transition = judged.transition!;
  const unmuted = routeOf(current, slo, transition, now);
  const route = transition.mute ? heldRoute(transition) : unmuted;
  const timeZone = current.teams.get(slo.owner)?.timeZone ?? null;
  const suppressed = transition.mute ? unmuted.notify.length : 0;
  return { slo, state, transition, evidence, route, timeZone, judged, suppressed };
}
