import { ANYONE } from '../support/tokens.ts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NotificationFacts, OutboxRow } from '../../src/core/alerting/notification.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { addCounts, statisticsOf } from '../../src/core/statistics/outcome-counts.ts';
import type { OutcomeStatistics } from '../../src/core/statistics/outcome-counts.ts';
import { cellsOfWindow } from '../../src/core/statistics/statistic-cells.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { createDeliverer } from '../../src/engine/deliver/deliver.ts';
import { composeMessage } from '../../src/notify/message/message.ts';
import { phraseText } from '../../src/notify/message/phrase.ts';
import type { ManualClock } from '../support/clock.ts';
import { START, manualClock } from '../support/clock.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import type { LogEntry } from '../support/memory-log.ts';
import { memoryLog } from '../support/memory-log.ts';
import { recordingTarget } from '../support/recording-target.ts';
import { startRedis } from '../support/redis.ts';
import type { Edit } from './raw-data.ts';
import type { Restore, StoredPlace } from './stored-places.ts';
import { restoreInLmdb, restoreInRedis } from './stored-places.ts';
import { END, definitions, playStory, report, startLosses, startProcess } from './stored-story.ts';

const COMMITS = readdirSync(join(import.meta.dirname, 'fixtures')).filter((name) => !name.includes('.'));
const server = await startRedis();
afterAll(() => server.stop());
const PLACES: readonly (readonly [string, Restore])[] = [
  ['LMDB', restoreInLmdb],
  ['Redis', restoreInRedis(server)],
];
/** Has values in the shapes of the first code that stored any, see fixtures/README.md. */
const OLDEST = '584173e';
const OWNER = 'the new version';
/** Kept no statistics of steps, nor what happened to incidents. */
const WITHOUT_HISTORIES = new Set([OLDEST, '7121bcd', '155bbd7']);
/** A version that no code knows. */
const NEWER = 99;

let place: StoredPlace;
let store: Store;
let clock: ManualClock;
let log: ReturnType<typeof memoryLog>;
afterEach(async () => {
  await store.close();
  await place.destroy();
});

/** Opens what was restored, and leads. */
async function open(restored: StoredPlace): Promise<ReturnType<typeof startProcess>> {
  place = restored;
  clock = manualClock(END - MINUTE / 2);
  log = memoryLog();
  store = await place.open(clock);
  await store.lead(OWNER, 1000 * DAY);
  return startProcess(store, clock, OWNER, log);
}

/** Delivers until nothing is sent any more, and gives what was sent to whom. */
async function deliverAll(): Promise<Map<string, NotificationFacts[]>> {
  const targets = ['pager', 'inbox', 'lead', 'mail'].map((name) => recordingTarget(name));
  for (let round = 0, last = -1; round < 40; round++) {
    const deliverer = createDeliverer({
      store,
      definitions: () => definitions,
      targetOf: (name) => targets.find((target) => target.name === name) ?? null,
      owner: OWNER,
      clock,
      random: () => 0,
      log,
      onDelivery: () => undefined,
    });
    await deliverer.run();
    await deliverer.stop(10 * SECOND);
    clock.advance(2 * SECOND);
    const sent = targets.reduce((sum, target) => sum + target.sent.length, 0);
    // Claims of the story run out, and its retry is due, within a minute.
    if (sent === last && clock.now() > END + 2 * MINUTE) break;
    last = sent;
    if (round > 20) clock.advance(30 * SECOND);
  }
  return new Map(targets.map(({ name, sent }) => [name, sent.flatMap(({ facts }) => facts)]));
}

function sentence(...facts: readonly NotificationFacts[]): string {
  const message = composeMessage({ facts, key: 'key' }, { publicUrl: null, traceUrl: null });
  expect(JSON.stringify(message)).not.toMatch(/undefined|NaN/);
  return phraseText(message.sentence);
}

/**
 * The paths of all fields of these values, with the kind of what they hold, but for names that are data (of SLOs, tiers and
 * attributes) and for what is null in some. A field that was left over, lost or named otherwise would show.
 */
