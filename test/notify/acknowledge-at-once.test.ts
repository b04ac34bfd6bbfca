import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Slo } from '../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { systemClock } from '../support/clock.ts';
import { createDeliverer } from '../../src/engine/deliver/deliver.ts';
import type { Deliverer } from '../../src/engine/deliver/deliver.ts';
import { createManageIncidents } from '../../src/engine/incidents/open-incidents.ts';
import type { Targets } from '../../src/notify/target-registry.ts';
import { createTargets } from '../../src/notify/target-registry.ts';
import { alertStory } from '../engine/evaluate/alert-story.ts';
import { PAYMENTS, define, defineSlo } from '../support/definitions.ts';
import { OUTBOUND } from '../support/outbound.ts';
import { ANYONE } from '../support/tokens.ts';
import { until } from '../support/until.ts';
import type { World } from '../support/world.ts';
import { startWorld } from '../support/world.ts';
import { LINKS } from './example-facts.ts';
import type { FormatReceiver, RequestKind } from './http/kinds.ts';
import { startReceiverOf } from './http/kinds.ts';

const SLO = defineSlo({ alerts: { resolveAfter: 5 * MINUTE } });

let world: World;
let targets: Targets;
let deliverer: Deliverer;
let receiver: FormatReceiver;

const { failing, healthy } = alertStory(() => world);

async function begin(kind: RequestKind, slos: readonly Slo[] = [SLO]): Promise<void> {
  receiver = await startReceiverOf(kind);
  const { definition } = receiver;
  const team = { ...PAYMENTS, page: [definition.name], ticket: [definition.name], fallback: [] };
  world.redefine(slos, [team], [], [definition]);
  const named = new Map([[definition.name, definition]]);
  await targets.replace(named);
  const { store, clock, log } = world;
  deliverer = createDeliverer({
    store,
    definitions: () => ({ ...define(slos, [team]), targets: named }),
    targetOf: targets.get,
    owner: 'this process',
    clock,
    random: () => 0,
    log,
    onDelivery() {},
  });
}

beforeEach(async () => {
  world = await startWorld();
  targets = createTargets({
    ...LINKS,
    mailServer: null,
    mailFrom: 'burnwatch@example.com',
    outbound: OUTBOUND,
    // Receivers compare what is signed with the time of day.
    clock: systemClock,
  });
});
afterEach(async () => {
  await deliverer.stop(0);
  await targets.close();
  await receiver.close();
  expect(receiver.broken).toEqual([]);
  await world.close();
});

async function acknowledge(slos: readonly Slo[] = [SLO], request: object = {}): Promise<void> {
  const { store, clock, log } = world;
  const incidents = createManageIncidents({ store, clock, log, definitions: () => define(slos) });
  const [open] = await incidents.incidents();
  await incidents.acknowledge(open!.id, { by: 'eva', ...request }, ANYONE);
}

/** Sends what is due, as long as it takes. */
async function send(): Promise<void> {
  world.clock.advance(2000);
  const tries = world.wrapped.calls('settle').length;
  await deliverer.run();
  await until('it is settled', () => world.wrapped.answers('settle').length > tries);
  await new Promise(setImmediate);
}

/** The page cannot be sent, and by the time anything can be it was acknowledged and is over. */
async function awayUntilTheEnd(): Promise<void> {
  receiver.answer({ status: 503 });
  await failing(1);
  await send();
  await acknowledge();
  await world.tick();
  await healthy(10);
  world.clock.advance(HOUR);
  await send();
  expect(await world.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
}

/** What was done there, in order. */
const done = () =>
  receiver.requests.map(({ path, raw }) => {
    const { event_action: action } = JSON.parse(raw) as { readonly event_action?: string };
    return action ?? /\/(acknowledge|close)\?/.exec(path)?.[1] ?? 'create';
  });

describe.each([
  ['pagerduty', 'trigger', 'resolve'],
  ['opsgenie', 'create', 'close'],
] as const)('D2: %s', (kind, open, close) => {
  beforeEach(() => begin(kind));

  it('is told that someone acknowledged before anything else happens, and then of the end', async () => {
    await failing(1);
    await send();
    await acknowledge();
    await world.tick();
    await send();
    expect(done()).toEqual([open, 'acknowledge']);
    await healthy(10);
    await send();
    expect(done()).toEqual([open, 'acknowledge', close]);
  });

  it('that was away meanwhile is told both, in this order', async () => {
    await failing(1);
    await acknowledge();
    await world.tick();
    await send();
    expect(done()).toEqual([open, 'acknowledge']);
  });

  it('that was away until the end is told of the end alone', async () => {
    await awayUntilTheEnd();
    expect(done().slice(1)).toEqual([close]);
  });
});

/** The first word of the headline of each request, and whether it names who acknowledged. */
const said = () =>
  receiver.requests.map(({ raw }) => {
    const [, word] = /(PAGE|ACKNOWLEDGED|RESOLVED|RECOVERED)\b/.exec(raw) ?? [];
    return `${word}${/\beva\b/.test(raw) ? ' by eva' : ''}`;
  });

describe.each(['webhook', 'teams', 'discord', 'telegram', 'ntfy'] as const)('D2: %s', (kind) => {
  it('says at once who acknowledged, once, and then the end', async () => {
    await begin(kind);
    await failing(1);
    await send();
    await acknowledge();
    await world.tick();
    await send();
    await failing(2);
    expect(said()).toEqual(['PAGE', 'ACKNOWLEDGED by eva']);
    await healthy(10);
    await send();
    expect(said().map((line) => line.split(' ')[0])).toEqual(['PAGE', 'ACKNOWLEDGED', 'RESOLVED']);
  });

  it('that was away meanwhile gets the page with who acknowledged it, as one', async () => {
    await begin(kind);
    await failing(1);
    await acknowledge();
    await world.tick();
    await send();
    expect(said()).toEqual(['PAGE by eva']);
  });

  it('that was away until the end is told of the end alone', async () => {
    await begin(kind);
    await awayUntilTheEnd();
    expect(
      said()
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(['RECOVERED']);
  });

  it('is told of a conversation that was taken at once in one message, or of each incident where it groups them', async () => {
    const slos = ['ship', 'charge', 'pick'].map((name) =>
      defineSlo({ name, sli: { step: name }, alerts: { resolveAfter: 5 * MINUTE } }),
    );
    await begin(kind, slos);
    world.clock.advance(MINUTE);
    for (const { name } of slos) await world.report(0, 50, { step: name });
    await world.tick();
    for (let round = 0; round < (kind === 'webhook' ? 3 : 1); round++) await send();
    const before = receiver.requests.length;
    await acknowledge(slos, { conversation: true });
    await world.tick();
    for (let round = 0; round < (kind === 'webhook' ? 3 : 1); round++) await send();
    const sent = said().slice(before);
    expect(sent).toEqual(Array.from({ length: kind === 'webhook' ? 3 : 1 }, () => 'ACKNOWLEDGED by eva'));
    for (const { id } of slos)
      expect(receiver.requests.slice(before).some(({ raw }) => raw.includes(id))).toBe(true);
    expect(await world.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });
});
