import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertDefinition } from '../../src/core/alerting/alert-definition.ts';
import { beginHistory, withChange } from '../../src/core/alerting/definition-history.ts';
import type { AlertState } from '../../src/core/alerting/incident.ts';
import type { OutboxRow } from '../../src/core/alerting/notification.ts';
import type { Silence } from '../../src/core/alerting/silence.ts';
import { storedDefinition, upgradeDefinition } from '../../src/core/alerting/stored-definition.ts';
import { storedRow, upgradeRows } from '../../src/core/alerting/stored-notification.ts';
import { storedSilence, upgradeSilence } from '../../src/core/alerting/stored-silence.ts';
import { storedState, upgradeState } from '../../src/core/alerting/stored-state.ts';
import type { GateOverride } from '../../src/core/ports/gate-override.ts';
import type { ToldReceipt } from '../../src/core/ports/receipts.ts';
import { MAX_RECORD_BYTES } from '../../src/core/ports/store/records.ts';
import type { Annotation } from '../../src/core/ports/store/annotations.ts';
import { storedAnnotation, upgradeAnnotation } from '../../src/core/ports/stored-annotation.ts';
import type { KeptCalendar } from '../../src/core/ports/stored-calendar.ts';
import { storedCalendar, upgradeCalendar } from '../../src/core/ports/stored-calendar.ts';
import { storedGateOverride, upgradeGateOverride } from '../../src/core/ports/stored-gate-override.ts';
import { storedPress, upgradePress } from '../../src/core/ports/stored-press.ts';
import { storedReceipt, upgradeReceipt } from '../../src/core/ports/stored-receipt.ts';
import { storedReportedPeriods, upgradeReportedPeriods } from '../../src/core/ports/stored-report.ts';
import { versionOf } from '../../src/core/stored-version.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { GATE_OVERRIDDEN, REPORT } from '../notify/example-facts.ts';
import { START } from '../support/clock.ts';
import { defineSlo } from '../support/definitions.ts';
import { sketchRow } from '../support/outbox-rows.ts';

// Kinds of values that the story of the other fixtures has nothing of. What is stored of each sample today is in a file, by kind and
// version; `WRITE_FIXTURES=1` adds what is missing there, and nothing ever changes or removes what is there.

const FILE = new URL('fixtures/values.json', import.meta.url);
const ended = { at: START + HOUR, by: 'adam', actor: null, reason: 'done' };

const SILENCE: Silence = {
  id: 'mk2x1-5e6f7a8b',
  matching: {
    workflow: 'order-*',
    slo: null,
    owner: 'payments',
    severity: 'ticket',
    labels: { tier: 'gold' },
    incident: null,
  },
  within: [{ by: 'workflow', pattern: 'order-*' }],
  when: { kind: 'once', from: START, to: START + HOUR },
  reason: 'a deploy',
  createdAt: START,
  createdBy: 'eve',
  actor: 'ci',
  ended: null,
};
const ANNOTATION: Annotation = {
  id: 'mk2x1-a7f3',
  at: START,
  to: START + HOUR,
  kind: 'deploy',
  text: '7f3c',
  link: 'https://ci.example.com/7f3c',
  workflow: 'orders',
  slo: null,
  owner: null,
  actor: 'ci',
  createdAt: START + MINUTE,
};
const RECEIPT: ToldReceipt = {
  target: 'payments-chat',
  conversation: 'incident-1',
  place: { channel: 'C0123', message: '1700000000.000100' },
  of: 'incident-1',
  body: { text: 'PAGE orders/done', blocks: [{ type: 'divider' }] },
  runbook: 'https://wiki.example.com/orders',
  incidents: { 'incident-1': { slo: 'orders/done', standing: 'page' } },
  more: 2,
  notes: ['eve acknowledged it'],
  acknowledged: true,
  over: false,
  told: 'incident-1/1/payments-chat',
  at: START,
};
const OVERRIDE: GateOverride = {
  id: 'mk2x1-a7f3',
  workflow: 'orders',
  owner: null,
  reason: 'the fix',
  by: 'sam',
  actor: 'lead',
  createdAt: START,
  until: START + HOUR,
  ended: { at: START + MINUTE, by: 'sam', actor: null },
  notified: true,
};
const CALENDAR: KeptCalendar = {
  schedule: 'payments-oncall',
  readAt: START,
  through: START + 2 * DAY,
  shifts: [
    { from: START, until: START + DAY, person: 'ana' },
    { from: START + DAY, until: START + 2 * DAY, person: null },
  ],
};
const STATE: AlertState = {
  firing: { fast: { since: START, belowSince: START + MINUTE } },
  incident: {
    id: 'incident-1',
    openedAt: START,
    began: START - MINUTE,
    severity: 'page',
    tier: 'fast',
    peakBurnRate: 20,
    pagedAt: START,
    stepsTaken: 1,
    lastNotifiedAt: START,
    acknowledged: null,
    sequence: 2,
    notified: ['pager'],
  },
  definition: alertDefinition(defineSlo()),
  pages: [START - 10 * MINUTE, START],
};
const FOLDED: AlertState = {
  ...STATE,
  incident: {
    ...STATE.incident!,
    muted: {
      since: START,
      mute: {
        reason: 'dependency',
        silence: 'incident-2',
        by: 'payments/bank-answers',
        because: '93% of its failures call bank',
        until: START + MINUTE,
        untilResolved: false,
      },
      notifiedAs: null,
    },
  },
  heldBack: { count: 2, since: START },
};
const DEFINED = withChange(
  beginHistory(defineSlo(), START - DAY),
  defineSlo({ objective: '99.5%', sli: { withinMs: MINUTE } }),
  START,
);

