import { versionOf } from '../stored-version.ts';
import type { IncidentEvent } from './incident-event.ts';

/**
 * Events of incidents as they are stored. To change a field: raise `VERSION`, describe the former shape in a type of its own with a
 * function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 2: events of silences, which earlier versions cannot put into words. All others are stored as 1.
 * - 1: the fields of `IncidentEvent`.
 */
const VERSION = 2;
const BEFORE_SILENCES = 1;

/** An event as it is stored from now on. */
export function storedIncidentEvent(event: IncidentEvent): object {
  const ofSilence = event.kind === 'silenced' || event.kind === 'unsilenced';
  return { v: ofSilence ? VERSION : BEFORE_SILENCES, ...event };
}

/** The event of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeIncidentEvent(stored: unknown): IncidentEvent | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...event } = stored as IncidentEvent & { readonly v: number };
  return event;
}
