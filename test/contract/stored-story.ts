import { ANYONE } from '../support/tokens.ts';
import type { AlertPolicy, Tier } from '../../src/core/slo/alert-policy.ts';
import { tried } from './outbox-rows.ts';
import { DEFAULT_POLICY_SETTINGS } from '../../src/core/slo/alert-policy.ts';
import { seriesOf } from '../../src/core/slo/series.ts';
import type { Definitions, Slo, Team } from '../../src/core/slo/slo.ts';
import type { ManageAdjustments, ManageIncidents } from '../../src/core/ports/operator.ts';
import { isRefused } from '../../src/core/ports/refused.ts';
import type { Recorder } from '../../src/core/ports/recorder.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { createAdjustments } from '../../src/engine/adjustments/adjustments.ts';
import { createExcludedSeries } from '../../src/engine/adjustments/excluded-series.ts';
import { createManageAdjustments } from '../../src/engine/adjustments/manage-adjustments.ts';
import { createCounterCache } from '../../src/engine/counters/counter-cache.ts';
import { createDeriver } from '../../src/engine/counters/derive.ts';
import { createReader } from '../../src/engine/counters/evidence-reader.ts';
import type { Evaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createEvaluator } from '../../src/engine/evaluate/evaluate.ts';
import type { DataLosses } from '../../src/engine/incidents/data-losses.ts';
import { createDataLosses } from '../../src/engine/incidents/data-losses.ts';
import { createManageIncidents } from '../../src/engine/incidents/open-incidents.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import type { ManualClock } from '../support/clock.ts';
import { START } from '../support/clock.ts';
import { PAYMENTS, define, defineSlo } from '../support/definitions.ts';
import { memoryLog } from '../support/memory-log.ts';

/**
 * What the stored data of the fixtures is about: twenty minutes of a service with an SLO for each kind of tier. The
 * fixtures were written by playing it, so it may be added to, but what is there must stay as it is.
 */
const LEADS: Team = { name: 'leads', page: ['lead'], ticket: ['lead'], fallback: [], timeZone: null };
const TEAMS: readonly Team[] = [PAYMENTS, LEADS];

const burnRate = (name: string, severity: 'page' | 'ticket', long: number, factor: number): Tier => ({
  kind: 'burnRate',
  name,
  severity,
  long,
  short: 2 * MINUTE,
  factor,
  loweredFrom: null,
});
const only = (...tiers: readonly Tier[]): AlertPolicy => ({ ...DEFAULT_POLICY_SETTINGS, tiers });

const SLOS: readonly Slo[] = [
  // A page that nobody acknowledged in time, and then somebody did.
  defineSlo({ alerts: { escalation: [{ after: 10 * MINUTE, to: ['lead'] }] } }),
  // From ticket to page and back.
  defineSlo({
    workflow: 'billing',
    alerts: {
      ...only(burnRate('fast', 'page', 10 * MINUTE, 10), burnRate('drift', 'ticket', HOUR, 2)),
      resolveAfter: MINUTE,
    },
  }),
  defineSlo({
    workflow: 'imports',
    alerts: only({ kind: 'outage', name: 'outage', severity: 'page' }),
  }),
  defineSlo({
    workflow: 'exports',
    alerts: only({ kind: 'forecast', name: 'forecast', severity: 'ticket', within: DAY }),
  }),
  defineSlo({
    workflow: 'feed',
    alerts: only({ kind: 'noData', name: 'silent', severity: 'ticket', after: 10 * MINUTE }),
  }),
  defineSlo({
    workflow: 'mail',
    alerts: {
      ...only({ kind: 'successRate', name: 'low', severity: 'page', below: 0.98, over: 15 * MINUTE }),
      repeat: 10 * MINUTE,
    },
  }),
  defineSlo({
    workflow: 'audit',
    alerts: only({ kind: 'budgetRemaining', name: 'low', severity: 'ticket', below: 0.25 }),
  }),
  // Fails for a while and is well again.
  defineSlo({
    workflow: 'search',
    alerts: { ...only({ kind: 'outage', name: 'outage', severity: 'page' }), resolveAfter: MINUTE },
  }),
  // All of its failures fall into an adjustment.
  defineSlo({ workflow: 'nightly' }),
  // Has executions in flight, some of them overdue.
  defineSlo({ workflow: 'batch', name: 'in-10m', sli: { withinMs: 10 * MINUTE } }),
  // Its state and notification are put into the shape of version 0.1 at the end.
  defineSlo({ workflow: 'legacy' }),
];

