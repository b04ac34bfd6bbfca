import { describe, expect, it } from 'vitest';
import {
  bears,
  dependencyOf,
  isExplainedBy,
  onlyWaits,
  readersOf,
  takesIn,
  wasLookedAt,
} from '../../../src/core/alerting/fold.ts';
import type { Incident, Muted } from '../../../src/core/alerting/incident.ts';
import type { LikelyCause } from '../../../src/core/alerting/likely-cause.ts';
import { storedState, upgradeState } from '../../../src/core/alerting/stored-state.ts';
import type { OutcomeSli } from '../../../src/core/sli/sli.ts';
import type { TargetDefinition } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';

const INCIDENT: Incident = {
  id: 'bank-incident',
  openedAt: START,
  began: START,
  severity: 'page',
  tier: 'fast',
  peakBurnRate: 20,
  pagedAt: START,
  stepsTaken: 0,
  lastNotifiedAt: START,
  acknowledged: null,
  sequence: 1,
  notified: ['chat'],
};
const MUTED: Muted = {
  since: START,
  mute: {
    reason: 'dependency',
    silence: 'bank-incident',
    by: 'orders/bank',
    because: '93% of its failures call bank',
    until: START + MINUTE,
    untilResolved: false,
  },
  notifiedAs: null,
};
const CAUSE: LikelyCause = {
  dependency: 'bank',
  failures: 0.93,
  usual: 1,
  sla: 0.995,
  broken: true,
  lastHour: { good: 60, bad: 40 },
  today: { good: 60, bad: 40 },
};

describe('what others are folded into', () => {
  it('is the SLO that counts whether all calls of a dependency succeed', () => {
    const of = (sli: Partial<Omit<OutcomeSli, 'kind'>>) => dependencyOf(defineSlo({ sli }));
    expect(of({ dependency: 'bank' })).toBe('bank');
    expect(of({ dependency: 'bank', per: 'attempt' })).toBe('bank');
    expect(of({ dependency: 'bank', withinMs: MINUTE })).toBe('bank');
    expect(of({})).toBeNull();
    expect(of({ dependency: 'bank', step: 'charge' })).toBeNull();
    expect(of({ dependency: 'bank', good: 'first-try', per: 'attempt' })).toBeNull();
    expect(of({ dependency: 'bank', where: { region: { op: 'in', values: ['eu'] } } })).toBeNull();
  });

  it('is as severe, and told to someone', () => {
    const ticket: Incident = { ...INCIDENT, severity: 'ticket' };
    expect([bears(INCIDENT, 'page'), bears(INCIDENT, 'ticket')]).toEqual([true, true]);
    expect([bears(ticket, 'page'), bears(ticket, 'ticket')]).toEqual([false, true]);
    expect(bears({ ...INCIDENT, notified: [] }, 'page')).toBe(false);
    // What is silenced later bears what it has, and takes in nothing more.
    const muted = { ...INCIDENT, muted: { ...MUTED, notifiedAs: 'page' as const } };
    expect([bears(muted, 'page'), takesIn(muted, 'page'), takesIn(INCIDENT, 'page')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is a dependency below its promise, not one that only stands out', () => {
    const bank = { slo: 'orders/bank', dependency: 'bank', incident: INCIDENT };
    expect(isExplainedBy(CAUSE, bank)).toBe(true);
    expect(isExplainedBy({ ...CAUSE, broken: false }, bank)).toBe(false);
    expect(isExplainedBy({ ...CAUSE, dependency: 'carrier' }, bank)).toBe(false);
    expect(isExplainedBy(null, bank)).toBe(false);
  });
});

describe('an incident that is folded', () => {
  it('is read by those who read, of both, and by no receiver that would take it for a page', () => {
    const target = (name: string, kind: 'log' | 'alertmanager'): [string, TargetDefinition] => [
      name,
      kind === 'log' ? { kind, name } : { kind, name, urls: [] },
    ];
    const targets = new Map([target('chat', 'log'), target('mail', 'log'), target('pager', 'alertmanager')]);
    const into = { ...INCIDENT, notified: ['pager', 'chat', 'gone'] };
    const folded = { ...INCIDENT, notified: ['chat', 'mail', 'pager'] };
    expect(readersOf({ targets }, into, folded)).toEqual(['chat', 'mail']);
  });

  it('is looked at every minute, and whenever the clock was set', () => {
    const { mute } = MUTED;
    expect(
      [START - 1, START, START + MINUTE - 1, START + MINUTE].map((now) => wasLookedAt(mute, now)),
    ).toEqual([false, true, true, false]);
    expect(wasLookedAt(mute, START - HOUR)).toBe(false);
  });

  it('only waits when every tier that fires does', () => {
    const waits = { since: START, belowSince: START };
    const burns = { since: START, belowSince: null };
    expect(onlyWaits({ firing: { fast: waits, drift: waits } })).toBe(true);
    expect(onlyWaits({ firing: { fast: waits, drift: burns } })).toBe(false);
  });

  it('is stored with why', () => {
    const state = { firing: {}, incident: { ...INCIDENT, muted: MUTED }, definition: null };
    expect(upgradeState(JSON.parse(JSON.stringify(storedState(state))))?.incident?.muted).toEqual(MUTED);
  });
});
