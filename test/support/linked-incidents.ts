import type { Incident } from '../../src/core/alerting/incident.ts';
import { QUIET } from '../../src/core/alerting/incident.ts';
import type { LinkAction, FollowLinks } from '../../src/core/ports/incident-links.ts';
import type { ManageIncidents } from '../../src/core/ports/operator.ts';
import type { ManageSilences } from '../../src/core/ports/silences.ts';
import type { Severity } from '../../src/core/slo/alert-policy.ts';
import { DAY } from '../../src/core/time/duration.ts';
import { createRecurrences } from '../../src/engine/adjustments/recurrence.ts';
import { createFollowLinks } from '../../src/engine/incidents/follow-links.ts';
import { createManageIncidents } from '../../src/engine/incidents/open-incidents.ts';
import { createSignedLinks } from '../../src/engine/incidents/signed-links.ts';
import { createManageSilences } from '../../src/engine/silences/manage-silences.ts';
import { createSilences } from '../../src/engine/silences/silences.ts';
import { define, defineSlo } from './definitions.ts';
import type { World } from './world.ts';
import { startWorld } from './world.ts';

export const LINK_SECRET = 'c2f1b0a9e8d7c6b5a4f3';

const SLOS = ['orders', 'carts', 'mails'].map((workflow) =>
  defineSlo({ workflow, name: 'done', owner: 'payments' }),
);

/** Incidents of three workflows in an embedded store, of which the first two are told in one conversation. */
export interface LinkedIncidents {
  readonly world: World;
  readonly incidents: ManageIncidents;
  readonly silences: ManageSilences;
  readonly links: FollowLinks;
  /** A link as a message of this moment would have it. */
  link(action: LinkAction, of?: string, severity?: Severity, secret?: string): string;
  /** Has the incident of a workflow stand so; null: it is over. */
  stands(workflow: string, severity: Severity | null): Promise<void>;
}

export async function linkIncidents(): Promise<LinkedIncidents> {
  const world = await startWorld({ slos: SLOS });
  const { store, clock, log } = world;
  const definitions = () => define(SLOS);
  const recurrences = createRecurrences(log);
  const incidents = createManageIncidents({ store, definitions, clock, log });
  const silences = createManageSilences({
    store,
    silences: createSilences({ store, recurrences, log }),
    recurrences,
    definitions,
    incidents: () => incidents.incidents(),
    clock,
    log,
  });
  const revisions = new Map<string, number>();
  const { read } = createSignedLinks([LINK_SECRET]);
  const incidentOf = (workflow: string, severity: Severity): Incident => ({
    id: `${workflow}-1`,
    openedAt: clock.now(),
    began: clock.now(),
    severity,
    tier: 'fast',
    peakBurnRate: 18.4,
    pagedAt: severity === 'page' ? clock.now() : null,
    stepsTaken: 0,
    lastNotifiedAt: clock.now(),
    acknowledged: null,
    sequence: 1,
    notified: [],
    conversation: {
      id: workflow === 'mails' ? 'mails-1' : 'orders-1',
      openedAt: clock.now(),
      slo: 'orders/done',
      signs: [],
    },
  });
  const linked: LinkedIncidents = {
    world,
    incidents,
    silences,
    links: createFollowLinks({ read, incidents, silences, store, clock }),
    link(action, of = 'orders', severity = 'page', secret = LINK_SECRET) {
      const expiresAt = clock.now() + DAY;
      return createSignedLinks([secret]).sign({ action, incident: `${of}-1`, severity, expiresAt })!;
    },
    async stands(workflow, severity) {
      const revision = revisions.get(workflow) ?? 0;
      const incident = severity === null ? null : incidentOf(workflow, severity);
      const change = { slo: `${workflow}/done`, revision, state: { ...QUIET, incident }, rows: [] };
      await store.commit('this process', [change]);
      revisions.set(workflow, revision + 1);
    },
  };
  await linked.stands('orders', 'page');
  await linked.stands('carts', 'page');
  await linked.stands('mails', 'page');
  return linked;
}
