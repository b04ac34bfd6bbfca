import { describe, expect, it } from 'vitest';
import type { AlertState, Incident } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { step } from '../../../src/core/alerting/incident-step.ts';
import { storedState, upgradeState } from '../../../src/core/alerting/stored-state.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { readingsOf, slo } from '../../support/tier-readings.ts';

const opened = step(slo, readingsOf({ fast: 20 }), QUIET, START).state;
const notified: AlertState = {
  ...opened,
  incident: {
    ...opened.incident!,
    lastNotifiedAt: START + MINUTE,
    notified: ['pager'],
    acknowledged: { at: START + 5, by: 'eve' },
  },
};

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe('a stored alert state', () => {
  it('is read as it was, with its version beside it', () => {
    for (const state of [QUIET, opened, notified]) {
      expect(upgradeState(asJson(storedState(state)))).toEqual(state);
      expect(storedState(state)).toHaveProperty('v', 2);
    }
  });

  it('of a newer version is not read', () => {
    expect(upgradeState({ ...storedState(notified), v: 3 })).toBeNull();
  });
});

describe('a state of version 1', () => {
  const { lastNotifiedAt, ...incident } = notified.incident!;

  it('says under its former name when the latest notification was', () => {
    const stored = { firing: notified.firing, incident: { ...incident, toldAt: lastNotifiedAt } };
    expect(upgradeState(asJson(stored))).toEqual({ ...notified, definition: null });
  });

  // What a replica of 0.1 makes of a state of this version: it keeps names it does not know, and drops `v`.
  it('that was of version 2 once is read by the name that version 1 kept up', () => {
    const { v, ...rest } = storedState(notified) as AlertState & { v: number };
    const stored = { ...rest, incident: { ...rest.incident!, toldAt: START + HOUR } };
    expect(upgradeState(asJson(stored))).toMatchObject({
      incident: { lastNotifiedAt: START + HOUR },
      definition: null,
    });
    expect(v).toBe(2);
  });
});

describe('a state from before there was acknowledging', () => {
  const { began, pagedAt, stepsTaken, lastNotifiedAt, acknowledged, ...earlier } = opened.incident!;
  const firing = { fast: { since: START, belowSince: null } };
  const stored = (severity: 'page' | 'ticket') =>
    upgradeState(asJson({ firing, incident: { ...earlier, severity } }))!;

  it('gets the fields it has not', () => {
    const whole: Incident = {
      ...earlier,
      began: START,
      pagedAt: START,
      stepsTaken: 0,
      lastNotifiedAt: START,
      acknowledged: null,
    };
    expect(stored('page')).toEqual({ firing, incident: whole, definition: null, pages: [START] });
    expect(stored('ticket').incident).toEqual({ ...whole, severity: 'ticket', pagedAt: null });
    expect([began, pagedAt, stepsTaken, lastNotifiedAt, acknowledged]).toHaveLength(5);
  });

  it('goes on, escalates, and resolves', () => {
    const fast = readingsOf({ fast: 20 });
    expect(step(slo, fast, stored('page'), START + MINUTE).transition).toBeNull();
    expect(step(slo, fast, stored('ticket'), START).transition!.kind).toBe('escalated');
    const quiet: AlertState = { ...stored('page'), firing: { fast: { since: START, belowSince: START } } };
    expect(step(slo, readingsOf({}), quiet, START + HOUR).transition!.kind).toBe('resolved');
  });
});
