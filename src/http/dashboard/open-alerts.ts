import type { AlertLevel, SloReport } from '../../core/ports/queries.ts';
import { ALERT_LEVELS } from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';

/** `2 pages, 1 ticket`: how many SLOs have an open incident, by its severity; null when none has. */
export function openAlerts(slos: readonly Pick<SloReport, 'alert'>[]): string | null {
  const counts = (['page', 'ticket'] as const).map((level) => {
    const count = slos.filter(({ alert }) => alert === level).length;
    return count === 0 ? null : `${formatCount(count)} ${count === 1 ? level : `${level}s`}`;
  });
  return counts.filter((text) => text !== null).join(', ') || null;
}

/** The severest open alert of all. */
export function severest(slos: readonly Pick<SloReport, 'alert'>[]): AlertLevel {
  return ALERT_LEVELS.find((level) => slos.some(({ alert }) => alert === level)) ?? 'none';
}
