import { createHash } from 'node:crypto';
import { incidentHistory } from '../../core/alerting/incident-history.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  FollowLinks,
  IncidentLink,
  LinkRequest,
  LinkUse,
  LinkView,
  ReadLink,
  UsableLink,
  UsedLink,
} from '../../core/ports/incident-links.ts';
import type { ManageIncidents } from '../../core/ports/operator.ts';
import type { IncidentReport } from '../../core/ports/queries.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused, refuse } from '../../core/ports/refused.ts';
import type { ManageSilences, SilenceReport } from '../../core/ports/silences.ts';
import type { IncidentStore } from '../../core/ports/store/incidents.ts';
import type { Caller, Grant } from '../../core/ports/token.ts';
import { ALL_GRANTS } from '../../core/ports/token.ts';

export interface FollowLinksOptions {
  readonly read: ReadLink;
  readonly incidents: Pick<ManageIncidents, 'incidents' | 'acknowledge'>;
  readonly silences: Pick<ManageSilences, 'silence' | 'createSilence'>;
  readonly store: Pick<IncidentStore, 'incident'>;
  readonly clock: Clock;
}

/** What a silence says of why, where nobody said more. */
const NO_REASON = 'silenced by the link of a message';

/** To look only: what a link shows is of its incident alone. */
const LOOKING: Caller = { name: null, address: 'link', grants: ALL_GRANTS };

/**
 * Does what links are for. What was done is what tells that a link is used: the acknowledgement of its incident, or the silence
 * that has its id from the link, so that nothing else has to be kept of links.
 */
export function createFollowLinks(options: FollowLinksOptions): FollowLinks {
  const { read, incidents, silences, store, clock } = options;

  async function look(text: string): Promise<LinkView> {
    const link = read(text);
    if (!link) return { state: 'forged' };
    const incident = (await incidents.incidents()).find(({ id }) => id === link.incident) ?? null;
    const used = link.action === 'silence' ? await silenced(link) : await acknowledged(link, incident);
    if (used) return used;
    if (clock.now() >= link.expiresAt) return { state: 'expired' };
    if (!incident) return { state: 'over' };
    if (isOutgrown(link, incident)) return { state: 'became-page' };
    return { state: 'usable', link, incident };
  }

  async function silenced(link: IncidentLink): Promise<UsedLink | null> {
    const silence = await silences.silence(silenceIdOf(link), LOOKING);
    return silence && usedFor(link, silence);
  }

  /** Also one that was given otherwise: then the link would change nothing. */
  async function acknowledged(link: IncidentLink, incident: IncidentReport | null): Promise<UsedLink | null> {
    if (incident) {
      const { slo, acknowledged: by } = incident;
      // The acknowledgement of a page that the link of the ticket was not for says so as well.
      return by && { state: 'used', link, slo, by: by.by, at: by.at, silence: null };
    }
    const stored = await store.incident(link.incident);
    const history = stored && incidentHistory(link.incident, stored.events);
    if (!history?.acknowledged) return null;
    const { at, by } = history.acknowledged;
    return { state: 'used', link, slo: history.last.slo, by, at, silence: null };
  }

  async function acknowledge(
    { link, incident }: UsableLink,
    { by }: LinkRequest,
    address: string,
  ): Promise<LinkUse | LinkView | Refused> {
    const caller = callerOf(by, incident, address);
    const taken = await incidents.acknowledge(incident.id, { by }, caller);
    if (isRefused(taken)) return taken.refused === 'unknown' ? { state: 'over' } : taken;
    const isOurs = taken.actor === caller.name;
    const view: UsedLink = {
      state: 'used',
      link,
      slo: incident.slo,
      by: taken.by,
      at: taken.at,
      silence: null,
    };
    const done = isOurs ? [{ what: 'incident.acknowledged', about: incident.id }] : [];
    return { view, who: caller.name ?? '', done };
  }

  async function silence(
    { link, incident }: UsableLink,
    { by, reason, span }: LinkRequest,
    address: string,
  ): Promise<LinkUse | LinkView | Refused> {
    const caller = callerOf(by, incident, address);
    const request = { incident: incident.id, by, reason: reason.trim() || NO_REASON, ...span };
    const made = await silences.createSilence(request, caller, silenceIdOf(link));
    if (isRefused(made)) return made.refused === 'unknown' ? { state: 'over' } : made;
    const view = usedFor(link, made);
    const isOurs = made.actor === caller.name;
    const done = isOurs ? [{ what: 'silence.created', about: made.id }] : [];
    return { view, who: caller.name ?? '', done };
  }

  return {
    lookAtLink: look,
    async followLink(text, request, address) {
      const view = await look(text);
      if (view.state !== 'usable') return view;
      if (request.by.trim() === '')
        return refuse('invalid', 'Say who you are, so that others know whom to ask.');
      return view.link.action === 'silence'
        ? silence(view, request, address)
        : acknowledge(view, request, address);
    },
  };
}

/** Whether an incident is worse than what those who got the link were told. */
function isOutgrown({ severity }: IncidentLink, incident: IncidentReport): boolean {
  return severity === 'ticket' && incident.severity === 'page';
}

/** Whoever holds a link may respond to the workflow that it is of, and to no other. The name is what was typed in. */
function callerOf(by: string, { workflow }: IncidentReport, address: string): Caller {
  const grants: readonly Grant[] = [{ scope: 'respond', only: { by: 'workflow', pattern: workflow } }];
  return { name: `link:${by.trim()}`, address, grants };
}

/** A link makes one silence, whoever follows it and however often. */
function silenceIdOf({ action, incident, severity, expiresAt }: IncidentLink): string {
  const text = JSON.stringify([action, incident, severity, expiresAt]);
  return `link-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`;
}

function usedFor(link: IncidentLink, silence: SilenceReport): UsedLink {
  const { createdBy, createdAt, state, when, matching } = silence;
  const slo = matching.slo ?? '';
  return { state: 'used', link, slo, by: createdBy, at: createdAt, silence: { state, when } };
}
