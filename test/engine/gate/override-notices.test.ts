import { beforeEach, describe, expect, it } from 'vitest';
import type { GateOverride } from '../../../src/core/ports/gate-override.ts';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import { storedGateOverride } from '../../../src/core/ports/stored-gate-override.ts';
import type { Definitions, Slo, TargetDefinition } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createGateOverrides } from '../../../src/engine/gate/gate-overrides.ts';
import { createOverrideNotices } from '../../../src/engine/gate/override-notices.ts';
import { keptRecords } from '../../http/fakes.ts';
import { START, manualClock } from '../../support/clock.ts';
import { PAYMENTS, define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { ANYONE } from '../../support/tokens.ts';

const CRM = { ...PAYMENTS, name: 'crm', ticket: ['crm-chat'], timeZone: 'Europe/Berlin' };
const ROUTED = { route: { page: null, ticket: ['leads-chat'] } };
const SLOS = [
  defineSlo(),
  defineSlo({ name: 'fast' }),
  defineSlo({ name: 'exact', alerts: ROUTED }),
  defineSlo({ workflow: 'mails', owner: 'crm' }),
  defineSlo({ workflow: 'letters', owner: 'crm' }),
];

let clock = manualClock();
let records = keptRecords();
let log = memoryLog();
let enqueued: OutboxRow[] = [];
let broken: 'enqueue' | 'putRecord' | null = null;
let current: Definitions | null = null;

beforeEach(() => {
  [clock, records, log, enqueued, broken] = [manualClock(), keptRecords(), memoryLog(), [], null];
  current = defined(SLOS);
});

function defined(slos: readonly Slo[], kinds: Readonly<Record<string, TargetDefinition>> = {}): Definitions {
  const all = define(slos, [PAYMENTS, CRM, { ...PAYMENTS, name: 'leads', ticket: ['leads-chat'] }]);
  return { ...all, targets: new Map([...all.targets, ...Object.entries(kinds)]) };
}

/** A leader of its own. */
function leader() {
  const fail = (what: 'enqueue' | 'putRecord') =>
    broken === what ? Promise.reject(new Error('the store is away')) : null;
  return createOverrideNotices({
    store: {
      records: (collection) => records.records(collection),
      putRecord: (...what) => fail('putRecord') ?? records.putRecord(...what),
      enqueue: (rows) =>
        fail('enqueue') ??
        Promise.resolve(
          rows.forEach((row) => enqueued.some(({ id }) => id === row.id) || enqueued.push(row)),
        ),
    },
    definitions: () => current,
    clock,
    log,
  });
}

const overrides = () =>
  createGateOverrides({ store: records, definitions: () => defined(SLOS), clock, log: memoryLog() });
const targets = () => enqueued.map(({ target }) => target).toSorted();

async function override(request: object): Promise<string> {
  const made = await overrides().overrideGate(
    { reason: 'the fix', by: 'sam', for: '2h', ...request },
    ANYONE,
  );
  return 'refused' in made ? expect.fail(made.problems.join(' ')) : made.id;
}

describe('those who answer for an SLO whose gate is overridden', () => {
  it('are told of it once, by whichever replica leads, with who, why and until when', async () => {
    const id = await override({ workflow: 'orders' });
    for (const one of [leader(), leader()]) await one.run();
    clock.advance(HOUR);
    await leader().run();
    expect(targets()).toEqual(['inbox', 'leads-chat']);
    expect(enqueued[0]).toMatchObject({
      id: `gate/${id}/inbox`,
      incident: `gate/${id}`,
      facts: {
        kind: 'gate-overridden',
        severity: 'ticket',
        owner: 'payments',
        at: START,
        gate: {
          workflow: 'orders',
          team: null,
          reason: 'the fix',
          by: 'sam',
          from: START,
          until: START + 2 * HOUR,
        },
        notified: ['inbox', 'leads-chat'],
      },
    });
    // The next one is another matter.
    await override({ workflow: 'orders', reason: 'one more' });
    await leader().run();
    expect(enqueued).toHaveLength(4);
    expect(await overrides().gateOverrides(ANYONE)).toEqual([
      expect.not.objectContaining({ notified: true }),
      expect.not.objectContaining({ notified: true }),
    ]);
  });

  it('are those of all workflows of a team, in its time zone', async () => {
    await override({ owner: 'crm' });
    await leader().run();
    expect(targets()).toEqual(['crm-chat']);
    expect(enqueued[0]!.facts).toMatchObject({
      owner: 'crm',
      timeZone: 'Europe/Berlin',
      gate: { workflow: null, team: 'crm' },
    });
  });

  it('are reached where people read, and not by what would open an incident that never ends', async () => {
    const pagerDuty = (name: string): TargetDefinition => ({
      kind: 'pagerduty',
      name,
      routingKey: 'x',
      url: 'https://pagerduty.example',
    });
    current = defined([SLOS[0]!], { inbox: pagerDuty('inbox') });
    await override({ workflow: 'orders' });
    await leader().run();
    expect(targets()).toEqual(['pager']);
    current = defined([SLOS[0]!], { inbox: pagerDuty('inbox'), pager: pagerDuty('pager') });
    await override({ workflow: 'orders', reason: 'more' });
    await leader().run();
    await leader().run();
    expect(enqueued).toHaveLength(1);
    expect(log.entries.map(({ message }) => message)).toEqual([
      'no one is notified of an override of the gate',
    ]);
  });

  it('are told when the files have loaded, and when the store is back', async () => {
    await override({ workflow: 'orders' });
    current = null;
    await leader().run();
    expect(enqueued).toEqual([]);
    current = defined(SLOS);
    broken = 'enqueue';
    await expect(leader().run()).rejects.toThrow('away');
    // In the outbox, and not noted: it is put there again, and the outbox keeps one.
    broken = 'putRecord';
    await expect(leader().run()).rejects.toThrow('away');
    broken = null;
    await leader().run();
    expect(targets()).toEqual(['inbox', 'leads-chat']);
  });

  it('hear of one that was ended at once until when it held, and of one that is long over nothing', async () => {
    const id = await override({ workflow: 'orders' });
    clock.advance(MINUTE);
    await overrides().endGateOverride(id, ANYONE);
    await leader().run();
    expect(enqueued[0]!.facts.gate).toMatchObject({ until: START + MINUTE });
    const over: GateOverride = {
      id: 'old',
      workflow: 'orders',
      owner: null,
      reason: 'of a version that told no one',
      by: 'sam',
      actor: null,
      createdAt: START - DAY,
      until: START - HOUR,
      ended: null,
    };
    await records.putRecord('gate-overrides', 'old', 0, storedGateOverride(over));
    await records.putRecord('gate-overrides', 'newer', 0, { v: 99, what: 'ever' });
    await leader().run();
    expect(enqueued).toHaveLength(2);
  });
});
