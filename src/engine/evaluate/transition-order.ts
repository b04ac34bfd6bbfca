import type { Transition, TransitionKind } from '../../core/alerting/incident.ts';

/** What gets worse, before what gets better, before what people know already. */
const URGENCY: Readonly<Record<TransitionKind, number>> = {
  opened: 0,
  escalated: 0,
  unacknowledged: 0,
  deescalated: 1,
  resolved: 1,
  reminder: 2,
};

/** Sorts by how soon people should hear of it: pages before tickets, reminders last, the fastest burn first. */
export function mostUrgentFirst<Changed extends { readonly transition: Transition }>(
  changes: readonly Changed[],
): Changed[] {
  return changes.toSorted(
    ({ transition: one }, { transition: other }) =>
      URGENCY[one.kind] - URGENCY[other.kind] ||
      Number(other.incident.severity === 'page') - Number(one.incident.severity === 'page') ||
      other.incident.peakBurnRate - one.incident.peakBurnRate,
  );
}
