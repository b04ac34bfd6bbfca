import { versionOf } from '../stored-version.ts';
import type { AlertState, Incident } from './incident.ts';

/**
 * Alert states as they are stored. To change a field of `AlertState`: raise `VERSION`, describe the former shape in a
 * type of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 2: the fields of `AlertState`; without `definition`, `pages` or `heldBack` where a version wrote it that does not know that.
 * - 1: `lastNotifiedAt` was `toldAt`, and the oldest incidents have neither that nor what `Incident1` leaves optional.
 */
const VERSION = 2;

type AddedLater = 'began' | 'pagedAt' | 'stepsTaken' | 'acknowledged';

type Incident1 = Omit<Incident, 'lastNotifiedAt' | AddedLater> &
  Partial<Pick<Incident, AddedLater>> & { readonly toldAt?: number };

/** A state as it is stored from now on. */
export function storedState({ firing, incident, definition, pages, heldBack }: AlertState): object {
  // Under the former name as well: a replica of version 0.1 may lead for a while during an upgrade, and reads that.
  const withFormerName = incident && { ...incident, toldAt: incident.lastNotifiedAt };
  return {
    v: VERSION,
    firing,
    incident: withFormerName,
    definition,
    ...(pages && { pages }),
    ...(heldBack && { heldBack }),
  };
}

/** The state of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeState(stored: unknown): AlertState | null {
  const version = versionOf(stored);
  if (version > VERSION) return null;
  const {
    firing,
    incident,
    definition = null,
    pages,
    heldBack,
  } = stored as Omit<AlertState, 'definition'> & Partial<AlertState>;
  // A replica of 0.1 keeps one that it knows nothing of, and may have gone on under another.
  if (version === 1) {
    const upgraded = incident && incidentOf1(incident);
    return { firing, incident: upgraded, definition: null, ...pagesOf(upgraded, pages) };
  }
  const held = heldBack && { heldBack };
  if (!incident) return { firing, incident, definition, ...pagesOf(null, pages), ...held };
  const { toldAt: _, ...current } = incident as Incident & { readonly toldAt: number };
  return { firing, incident: current, definition, ...pagesOf(current, pages), ...held };
}

/** Where no pages were kept, an incident that is one is what is known of them. */
function pagesOf(incident: Incident | null, pages: AlertState['pages']): Pick<AlertState, 'pages'> {
  if (pages) return { pages };
  return incident?.pagedAt == null || incident.muted ? {} : { pages: [incident.pagedAt] };
}

function incidentOf1({ toldAt, ...incident }: Incident1): Incident {
  const { openedAt, severity, began, pagedAt, stepsTaken, acknowledged } = incident;
  return {
    ...incident,
    began: began ?? openedAt,
    pagedAt: pagedAt === undefined && severity === 'page' ? openedAt : (pagedAt ?? null),
    stepsTaken: stepsTaken ?? 0,
    lastNotifiedAt: toldAt ?? openedAt,
    acknowledged: acknowledged ?? null,
  };
}
