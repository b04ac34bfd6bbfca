import { describe, expect, it } from 'vitest';
import { definitionFields } from '../../../src/core/alerting/definition-fields.ts';
import {
  MOST_CHANGES,
  beginHistory,
  changedFields,
  isFormer,
  withChange,
} from '../../../src/core/alerting/definition-history.ts';
import { storedDefinition, upgradeDefinition } from '../../../src/core/alerting/stored-definition.ts';
import { MAX_RECORD_BYTES } from '../../../src/core/ports/store/records.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';

const changed = (before: Slo, after: Slo) =>
  changedFields(definitionFields(before), definitionFields(after)).map(({ field, from, to }) => [
    field,
    from,
    to,
  ]);

describe('what changed of a definition', () => {
  it('is said field by field, in words', () => {
    const before: Slo = { ...defineSlo({ sli: { withinMs: 10 * MINUTE } }), labels: { tier: 'gold' } };
    expect(changed(before, before)).toEqual([]);
    expect(changed(before, { ...before, source: 'other.yaml:99' })).toEqual([]);
    const tiers = before.alerts.tiers.map((tier) =>
      tier.kind === 'burnRate' && tier.name === 'fast' ? { ...tier, long: 2 * HOUR } : tier,
    );
    const after: Slo = {
      ...defineSlo({
        objective: '99.95%',
        window: '7d',
        owner: 'shop',
        sli: { withinMs: 5 * MINUTE, where: { region: { op: 'in', values: ['eu', 'us'] } } },
        alerts: {
          tiers,
          repeat: HOUR,
          escalation: [{ after: MINUTE, to: ['head'] }],
          route: { page: ['x'], ticket: [] },
        },
      }),
      budgetPolicy: { name: 'strict', freezeBelow: 0, postmortemAbove: null },
      labels: {},
    };
    expect(changed(before, after)).toEqual([
      ['owner', 'payments', 'shop'],
      ['objective', '99%', '99.95%'],
      ['window', '28d', '7d'],
      ['sli.withinMs', '10m', '5m'],
      ['alerts.escalation', 'none', '(after 1m, to head)'],
      expect.arrayContaining(['alerts.tiers.fast']),
      ['labels.tier', 'gold', null],
      ['sli.where.region.op', null, 'in'],
      ['sli.where.region.values', null, 'eu, us'],
      ['alerts.route.page', null, 'x'],
      ['alerts.route.ticket', null, 'none'],
      ['alerts.repeat', null, '1h'],
      ['budgetPolicy.name', null, 'strict'],
      ['budgetPolicy.freezeBelow', null, '0'],
    ]);
  });

  it('is told apart where texts are cut, and where there are more fields than are kept', () => {
    const long = (end: string): Slo => ({ ...defineSlo(), description: `${'x'.repeat(500)}${end}` });
    const [[, from, to] = []] = changed(long('a'), long('b'));
    expect(from).not.toBe(to);
    expect(Math.max(from!.length, to!.length)).toBeLessThan(170);
    const many = (last: string): Slo => ({
      ...defineSlo(),
      labels: Object.fromEntries(
        Array.from({ length: 200 }, (_, n) => [`label-${n}`, n === 199 ? last : 'x']),
      ),
    });
    expect(Object.keys(definitionFields(many('a'))).length).toBeLessThan(70);
    expect(changed(many('a'), many('b')).map(([field]) => field)).toEqual(['others']);
  });
});

describe('a history of definitions', () => {
  const described = (description: string): Slo => ({ ...defineSlo(), description });

  it('keeps the last changes in their order, whatever clocks said, and says when counters began anew', () => {
    let history = beginHistory(described('0'), START);
    for (let n = 1; n <= MOST_CHANGES + 5; n++) history = withChange(history, described(`${n}`), START - n);
    expect(history.changes).toHaveLength(MOST_CHANGES);
    expect(history.changes[0]).toMatchObject({ sequence: 55, at: START - 55, countsAnew: false });
    expect(history.changes.at(-1)).toMatchObject({
      sequence: 6,
      fields: [{ field: 'description', from: '5', to: '6' }],
    });
    const other = { ...defineSlo({ sli: { withinMs: MINUTE } }), description: '55' };
    expect(withChange(history, other, START).changes[0]).toMatchObject({ sequence: 56, countsAnew: true });
    expect(upgradeDefinition(JSON.parse(JSON.stringify(storedDefinition(history))))).toEqual(history);
  });

  it('fits into a record, whatever is written in files', () => {
    const large = (n: number): Slo => ({
      ...defineSlo(),
      labels: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}`, `${n} ${'𝔅é'.repeat(200)}`])),
    });
    let history = beginHistory(large(0), START);
    for (let n = 1; n <= 10; n++) history = withChange(history, large(n), START);
    expect(Buffer.byteLength(JSON.stringify(storedDefinition(history)))).toBeLessThanOrEqual(
      MAX_RECORD_BYTES,
    );
    expect(history.changes[0]).toMatchObject({ sequence: 10 });
    expect(history.changes.length).toBeGreaterThan(0);
  });

  it('knows what the SLO was before', () => {
    const [a, b, c] = ['a', 'b', 'c'].map(described) as [Slo, Slo, Slo];
    const history = withChange(withChange(beginHistory(a, START), b, START), c, START);
    const former = (slo: Slo) => isFormer(history, definitionFields(slo));
    expect([a, b, c, described('d')].map(former)).toEqual([true, true, false, false]);
  });
});