function asJson(value: object): object {
  return JSON.parse(JSON.stringify(value)) as object;
}

/** A value, what is stored of it, and what is read of that. */
interface Kind {
  readonly sample: object;
  readonly stored: object;
  readonly upgrade: (stored: unknown) => object | null;
}

function kind<Value extends object>(
  sample: Value,
  stored: (value: Value) => object,
  upgrade: (stored: unknown) => Value | null,
): Kind {
  return { sample, stored: asJson(stored(sample)), upgrade };
}

const rowOf = (row: OutboxRow): Kind =>
  kind(row, storedRow, (stored) => upgradeRows([stored]).rows[0] ?? null);
const notice = (facts: OutboxRow['facts']): OutboxRow => ({
  ...sketchRow('payments-chat'),
  id: `${facts.incident}/payments-chat`,
  incident: facts.incident,
  facts,
});

const KINDS: Readonly<Record<string, Kind>> = {
  silence: kind(SILENCE, storedSilence, upgradeSilence),
  'silence that recurs': kind<Silence>(
    {
      ...SILENCE,
      within: null,
      when: {
        kind: 'recurring',
        rrule: 'FREQ=DAILY',
        start: START,
        duration: HOUR,
        timeZone: 'Europe/Berlin',
        until: START + DAY,
      },
      ended,
    },
    storedSilence,
    upgradeSilence,
  ),
  annotation: kind(ANNOTATION, storedAnnotation, upgradeAnnotation),
  receipt: kind(RECEIPT, storedReceipt, upgradeReceipt),
  override: kind(OVERRIDE, storedGateOverride, upgradeGateOverride),
  press: kind({ at: START, by: '7d3c' }, storedPress, upgradePress),
  calendar: kind(CALENDAR, (calendar) => storedCalendar(calendar, MAX_RECORD_BYTES), upgradeCalendar),
  reports: kind({ week: START, month: null }, storedReportedPeriods, upgradeReportedPeriods),
  'state with pages': kind(STATE, storedState, upgradeState),
  'state that is folded': kind(FOLDED, storedState, upgradeState),
  definition: kind(DEFINED, storedDefinition, upgradeDefinition),
  'row of a report': rowOf(notice(REPORT)),
  'row of an override': rowOf(notice(GATE_OVERRIDDEN)),
  'row of a failing target': rowOf(
    sketchRow('mail', 1, {
      kind: 'delivery-failing',
      delivery: { target: 'pager', reason: 'HTTP 410', since: START, end: null },
    }),
  ),
  'row of a conversation': rowOf({ ...sketchRow('pager'), conversation: 'together-1' }),
  'row that is kept': rowOf({ ...sketchRow('pager'), deliveredAt: START + MINUTE, fellBack: true }),
};

type Fixtures = Readonly<Record<string, object>>;

const written = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Fixtures) : {};
const keyOf = (name: string, stored: object) => `${name}, version ${versionOf(stored)}`;
const today = Object.entries(KINDS).map(([name, { stored }]) => [name, stored] as const);

if (process.env['WRITE_FIXTURES']) {
  const missing = today.filter(([name, stored]) => !(keyOf(name, stored) in written));
  const all = [...Object.entries(written), ...missing.map(([name, stored]) => [keyOf(name, stored), stored])];
  const lines = all.map(([key, stored]) => `${JSON.stringify(key)}: ${JSON.stringify(stored)}`);
  writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
}

describe('what is stored of a value', () => {
  it.each(today)('of the kind %s has not changed without another version', (name, stored) => {
    const before = written[keyOf(name, stored)];
    expect(before, 'not written yet; see WRITE_FIXTURES above').toBeDefined();
    expect(stored).toEqual(before);
  });

  it.each(Object.entries(written))('%s is read as what it was', (key, stored) => {
    const name = key.replace(/, version \d+$/, '');
    const { sample, stored: now, upgrade } = KINDS[name]!;
    const read = upgrade(stored);
    expect(read).not.toBeNull();
    // What a later version asks of a value is not known of an earlier one, but that it has it.
    if (keyOf(name, now) === key) expect(asJson(read!)).toEqual(asJson(sample));
    else expect(Object.keys(read!).toSorted()).toEqual(Object.keys(sample).toSorted());
  });
});
