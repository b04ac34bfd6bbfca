import type { IncidentHistory } from '../../core/alerting/incident-history.ts';
import { incidentHistory } from '../../core/alerting/incident-history.ts';
import type { FailureCount } from '../../core/alerting/notification.ts';
import type {
  IncidentDetail,
  IncidentPage,
  IncidentQuery,
  IncidentReports,
  IncidentSummary,
  OpenedIncidents,
} from '../../core/ports/incident-reports.ts';
import type { IncidentReport } from '../../core/ports/queries.ts';
import type { IncidentStore, StoredIncident } from '../../core/ports/store/incidents.ts';
import type { Caller } from '../../core/ports/token.ts';
import { may } from '../../core/ports/token.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Annotation } from '../../core/ports/store/annotations.ts';
import { MAY_EXPLAIN_FOR } from '../../core/ports/store/annotations.ts';
import type { Annotations } from '../annotations/annotations.ts';
import type { ListPlace } from '../../core/ports/list-page.ts';
import { listPage } from '../../core/ports/list-page.ts';
import { DAY } from '../../core/time/duration.ts';

export interface IncidentReportsOptions {
  readonly store: IncidentStore;
  readonly open: () => Promise<OpenIncidents>;
  readonly annotations: Pick<Annotations, 'about'>;
  readonly clock: Clock;
}

/** What evaluation has burning. */
export interface OpenIncidents {
  /** Also those of SLOs that no file defines any more, which are about to be closed. */
  readonly ids: ReadonlySet<string>;
  /** Those of the SLOs that are defined, pages first. */
  readonly reports: readonly IncidentReport[];
  /** Which conversation each of them is told in, by its id. */
  readonly conversations: ReadonlyMap<string, string>;
}

/** Read from the store at once, and looked at for one page of a list. */
const BATCH = 100;
const LOOKED_AT = 2000;
/** How far back similar incidents are looked for, and how many are named. */
const SIMILAR_WITHIN = 90 * DAY;
const SIMILAR_LOOKED_AT = 500;
const SIMILAR = 5;

interface Open {
  readonly ids: ReadonlySet<string>;
  readonly byId: ReadonlyMap<string, IncidentReport>;
}

export function createIncidentReports({
  store,
  open,
  annotations,
  clock,
}: IncidentReportsOptions): IncidentReports & OpenedIncidents {
  async function openById(): Promise<Open> {
    const { ids, reports } = await open();
    return { ids, byId: new Map(reports.map((incident) => [incident.id, incident])) };
  }

  /** What is kept of incidents, latest first. */
  async function* kept(from: number, to: number, after: ListPlace | null): AsyncGenerator<IncidentHistory> {
    let before = after && { openedAt: after[0] as number, id: after[1] as string };
    for (;;) {
      const batch = await store.incidents({ from, to, before, limit: BATCH });
      for (const { id, events } of batch) {
        const history = incidentHistory(id, events);
        if (history) yield history;
      }
      if (batch.length < BATCH) return;
      before = batch.at(-1)!;
    }
  }

  async function openPage(query: IncidentQuery, caller: Caller): Promise<IncidentPage> {
    const all = (await open()).reports.filter((incident) => isWanted(incident, query, caller));
    const { items: rest } = listPage(all, openPlace, { after: query.after, limit: Infinity });
    const items: IncidentSummary[] = [];
    for (const incident of rest) {
      if (items.length === query.limit) return { items, next: openPlace(items.at(-1)!) };
      const stored = await store.incident(incident.id);
      const summary = summaryOfOpen(incident, stored && incidentHistory(incident.id, stored.events));
      if (mentions(summary, query.text)) items.push(summary);
    }
    return { items, next: null };
  }

  async function similarTo(history: IncidentHistory, current: Open, caller: Caller) {
    const { slo, workflow, openedAt } = history.first;
    const failure = keyOf(topFailureOf(history));
    const similar: IncidentSummary[] = [];
    let looked = 0;
    for await (const other of kept(openedAt - SIMILAR_WITHIN, openedAt, null)) {
      if (similar.length === SIMILAR || ++looked > SIMILAR_LOOKED_AT) break;
      if (!may(caller, 'read', other.last)) continue;
      const sameFailure =
        other.first.workflow === workflow && failure !== null && keyOf(topFailureOf(other)) === failure;
      if (other.id !== history.id && (other.first.slo === slo || sameFailure))
        similar.push(summaryOf(other, current));
    }
    return similar;
  }

  function notedOf(incident: IncidentReport & { readonly resolvedAt?: number | null }) {
    return annotations.about(incident, incident.began - MAY_EXPLAIN_FOR, incident.resolvedAt ?? clock.now());
  }

  return {
    async incidentPage(query, caller) {
      if (query.state === 'open') return openPage(query, caller);
      const current = await openById();
      const items: IncidentSummary[] = [];
      let looked = 0;
      let last: ListPlace | null = null;
      for await (const history of kept(query.from, query.to, query.after)) {
        if (items.length === query.limit || looked === LOOKED_AT) return { items, next: last };
        looked++;
        last = [history.first.openedAt, history.id];
        const summary = summaryOf(history, current);
        const isOfState = query.state === null || summary.state === query.state;
        if (isOfState && isWanted(summary, query, caller) && mentions(summary, query.text))
          items.push(summary);
      }
      return { items, next: null };
    },

    async incidentsOpened(when, most, caller) {
      const query = { ...when, workflow: null, slo: null, severity: null };
      const current = await openById();
      const items: IncidentSummary[] = [];
      for await (const history of kept(when.from, when.to, null)) {
        if (items.length === most) break;
        const summary = summaryOf(history, current);
        if (isWanted(summary, query, caller)) items.push(summary);
      }
      return items;
    },

    async incident(id, caller) {
      const current = await openById();
      const stored = await store.incident(id);
      const history = stored && incidentHistory(id, stored.events);
      const incident = current.byId.get(id);
      if (history) {
        if (!may(caller, 'read', history.last)) return null;
        const [similar, noted] = await Promise.all([
          similarTo(history, current, caller),
          notedOf(summaryOf(history, current)),
        ]);
        return detailOf(stored, history, current, similar, noted);
      }
      if (!incident || !may(caller, 'read', incident)) return null;
      return {
        ...summaryOfOpen(incident, null),
        ...UNKNOWN,
        annotations: await notedOf(incident),
        events: stored?.events ?? [],
      };
    },
  };
}

