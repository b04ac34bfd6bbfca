import { versionOf } from '../stored-version.ts';

/** The last periods of a team, or of all, whose reports were sent or left out: when they began; null while there is none. */
export interface ReportedPeriods {
  readonly week: number | null;
  readonly month: number | null;
}

/**
 * Reported periods as they are stored. To change a field: raise `VERSION`, describe the former shape in a type of its own with a
 * function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `ReportedPeriods`.
 */
const VERSION = 1;

export function storedReportedPeriods(periods: ReportedPeriods): object {
  return { v: VERSION, ...periods };
}

/** The reported periods of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeReportedPeriods(stored: unknown): ReportedPeriods | null {
  if (versionOf(stored) > VERSION) return null;
  const { week, month } = stored as ReportedPeriods;
  return { week, month };
}
