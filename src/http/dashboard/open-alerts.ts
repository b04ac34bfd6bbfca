import type { AlertLevel } from '../../core/ports/queries.ts';
import { ALERT_LEVELS } from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';

/** How many SLOs have an open incident of each severity, or none; nothing of those that there are none of. */
type AlertCounts = ReadonlyMap<AlertLevel, number>;

/** `2 pages, 1 ticket`: how many SLOs have an open incident, by its severity; null when none has. */
export function openAlerts(counts: AlertCounts): string | null {
  const texts = (['page', 'ticket'] as const).map((level) => {
    const count = counts.get(level) ?? 0;
    return count === 0 ? null : `${formatCount(count)} ${count === 1 ? level : `${level}s`}`;
  });
  return texts.filter((text) => text !== null).join(', ') || null;
}

/** The severest open alert of all. */
export function severest(counts: AlertCounts): AlertLevel {
  return ALERT_LEVELS.find((level) => counts.has(level)) ?? 'none';
}