/** Pages first, and those that have been open longest. */
function openPlace({ severity, openedAt, id }: IncidentReport): ListPlace {
  return [severity === 'page' ? 0 : 1, openedAt, id];
}

/** What is not known of an incident that opened before its history was kept. */
const UNKNOWN = {
  runbook: null,
  objective: null,
  window: null,
  failedUntil: null,
  failures: [],
  lastFailed: [],
  stuck: [],
  likelyCause: null,
  standsOut: null,
  postmortemAbove: null,
  similar: [],
};

function isWanted(
  incident: Pick<IncidentReport, 'workflow' | 'owner' | 'slo' | 'severity' | 'openedAt'>,
  {
    workflow,
    owner,
    slo,
    severity,
    from,
    to,
  }: Pick<IncidentQuery, 'workflow' | 'owner' | 'slo' | 'severity' | 'from' | 'to'>,
  caller: Caller,
): boolean {
  return (
    may(caller, 'read', incident) &&
    (workflow === null || incident.workflow === workflow) &&
    (owner === null || incident.owner === owner) &&
    (slo === null || incident.slo === slo) &&
    (severity === null || incident.severity === severity) &&
    incident.openedAt >= from &&
    incident.openedAt < to
  );
}

function mentions({ id, slo, owner, topFailure }: IncidentSummary, text: string): boolean {
  if (text === '') return true;
  const parts = [id, slo, owner, topFailure?.step, topFailure?.dependency, topFailure?.error];
  const wanted = text.toLowerCase();
  return parts.some((part) => part?.toLowerCase().includes(wanted));
}

function topFailureOf({ worst }: IncidentHistory): FailureCount | null {
  return worst.failures[0] ?? null;
}

function keyOf(failure: FailureCount | null): string | null {
  return failure && JSON.stringify([failure.step, failure.dependency, failure.error]);
}

function known(
  history: IncidentHistory,
): Pick<IncidentSummary, 'resolvedAt' | 'cause' | 'pagedAt' | 'cost' | 'topFailure'> {
  const { last, resolvedAt, cause, pagedAt } = history;
  const { good, bad } = last.during;
  return {
    resolvedAt,
    cause,
    pagedAt,
    // What closed because no file defines its SLO any more has no figures of its own.
    cost: cause === 'removed' ? null : { at: last.at, good, bad, budget: last.budgetSpent },
    topFailure: topFailureOf(history),
  };
}

function summaryOfOpen(incident: IncidentReport, history: IncidentHistory | null): IncidentSummary {
  const unknown = { resolvedAt: null, cause: null, pagedAt: null, cost: null, topFailure: null };
  return { ...incident, ...(history ? known(history) : unknown), state: 'open', resolvedAt: null };
}

function summaryOf(history: IncidentHistory, current: Open): IncidentSummary {
  const { id, first, last, events, severity, acknowledged, resolvedAt } = history;
  const open = current.byId.get(id);
  if (open) return summaryOfOpen(open, history);
  const changes = events.filter((event) => 'tier' in event);
  const severest = changes.find((change) => change.severity === severity) ?? first;
  return {
    id,
    slo: last.slo,
    workflow: last.workflow,
    owner: last.owner,
    severity,
    tier: severest.tier,
    firing: [],
    openedAt: first.openedAt,
    began: first.began ?? first.openedAt,
    notified: [...new Set(changes.flatMap(({ notified }) => notified))],
    peakBurnRate: last.peakBurnRate,
    acknowledged,
    silenced: null,
    ...known(history),
    state: resolvedAt !== null ? 'resolved' : current.ids.has(id) ? 'open' : 'lost',
  };
}

function detailOf(
  { events }: StoredIncident,
  history: IncidentHistory,
  current: Open,
  similar: readonly IncidentSummary[],
  annotations: readonly Annotation[],
): IncidentDetail {
  const { last, worst } = history;
  const changes = events.filter((event) => 'tier' in event);
  return {
    ...summaryOf(history, current),
    runbook: last.runbook,
    objective: last.objective,
    window: last.window,
    failedUntil: last.failedUntil,
    failures: worst.failures,
    lastFailed: worst.lastFailed,
    stuck: changes.findLast(({ stuck }) => stuck.length > 0)?.stuck ?? [],
    likelyCause: changes.findLast(({ likelyCause }) => likelyCause !== null)?.likelyCause ?? null,
    standsOut: changes.findLast(({ standsOut }) => standsOut !== null)?.standsOut ?? null,
    postmortemAbove: last.postmortem?.above ?? null,
    events,
    annotations,
    similar,
  };
}