function fieldsOf(values: readonly unknown[]): readonly string[] {
  const paths = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (value === null || typeof value !== 'object') return void paths.add(path);
    if (Array.isArray(value)) {
      // An empty list is there all the same.
      if (value.length === 0) paths.add(`${path}[]`);
      return value.forEach((item) => walk(item, `${path}[]`));
    }
    for (const [key, held] of Object.entries(value)) {
      // Incidents of earlier versions have neither.
      if (key === 'definition' || key === 'conversation') continue;
      walk(held, /\.(firing|where)$/.test(path) ? `${path}.*` : `${path}.${key}`);
    }
  };
  for (const value of values) walk(value, '');
  const all = [...paths];
  // Null in one and a map in another: the longer path says it. The first version knew nothing of when outcomes failed,
  // nor of what is stuck.
  return all
    .filter((path) => !all.some((other) => other.startsWith(`${path}.`)))
    .map((path) => path.replace(/^\.facts\.(failing|recovering|stuck)(\.|\[).*/, '.facts.$1'))
    .filter((path, index, paths) => paths.indexOf(path) === index)
    .toSorted();
}

/** The statistics of all executions of a workflow in the hour before now. */
async function endToEnd(workflow: string, from: Store = store): Promise<OutcomeStatistics> {
  const { cells } = cellsOfWindow(HOUR, clock.now());
  const counts = new Map<number, number>();
  for (const found of (await from.readStatistics(workflow, cells)).flat()) addCounts(counts, found.counts);
  return statisticsOf(counts);
}

const errors = (): readonly LogEntry[] => log.entries.filter(({ level }) => level === 'error');
const isLegacy = (slo: string): boolean => slo === 'legacy/done';

