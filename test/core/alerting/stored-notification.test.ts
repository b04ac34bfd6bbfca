import { describe, expect, it } from 'vitest';
import type { FailedExecution, NotificationFacts } from '../../../src/core/alerting/notification.ts';
import type { OutageReason } from '../../../src/core/alerting/reason.ts';
import { storedRow, upgradeRows } from '../../../src/core/alerting/stored-notification.ts';
import { EVERY_EXECUTION } from '../../../src/core/sli/sli.ts';
import { HOUR } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { sketchFacts, sketchRow } from '../../support/outbox-rows.ts';

const OUTAGE: OutageReason = {
  kind: 'outage',
  tier: 'outage',
  severity: 'page',
  consecutiveBad: 7,
  needed: 3,
  streakSince: START - HOUR,
};
const [BURNING] = sketchFacts().reasons;
const FAILED: FailedExecution = {
  execution: 'order-1',
  at: START,
  step: 'ship',
  dependency: null,
  error: 'timeout',
  traceId: null,
};

function upgrade(...stored: readonly unknown[]) {
  return upgradeRows(stored.map((value): unknown => JSON.parse(JSON.stringify(value))));
}

/** The facts that come of these, in a row without a version. */
function upgraded(facts: object): NotificationFacts {
  return upgrade({ ...sketchRow('pager'), facts }).rows[0]!.facts;
}

describe('a stored row', () => {
  const row = sketchRow('pager', 1, { began: START - HOUR, reasons: [OUTAGE, BURNING!] });

  it('is read as it was, with its version beside it', () => {
    expect(upgrade(storedRow(row))).toEqual({ rows: [row], newerRows: [] });
    expect(storedRow(row)).toHaveProperty('v', 3);
  });

  // Rolling upgrade: what 0.1 reads is there under the names it knows.
  it('can be read by version 0.1', () => {
    expect(storedRow(row)).toMatchObject({
      facts: { told: ['pager'], reasons: [{ kind: 'outage', badRun: 7, since: START - HOUR }, BURNING] },
    });
  });

  it.each([
    ['acknowledged', 9],
    ['gate-overridden', 8],
    ['report', 7],
    ['delivery-failing', 6],
    ['data-loss', 4],
  ] as const)('of the kind %s is left alone by versions before %i, which have no words for it', (kind, v) => {
    expect(storedRow(sketchRow('pager', 1, { kind }))).toHaveProperty('v', v);
  });

  it('of a newer version is named and not read, and others are', () => {
    const newer = { ...storedRow(row), v: 10, id: 'i/2/pager' };
    expect(upgrade(newer, storedRow(row))).toEqual({ rows: [row], newerRows: ['i/2/pager'] });
  });
});

describe('a row of version 2', () => {
  it('knows nothing of repeats, recipients, time zones and when outcomes began to fail', () => {
    const { recipients, mayRepeat, ...row } = sketchRow('pager', 1, { reasons: [OUTAGE] });
    const { timeZone, failing, failedUntil, recovering, missedRun, ...facts } = row.facts;
    expect([recipients, mayRepeat]).toEqual([null, false]);
    expect([timeZone, failing, failedUntil, recovering, missedRun]).toEqual([null, null, null, null, null]);
    const stored = { v: 2, ...row, facts: { ...facts, told: facts.notified } };
    expect(upgrade(stored).rows).toEqual([{ ...row, recipients, mayRepeat }]);
  });
});

describe('facts of version 1', () => {
  const { notified, sli, began, ...rest } = sketchFacts();
  const { consecutiveBad: badRun, streakSince: since, ...outage } = OUTAGE;

  it('have former names', () => {
    const facts = { ...rest, sli, told: ['pager'], began: START, reasons: [{ ...outage, badRun, since }] };
    expect(upgraded(facts)).toEqual({ ...rest, sli, began: START, notified: ['pager'], reasons: [OUTAGE] });
  });

  it('may be without an SLI, and without the time it began', () => {
    expect(upgraded({ ...rest, told: notified })).toEqual(sketchFacts());
    expect([sli, began]).toEqual([EVERY_EXECUTION, null]);
  });

  it('may list two attempts of an execution, of which the latest stays', () => {
    const other = { ...FAILED, execution: 'order-2' };
    const lastFailed = [FAILED, other, { ...FAILED, at: START - HOUR, error: 'earlier' }];
    expect(upgraded({ ...rest, told: [], lastFailed }).lastFailed).toEqual([FAILED, other]);
  });
});

describe('facts from when all tiers were burn rates', () => {
  const { reasons, errorBudget, pace, acknowledged, waited, members, postmortem, notified, ...facts } =
    sketchFacts();
  const [reason] = reasons;
  if (reason?.kind !== 'burnRate') throw new Error('the example burns');
  const { tier, factor, long, short } = reason;
  const sli = { step: 'ship', dependency: null, where: { region: ['eu', 'us'] }, withinMs: 600_000 };
  const { began: _, ...stored } = { ...facts, tier, factor, long, short, sli };

  it('become those of one reason', () => {
    expect(upgraded(stored)).toEqual({
      ...sketchFacts(),
      sli: {
        ...EVERY_EXECUTION,
        per: 'attempt',
        step: 'ship',
        where: { region: { op: 'in', values: ['eu', 'us'] } },
        withinMs: 600_000,
      },
      notified: [],
    });
    expect([errorBudget, pace, acknowledged, waited, members, postmortem, notified]).toHaveLength(7);
  });

  it('get an error budget without rounding errors', () => {
    expect(upgraded({ ...stored, objective: 0.999 }).errorBudget).toBe(0.001);
  });
});