export const definitions: Definitions = define(SLOS, TEAMS);

/** When the story ends. */
export const END = START + 20 * MINUTE;

/** One process: what it takes in, evaluates, and is asked. */
export interface Process {
  readonly recorder: Recorder;
  readonly evaluator: Evaluator;
  readonly operator: ManageAdjustments & ManageIncidents;
}

export function startProcess(
  store: Store,
  clock: ManualClock,
  owner: string,
  log = memoryLog(),
  slos = definitions,
): Process {
  const current = () => slos;
  const counterCache = createCounterCache(store);
  const adjustments = createAdjustments(store, log);
  const reader = createReader({ store, counterCache, excluded: adjustments.excluded });
  const deriver = createDeriver({ store, counterCache, log });
  const excluded = createExcludedSeries({ store, adjustments, log });
  return {
    recorder: createRecorder({ store, definitions: current, clock, queueLimit: 10_000 }),
    evaluator: createEvaluator({
      store,
      reader,
      deriver: {
        async derive(slos, now) {
          await deriver.derive(slos, now);
          await excluded.write(slos, now);
        },
      },
      definitions: current,
      owner,
      term: () => 1,
      elapsed: () => clock.now(),
      log,
    }),
    operator: {
      ...createManageAdjustments({ store, adjustments, definitions: current, clock, log }),
      ...createManageIncidents({ store, definitions: current, clock, log }),
    },
  };
}

/** Good and bad outcomes of each workflow in one minute of the story. */
function traffic(minute: number): Readonly<Record<string, readonly [good: number, bad: number]>> {
  return {
    orders: [0, 20],
    billing: minute < 4 ? [96, 4] : minute < 8 ? [50, 50] : [1000, 0],
    // Good at last, so that its tier is about to resolve.
    imports: minute === 19 ? [10, 0] : [0, 30],
    exports: minute < 3 ? [500, 0] : [500, 10],
    feed: minute === 0 ? [5, 0] : [0, 0],
    mail: [90, 10],
    audit: [100, 2],
    search: minute < 5 ? [0, 50] : [500, 0],
    nightly: [0, 40],
    legacy: [0, 25],
  };
}

/** Reports the outcomes of one minute. */
export async function report({ recorder }: Process, minute: number): Promise<void> {
  const records = Object.entries(traffic(minute)).flatMap(([workflow, [good, bad]]) => [
    { workflow, execution: `good-${minute}`, status: 'succeeded', count: good },
    {
      workflow,
      execution: `bad-${minute}`,
      status: 'failed',
      count: bad,
      error: 'timeout',
      dependency: 'bank',
      traceId: '0af7651916cd43dd8448eb211c80319c',
    },
  ]);
  await recorder.record([
    ...records.filter(({ count }) => count > 0),
    { workflow: 'batch', execution: `run-${minute}`, status: 'started' },
    ...(minute % 4 === 1 ? [{ workflow: 'batch', execution: `run-${minute - 1}`, status: 'succeeded' }] : []),
  ]);
}

const OWNER = 'the story';