describe.each(PLACES)('in %s', (_name, restore) => {
  describe.each(COMMITS)('what %s wrote', (commit) => {
    let played: Store;
    beforeAll(async () => {
      const clock = manualClock();
      played = await openEmbeddedStore(2, clock);
      await playStory(played, clock);
    });
    afterAll(() => played.close());

    it('reads as if this version had written it', async () => {
      await open(await restore(commit));
      const states = [...(await store.loadStates())].filter(([slo]) => !isLegacy(slo));
      const current = [...(await played.loadStates())].filter(([slo]) => !isLegacy(slo));
      expect(current.length).toBeGreaterThan(5);
      // What is judged otherwise since has other values, but no other fields.
      expect(fieldsOf(states)).toEqual(fieldsOf(current));
      const { pending, undeliverable } = await store.outbox(100);
      const own = await played.outbox(100);
      const rows = (all: readonly OutboxRow[]) =>
        all
          // People were not told of acknowledgements by themselves then.
          .filter(({ facts }) => !isLegacy(facts.slo) && facts.kind !== 'acknowledged')
          .toSorted((a, b) => a.id.localeCompare(b.id));
      expect(fieldsOf([...rows(pending), ...undeliverable])).toEqual(
        fieldsOf([...rows(own.pending), ...own.undeliverable]),
      );
      const histories = async (of: Store) =>
        (await of.incidents({ from: 0, to: END, before: null, limit: 100 })).map(({ events }) => events);
      const expected = WITHOUT_HISTORIES.has(commit) ? [] : await histories(played);
      expect(await histories(store)).toHaveLength(expected.length);
      expect(fieldsOf((await histories(store)).flat())).toEqual(fieldsOf(expected.flat()));
      expect(expected.length > 0).toBe(!WITHOUT_HISTORIES.has(commit));
      const kinds = new Set(pending.flatMap(({ facts }) => facts.reasons.map(({ kind }) => kind)));
      expect([...kinds].toSorted()).toEqual([
        'budgetRemaining',
        'burnRate',
        'forecast',
        'noData',
        'outage',
        'successRate',
      ]);
    });

    it('J1 D2: evaluation goes on: incidents stay open, and a reminder is due when it was', async () => {
      const process = await open(await restore(commit));
      const before = await store.loadStates();
      expect((await process.evaluator.tick(clock.now())).transitions).toBe(0);
      clock.set(END);
      await report(process, 20);
      expect(await process.evaluator.tick(END)).toMatchObject({
        failed: 0,
        transitions: 1,
        notifications: 1,
      });
      const after = await store.loadStates();
      const incidents = (states: typeof before) =>
        new Map([...states].map(([slo, { state }]) => [slo, state!.incident?.id]));
      expect(incidents(after)).toEqual(incidents(before));
      expect(after.size).toBe(10);
      expect(after.get('mail/done')!.state!.incident).toMatchObject({ sequence: 3, lastNotifiedAt: END });
      expect(after.get('orders/done')!.state!.incident!.acknowledged).toMatchObject({ by: 'eve' });
      // Its adjustment still applies.
      expect(after.get('nightly/done')?.state?.incident ?? null).toBeNull();
      expect(errors()).toEqual([]);
    });

    it('D3 D4: what is pending is delivered, in the right words', async () => {
      await open(await restore(commit));
      const sent = await deliverAll();
      expect((await store.outbox(100)).pendingCount).toBe(0);
      const of = (target: string, slo: string) => sent.get(target)!.filter((facts) => facts.slo === slo);
      for (const facts of [...sent.values()].flat()) sentence(facts);
      expect(of('inbox', 'billing/done').map(({ kind }) => kind)).toEqual([
        'opened',
        'escalated',
        'deescalated',
        'resolved',
      ]);
      // The first version took a run in one minute for proof.
      const run = commit === OLDEST ? 30 : 60;
      expect(sentence(...of('mail', 'imports/done'))).toBe(
        `The last ${run} executions all failed since 12:00 UTC.`,
      );
      expect(sentence(...of('lead', 'orders/done'))).toMatch(/^The last 220 executions all failed since/);
      // These were delivered before.
      expect(of('pager', 'search/done')).toEqual([]);
    });

    it('C1 C2: counts go on, adjustments and acknowledgements are as they were', async () => {
      const process = await open(await restore(commit));
      const again = { workflow: 'orders', execution: 'bad-5', status: 'failed', count: 20 };
      expect(await process.recorder.record([again])).toMatchObject({ accepted: 0, duplicates: 1 });
      const { running } = await store.inFlight('batch');
      // Earlier versions kept no statistics; what started then and ends now is counted, with its duration.
      const ended = await endToEnd('batch');
      const none = statisticsOf(new Map());
      const kept = WITHOUT_HISTORIES.has(commit) ? none : await endToEnd('orders', played);
      expect(await endToEnd('orders')).toEqual(kept);
      expect(kept.failed > 0).toBe(!WITHOUT_HISTORIES.has(commit));
      await process.recorder.record([{ workflow: 'batch', execution: 'run-18', status: 'succeeded' }]);
      expect((await store.inFlight('batch')).running).toBe(running - 1);
      expect(await endToEnd('batch')).toMatchObject({
        succeeded: ended.succeeded + 1,
        attempts: ended.attempts + 1,
        p99Ms: expect.closeTo(clock.now() - (START + 18 * MINUTE), -4) as number,
      });
      const adjustments = await process.operator.adjustments();
      expect(
        adjustments.map(({ slo, when, ended, withdrawn }) => [slo, when.kind, ended?.by, withdrawn?.by]),
      ).toEqual(
        expect.arrayContaining([
          ['nightly/done', 'once', undefined, undefined],
          [null, 'recurring', undefined, undefined],
          ['search/done', 'once', 'adam', undefined],
          ['audit/done', 'once', undefined, 'adam'],
        ]),
      );
      const incident = (await process.operator.incidents()).find(({ slo }) => slo === 'orders/done')!;
      expect(await process.operator.acknowledge(incident.id, { by: 'adam' }, ANYONE)).toMatchObject({
        by: 'eve',
        note: 'looking',
      });
    });
  });

  it.each(COMMITS.filter((name) => name !== OLDEST))(
    'J2: losses of data that %s wrote are remembered, notified of once, and taken for acknowledged',
    async (wrote) => {
      await open(await restore(wrote));
      const losses = startLosses(store, clock, true, log);
      await losses.refresh();
      expect(
        (await losses.losses()).map(({ kind, part, acknowledged }) => [kind, part, acknowledged]),
      ).toEqual(
        expect.arrayContaining([
          ['wiped', null, { at: END, by: 'eve', note: 'a new disk', actor: null }],
          ['rolled-back', '10.0.0.1:6379', null],
        ]),
      );
      expect(losses.open().map(({ kind }) => kind)).toEqual(['rolled-back']);
      const notified = async () =>
        (await store.outbox(1000)).pending.filter(({ facts }) => facts.kind === 'data-loss').length;
      const first = await notified();
      expect(first).toBeGreaterThan(0);
      await losses.refresh();
      expect(await notified()).toBe(first);
      expect(await losses.acknowledgeLoss(losses.open()[0]!.id, { by: 'adam' }, ANYONE)).toMatchObject({
        acknowledged: { by: 'adam' },
      });
      expect(losses.open()).toEqual([]);
    },
  );

  it('a loss of data that a newer version stored is left alone, and the others are known', async () => {
    const wrote = COMMITS.at(-1)!;
    await open(await restore(wrote));
    const [{ id } = { id: '' }] = await startLosses(store, clock, false).losses();
    await store.close();
    await open(await restore(wrote, newer(`losses ${id}`)));
    const losses = startLosses(store, clock, true, log);
    await losses.refresh();
    expect((await losses.losses()).map((loss) => loss.id)).not.toContain(id);
    expect(await losses.losses()).toHaveLength(1);
    expect(await place.value('losses', id)).toMatchObject({ v: NEWER, meaning: 'another' });
  });

  it('the shapes of the first version have all fields, and say what they said', async () => {
    await open(await restore(OLDEST));
    const incident = (await store.loadStates()).get('legacy/done')!.state!.incident!;
    const like = (await store.loadStates()).get('imports/done')!.state!.incident!;
    expect(Object.keys(incident).toSorted()).toEqual(Object.keys(like).toSorted());
    const { pending } = await store.outbox(100);
    const fields = (row: OutboxRow) => Object.keys(row.facts).toSorted();
    const legacy = pending.filter(({ facts }) => isLegacy(facts.slo));
    expect(legacy.map(({ target }) => target).toSorted()).toEqual(['inbox', 'pager']);
    const own = pending.find(({ facts }) => facts.slo === 'imports/done')!;
    for (const row of legacy) expect(fields(row)).toEqual(fields(own));
    const sent = (await deliverAll()).get('inbox')!.filter(({ slo }) => isLegacy(slo));
    expect(sentence(...sent)).toMatch(/^25 of 25 attempts calling bank failed in the last 5 minutes/);
  });

  const [commit] = COMMITS as [string];
  /** Makes values of these ids newer than the code. */
  const newer =
    (...ids: readonly string[]): Edit =>
    (of, id, value) =>
      ids.includes(`${of} ${id}`) ? { ...value, v: NEWER, meaning: 'another' } : value;
  const incidentOf = async (slo: string): Promise<string> =>
    (await store.loadStates()).get(slo)!.state!.incident!.id;

  it('J4: an alert state of a newer version is left alone, and other SLOs go on', async () => {
    const process = await open(await restore(commit, newer('state orders/done')));
    clock.set(END);
    await report(process, 20);
    expect(await process.evaluator.tick(END)).toMatchObject({ failed: 1, transitions: 1 });
    expect(errors()).toMatchObject([
      { fields: { slo: 'orders/done', error: expect.stringContaining('a newer version') as string } },
    ]);
    expect((await process.operator.incidents()).map(({ slo }) => slo)).not.toContain('orders/done');
    expect(await store.records('acknowledgements')).toHaveLength(1);
    expect(await place.value('state', 'orders/done')).toMatchObject({ v: NEWER, meaning: 'another' });
  });

  it('an alert state of a newer version is not closed when no file defines its SLO any more', async () => {
    await open(await restore(commit, newer('state mail/done')));
    const workflows = new Map(
      [...definitions.workflows].filter(([name]) => !['mail', 'audit'].includes(name)),
    );
    const process = startProcess(store, clock, OWNER, log, { ...definitions, workflows });
    await process.evaluator.tick(clock.now());
    clock.advance(2 * MINUTE);
    await process.evaluator.tick(clock.now());
    expect(await place.value('state', 'mail/done')).toMatchObject({ v: NEWER, meaning: 'another' });
    expect(await place.value('state', 'audit/done')).toMatchObject({ incident: null });
  });

  it('D3: a row of a newer version waits with its conversation, and others are delivered', async () => {
    await open(await restore(commit));
    const incident = await incidentOf('mail/done');
    await store.close();
    const id = `${incident}/1/pager`;
    await open(await restore(commit, newer(`row ${id}`)));
    const sent = await deliverAll();
    expect(sent.get('pager')!.map(({ slo }) => slo)).toContain('orders/done');
    expect(sent.get('pager')!.map(({ slo }) => slo)).not.toContain('mail/done');
    const { pending, pendingCount } = await store.outbox(100);
    expect([pending.map((row) => row.id), pendingCount]).toEqual([[`${incident}/2/pager`], 2]);
    expect(errors()[0]).toMatchObject({ fields: { target: 'pager', rows: [id] } });
    expect(await place.value('row', id)).toMatchObject({ v: NEWER, attempts: 0 });
  });

  it('an adjustment of a newer version does not apply, cannot be ended, and is named once', async () => {
    await open(await restore(commit));
    const adjustment = (await store.records('adjustments')).find(
      ({ value }) => (value as { readonly slo: string | null }).slo === 'nightly/done',
    )!;
    await store.close();
    const process = await open(await restore(commit, newer(`adjustments ${adjustment.id}`)));
    clock.set(END);
    await report(process, 20);
    await process.evaluator.tick(END);
    expect((await process.operator.incidents()).map(({ slo }) => slo)).toContain('nightly/done');
    expect(
      await process.operator.endAdjustment(adjustment.id, 'withdrawn', { by: 'adam' }, ANYONE),
    ).toMatchObject({
      refused: 'unknown',
      problems: [expect.stringContaining('A newer version of Burnwatch stored the adjustment')],
    });
    expect(errors()).toMatchObject([{ fields: { adjustment: adjustment.id } }]);
    expect(await place.value('adjustments', adjustment.id)).toMatchObject({ v: NEWER, withdrawn: null });
  });

  it('an acknowledgement of a newer version does not hold here, and stays', async () => {
    await open(await restore(commit));
    const incident = await incidentOf('mail/done');
    await store.putRecord('acknowledgements', incident, 0, { v: NEWER, who: 'eve' });
    const process = startProcess(store, clock, OWNER, log);
    clock.set(END);
    await report(process, 20);
    expect((await process.evaluator.tick(END)).transitions).toBe(1);
    expect(errors()).toMatchObject([{ fields: { incident } }]);
    expect(await process.operator.acknowledge(incident, { by: 'adam' }, ANYONE)).toMatchObject({
      refused: 'unknown',
      problems: [expect.stringContaining('A newer version of Burnwatch stored an acknowledgement')],
    });
    expect(await place.value('acknowledgements', incident)).toEqual({ v: NEWER, who: 'eve' });
  });

  it('J4: an account of evaluation of a newer version is not written over, and evaluation goes on', async () => {
    const process = await open(await restore(commit, newer('evaluation watch')));
    for (const at of [END, END + 2 * MINUTE]) {
      clock.set(at);
      await report(process, at === END ? 20 : 22);
      expect((await process.evaluator.tick(at)).failed).toBe(0);
    }
    expect(errors()).toMatchObject([{ fields: { record: 'watch' } }]);
    expect(await place.value('evaluation', 'watch')).toMatchObject({ v: NEWER, meaning: 'another' });
  });

  it('a format that is newer is refused, with both numbers and what would be right', async () => {
    await open(await restore(commit));
    await store.close();
    place = await restore(commit, undefined, NEWER);
    await expect(place.open(clock)).rejects.toThrow(
      /has format 99, and this version of Burnwatch knows formats up to 3: run the version that wrote it or a newer one, or use another store\.$/,
    );
    expect(await place.format()).toBe(NEWER);
    // The same data of this format opens.
    place = await restore(commit);
    store = await place.open(clock);
    await store.close();
    expect(await place.format()).toBe(3);
  });
});
