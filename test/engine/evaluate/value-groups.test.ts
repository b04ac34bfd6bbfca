import { describe, expect, it } from 'vitest';
import type { AlertState, Incident, Transition } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import type { TierReading } from '../../../src/core/alerting/tier-kind.ts';
import { groupReadings, isCovered } from '../../../src/core/alerting/value-group.ts';
import type { Severity, TierOf } from '../../../src/core/slo/alert-policy.ts';
import { sloOfValue } from '../../../src/core/slo/each-value.ts';
import type { EvaluatedSlo } from '../../../src/engine/evaluate/value-groups.ts';
import { byWhole, evaluateTogether } from '../../../src/engine/evaluate/value-groups.ts';
import { defineSlo } from '../../support/definitions.ts';

const WHOLE = defineSlo({ each: 'region' });
const VALUES = ['eu', 'us', 'asia'].map((value) => sloOfValue(WHOLE, 'region', value));
const tier: TierOf<'budgetRemaining'> = {
  kind: 'budgetRemaining',
  name: 'low',
  severity: 'page',
  below: 0.1,
};
const reading = (met: boolean | null): TierReading => ({
  tier,
  met,
  cleared: met === null ? null : !met,
  figures: { kind: 'budgetRemaining', window: { good: 1, bad: 0 }, remainingRatio: 1 },
});
const incidentOf = (severity: Severity): Incident => ({
  id: 'i',
  openedAt: 0,
  began: 0,
  severity,
  tier: 'low',
  peakBurnRate: 0,
  pagedAt: null,
  stepsTaken: 0,
  lastNotifiedAt: 0,
  acknowledged: null,
  sequence: 1,
  notified: [],
});
const openOf = (severity: Severity): AlertState => ({
  firing: { low: { since: 0, belowSince: null } },
  incident: incidentOf(severity),
  definition: null,
});
const opened = (kind: Transition['kind'], severity: Severity): Transition => ({
  kind,
  incident: incidentOf(severity),
  readings: [],
  step: null,
  cause: null,
  change: kind,
  mute: null,
  unmuted: null,
});

describe('the readings of the whole', () => {
  const value = (fires: boolean, met: boolean | null = fires) => ({
    value: 'v',
    readings: [reading(met)],
    firing: fires ? { low: { since: 0, belowSince: null } } : {},
  });
  const met = (...values: readonly ReturnType<typeof value>[]) =>
    groupReadings([reading(false)], values, false)[0]!.met;

  it.each([
    ['all of two', [value(true), value(true)], true],
    ['half of four', [value(true), value(true), value(false), value(false)], false],
    ['two of three', [value(true), value(true), value(false)], true],
    ['the only one', [value(true)], false],
    [
      'all that say anything',
      [value(true), value(true), ...Array.from({ length: 9 }, () => value(false, null))],
      true,
    ],
  ])('fire for %s', (_, values, fires) => expect(met(...values)).toBe(fires));

  it('say nothing while nothing may be concluded (J2)', () => {
    const [held] = groupReadings([reading(true)], [value(true), value(true)], true);
    expect([held!.met, held!.cleared]).toEqual([null, false]);
  });
});

describe('the incident of the whole', () => {
  it.each([
    ['page', 'opened', 'page', true],
    ['page', 'escalated', 'page', true],
    ['page', 'unacknowledged', 'page', true],
    ['page', 'reminder', 'ticket', true],
    ['ticket', 'opened', 'ticket', true],
    ['ticket', 'opened', 'page', false],
    ['page', 'resolved', 'page', false],
    ['page', 'deescalated', 'ticket', false],
  ] as const)('a %s: %s of a %s is covered: %s', (whole, kind, severity, covered) => {
    expect(isCovered(opened(kind, severity), openOf(whole))).toBe(covered);
  });

  it('covers nothing while there is none', () => {
    expect(isCovered(opened('opened', 'ticket'), QUIET)).toBe(false);
    expect(isCovered(opened('opened', 'ticket'), null)).toBe(false);
  });
});

describe('SLOs that are judged together', () => {
  const judgedAs = (
    slo: EvaluatedSlo['slo'],
    state: AlertState,
    transition: Transition | null,
  ): EvaluatedSlo => ({
    slo,
    revision: 0,
    stored: QUIET,
    previous: QUIET,
    earlier: [],
    evidence: {} as EvaluatedSlo['evidence'],
    readings: [reading(true)],
    state,
    transition,
  });
  const burns = (slo: EvaluatedSlo['slo']) => judgedAs(slo, openOf('page'), opened('opened', 'page'));

  it('are each whole with its values', () => {
    const other = defineSlo({ name: 'other' });
    expect(byWhole([WHOLE, ...VALUES, other])).toEqual([
      { slo: WHOLE, values: VALUES },
      { slo: other, values: [] },
    ]);
  });

  it('remember what fires of a covered value without an incident', () => {
    const [whole, ...values] = evaluateTogether(WHOLE, VALUES, false, burns);
    expect(whole).toMatchObject({ slo: WHOLE, burning: { values: ['eu', 'us', 'asia'], of: 3 } });
    for (const { state, transition } of values) {
      expect(transition).toBeNull();
      expect(state).toEqual({ ...openOf('page'), incident: null });
    }
  });

  it('J4: each value speaks for itself while the whole cannot be judged, and the others without one that cannot', () => {
    const withoutWhole = evaluateTogether(WHOLE, VALUES, false, (slo) => (slo === WHOLE ? null : burns(slo)));
    expect(withoutWhole.map(({ transition }) => transition?.kind)).toEqual(['opened', 'opened', 'opened']);
    const withoutOne = evaluateTogether(WHOLE, VALUES, false, (slo) =>
      slo === VALUES[0] ? null : burns(slo),
    );
    expect(withoutOne.map(({ slo }) => slo.name)).toEqual(['done', 'done@us', 'done@asia']);
  });

  it('are judged by the readings of the whole alone before any value came', () => {
    const [alone] = evaluateTogether(WHOLE, [], false, (slo, read) => {
      expect(read).toBeUndefined();
      return burns(slo);
    });
    expect(alone!.transition?.kind).toBe('opened');
  });
});