/** Plays the story on an empty store and leaves it there, led by no process. */
export async function playStory(store: Store, clock: ManualClock): Promise<void> {
  const process = startProcess(store, clock, OWNER);
  const { evaluator, operator } = process;
  await store.identity();
  await store.lead(OWNER, 1000 * DAY);
  // The budget of a history that is younger than this would say nothing yet.
  const judgedByBudget = SLOS.filter(({ workflow }) => ['audit', 'exports'].includes(workflow));
  await store.registerSlis(seriesOf(judgedByBudget), START - 28 * DAY);
  await adjust(operator);
  for (let minute = 0; minute < 20; minute++) {
    clock.set(START + minute * MINUTE);
    await report(process, minute);
    await evaluator.tick(clock.now());
    if (minute === 15) await acknowledge(operator);
  }
  await deliver(store, clock);
  clock.set(END);
  await loseData(store, clock);
  await store.resign(OWNER);
}

/** Two losses of data: people were notified of none yet, and one is acknowledged. */
async function loseData(store: Store, clock: ManualClock): Promise<void> {
  const losses = startLosses(store, clock, false);
  await losses.note([
    { kind: 'wiped', part: null },
    { kind: 'rolled-back', part: '10.0.0.1:6379' },
  ]);
  const wiped = (await losses.losses()).find(({ kind }) => kind === 'wiped')!;
  await losses.acknowledgeLoss(wiped.id, { by: 'eve', note: 'a new disk' }, ANYONE);
}

/** What remembers losses of data; one that leads notifies people of them. */
export function startLosses(store: Store, clock: ManualClock, leads: boolean, log = memoryLog()): DataLosses {
  return createDataLosses({
    store,
    definitions: () => definitions,
    leading: () => leads,
    openIncidents: () => [],
    clock,
    log,
  });
}

async function adjust(operator: ManageAdjustments & ManageIncidents): Promise<void> {
  const at = (offset: number) => new Date(START + offset).toISOString();
  const span = { from: at(-HOUR), to: at(3 * HOUR) };
  const create = async (request: object): Promise<string> => {
    const answer = await operator.adjust({ reason: 'maintenance', by: 'eve', ...request }, ANYONE);
    if (isRefused(answer)) throw new Error(answer.problems.join(' '));
    return answer.id;
  };
  await create({ slo: 'nightly/done', ...span });
  await create({
    workflow: 'nightly',
    rrule: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=1;BYMINUTE=0',
    start: '2026-03-01T00:00:00Z',
    duration: '2h',
    timeZone: 'Europe/Berlin',
  });
  for (const [slo, kind] of [
    ['search/done', 'ended'],
    ['audit/done', 'withdrawn'],
  ] as const) {
    await operator.endAdjustment(
      await create({ slo, ...span }),
      kind,
      { by: 'adam', reason: 'done' },
      ANYONE,
    );
  }
}

async function acknowledge(operator: ManageAdjustments & ManageIncidents): Promise<void> {
  const incident = (await operator.incidents()).find(({ slo }) => slo === 'orders/done')!;
  await operator.acknowledge(incident.id, { by: 'eve', note: 'looking' }, ANYONE);
}

/** Some is delivered, some is given up, some is tried again later, and one claim is not settled. */
async function deliver(store: Store, clock: ManualClock): Promise<void> {
  const now = clock.now();
  for (const claim of await store.claim(OWNER, now, 20 * SECOND, 100)) {
    const { slo } = claim.rows[0]!.facts;
    if (slo === 'search/done') await store.settle(claim, { result: 'delivered' }, now);
    else if (slo === 'imports/done') {
      const reason = 'HTTP 410: channel_is_archived';
      const instead = claim.rows.map((row) => ({
        ...row,
        id: `${row.id}/mail`,
        target: 'mail',
        createdAt: now,
        facts: { ...row.facts, insteadOf: { target: claim.target, reason } },
      }));
      await store.settle(claim, { result: 'undeliverable', rows: tried(claim, reason), instead }, now);
    } else if (slo === 'exports/done') {
      const rows = tried(claim, 'HTTP 503');
      await store.settle(claim, { result: 'retry', at: now + MINUTE, rows }, now);
    } else if (slo !== 'feed/done') await store.settle(claim, { result: 'released' }, now);
  }
}
