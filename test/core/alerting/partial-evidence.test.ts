import { expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import type { AlertState } from '../../../src/core/alerting/incident.ts';
import type { Evidence, PartialEvidence } from '../../../src/core/counters/evidence.ts';
import type { Counts } from '../../../src/core/counters/cells.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import { defaultTiers } from '../../../src/core/slo/alert-policy.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo, objective } from '../../support/definitions.ts';
import { evidenceOf } from '../../support/tier-readings.ts';

const MORE: readonly Tier[] = [
  { kind: 'successRate', name: 'rate', severity: 'page', below: 0.9, over: HOUR },
  { kind: 'budgetRemaining', name: 'low', severity: 'ticket', below: 0.5 },
  { kind: 'forecast', name: 'soon', severity: 'ticket', within: 3 * DAY },
  { kind: 'noData', name: 'silence', severity: 'ticket', after: HOUR },
];
const TIERS = [...defaultTiers(objective('99%'), 28 * DAY), ...MORE];
const slo = defineSlo({ alerts: { tiers: TIERS, resolveAfter: 5 * MINUTE } });
const SAMPLE: PartialEvidence = { share: 0.625, isSample: true };

/** All outcomes of late failed, more than any tier bears; `silent`: none has come for a day. */
function failing(partial: PartialEvidence | null, silent = false): Evidence {
  const sum = (window: number): Counts =>
    window <= 6 * HOUR ? { good: 0, bad: 600 } : { good: 8000, bad: 600 };
  const lastAt = silent ? START - DAY : START;
  return {
    ...evidenceOf({ sum, streak: { consecutiveBad: 600, badMinutes: 60, lastAt } }),
    partial,
  };
}

const good = (partial: PartialEvidence | null): Evidence => ({
  ...evidenceOf({ sum: { good: 100_000, bad: 0 }, streak: { lastAt: START } }),
  partial,
});

const fired = (evidence: Evidence) =>
  readTiers(slo, evidence, START).flatMap(({ tier, met }) => (met === true ? [tier.name] : []));

it('J2: of a sample shares are judged, and neither absolute counts nor silence', () => {
  const all = TIERS.map(({ name }) => name).toSorted();
  expect([...new Set([...fired(failing(null)), ...fired(failing(null, true))])].toSorted()).toEqual(all);
  const counting = new Set(['low', 'soon', 'silence']);
  const judged = all.filter((name) => !counting.has(name));
  expect([...new Set([...fired(failing(SAMPLE)), ...fired(failing(SAMPLE, true))])].toSorted()).toEqual(
    judged,
  );
});

it('J2: what is no sample, and what cannot be read at all, lets nothing fire', () => {
  for (const share of [0, 0.875])
    expect([share, fired(failing({ share, isSample: false }))]).toEqual([share, []]);
});

it('J2: what fires does not resolve on a part, and not until it has been well for as long once all is read', () => {
  const tiers = TIERS.filter(({ name }) => name === 'fast');
  const paging = defineSlo({ alerts: { tiers, resolveAfter: 5 * MINUTE } });
  let state: AlertState = QUIET;
  const advance = (evidence: Evidence, now: number) => {
    const next = step(paging, readTiers(paging, evidence, now), state, now);
    state = next.state;
    return next.transition?.kind ?? null;
  };
  expect(advance(failing(null), START)).toBe('opened');
  // Well for a moment short of what resolves it, and then the part that fails may be the one that is away.
  for (let minute = 1; minute < 5; minute++) advance(good(null), START + minute * MINUTE);
  for (let minute = 5; minute < 60; minute++)
    expect([minute, advance(good(SAMPLE), START + minute * MINUTE)]).toEqual([minute, null]);
  const back = START + HOUR;
  const ended: number[] = [];
  for (let at = back; at < back + 3 * HOUR && state.incident; at += MINUTE)
    if (advance(good(null), at) === 'resolved') ended.push(at - back);
  expect(ended).toHaveLength(1);
  expect(ended[0]).toBeGreaterThanOrEqual(5 * MINUTE);
});

it('asks of a sample for as much proof as of all: a few failures that chance explains open nothing', () => {
  const few = (partial: PartialEvidence | null): Evidence => ({
    ...evidenceOf({
      sum: (window: number) => (window <= 6 * HOUR ? { good: 5, bad: 1 } : { good: 5000, bad: 20 }),
      streak: { lastAt: START },
    }),
    partial,
  });
  expect(fired(few(SAMPLE)).filter((name) => name !== 'rate')).toEqual([]);
});

it('takes a job for rare by what its window is going to hold, not by what of that can be read', () => {
  const tiers = defaultTiers(objective('99%'), 28 * DAY).filter(({ name }) => name === 'drift');
  const job = defineSlo({ alerts: { tiers } });
  const evidence = (partial: PartialEvidence | null): Evidence => ({
    ...evidenceOf({ sum: (window) => (window > 3 * DAY ? { good: 79, bad: 1 } : { good: 1, bad: 1 }) }),
    partial,
  });
  const metOf = (partial: PartialEvidence | null) => readTiers(job, evidence(partial), START)[0]!.met;
  expect(metOf(null)).toBe(true);
  expect(metOf({ share: 0.9, isSample: true })).toBe(true);
  expect(metOf({ share: 0.5, isSample: true })).toBe(null);
});
