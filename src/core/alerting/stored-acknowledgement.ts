import { versionOf } from '../stored-version.ts';
import type { Acknowledgement } from './incident.ts';

/** An acknowledgement with what was said. */
export interface NotedAcknowledgement extends Acknowledgement {
  readonly note: string | null;
  /** The name of the token it was made with; null without one. */
  readonly actor: string | null;
}

/**
 * Acknowledgements as they are stored. To change a field of `NotedAcknowledgement`: raise `VERSION`, describe the former
 * shape in a type of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `NotedAcknowledgement`; the oldest have no `note`, later ones no `actor`, those of
 *   pages no `severity`.
 */
const VERSION = 1;

/** An acknowledgement as it is stored from now on. */
export function storedAcknowledgement(acknowledgement: NotedAcknowledgement): object {
  return { v: VERSION, ...acknowledgement };
}

/** The acknowledgement of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeAcknowledgement(stored: unknown): NotedAcknowledgement | null {
  if (versionOf(stored) > VERSION) return null;
  const given = stored as Acknowledgement & Partial<NotedAcknowledgement>;
  const { at, by, note = null, actor = null, severity } = given;
  return { at, by, note, actor, ...(severity && { severity }) };
}
