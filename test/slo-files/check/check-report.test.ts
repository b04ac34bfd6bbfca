import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { Loaded } from '../../../src/slo-files/load.ts';
import { checkReport } from '../../../src/slo-files/check/check-report.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { loadText } from '../slo-folder.ts';

const NOW = Date.parse('2026-11-29T07:00:00Z');

const text = (objective: string, window = '28d') =>
  `workflow: w\nowner: payments\nslos:\n  s: { objective: ${objective}, window: ${window}, sli: succeeded }\n`;

interface Json {
  readonly ok: boolean;
  readonly problems: readonly object[];
  readonly slos: readonly {
    readonly id: string;
    readonly tiers: readonly object[];
    readonly alertsThrough: readonly string[];
    readonly countingDelay: number;
    readonly outage: { readonly failures: object; readonly after: number | null } | null;
    readonly detection: readonly {
      readonly errorRate: number;
      readonly tier: string | null;
      readonly after: number | null;
      readonly page: { readonly tier: string; readonly after: number } | null;
      readonly budgetSpent: number | null;
    }[];
  }[];
}
const check = async (yaml: string) => {
  const { json, ...rest } = checkReport(await loadText(yaml), NOW);
  return { json: json as Json, ...rest };
};

describe('the check report', () => {
  it('says how many SLOs one with `each` can become', async () => {
    const { text: report, json } = await check(
      text('99%').replace('sli: succeeded', 'sli: succeeded, each: region'),
    );
    expect(report).toContain('and for each region the same: 52 SLOs at most');
    expect(json.slos[0]).toMatchObject({ each: 'region', atMost: 52 });
  });

  it('gives the published detection times to the minute: 99%, 14.4x over 1h takes 17.3 minutes at 50%', async () => {
    const { json, ok } = await check(text('99%', '30d'));
    expect(ok).toBe(true);
    const [total, half, tenth, twice, once] = json.slos[0]!.detection;
    // 14.4x over 1h would take 8.6 minutes; that nothing succeeds is proof before.
    expect(total).toMatchObject({ errorRate: 1, tier: 'outage', after: 2 * MINUTE });
    expect(half).toMatchObject({
      tier: 'fast',
      after: 18 * MINUTE,
      page: { tier: 'fast', after: 18 * MINUTE },
    });
    expect(tenth).toMatchObject({ tier: 'slow', after: 216 * MINUTE });
    expect(tenth!.budgetSpent).toBeCloseTo(0.05);
    expect(twice).toMatchObject({ errorRate: 0.02, tier: 'creep', after: 36 * HOUR, page: null });
    expect(once).toMatchObject({ errorRate: 0.01, tier: 'creep', after: 72 * HOUR, page: null });
    expect(once!.budgetSpent).toBeCloseTo(0.1);
  });

  it('does not promise a page where evaluation opens a ticket: 80%, ten an hour, half of them failing', async () => {
    const { json } = await check(text('80%').replace('slos', 'traffic: 10/hour\nslos'));
    const [, half] = json.slos[0]!.detection;
    // Of ten in an hour five are not beyond chance, of sixty in six hours thirty are.
    expect(half).toMatchObject({ tier: 'slow', page: { tier: 'slow', after: 358 * MINUTE } });
  });

  it('counts what `within` and `succeededEvery` add, and says so', async () => {
    const within = text('99%').replace('sli: succeeded', 'sli: { within: 10m }');
    const { json, text: words } = await check(within);
    expect(json.slos[0]).toMatchObject({ countingDelay: 10 * MINUTE });
    expect(json.slos[0]!.detection[0]).toMatchObject({ after: 12 * MINUTE, page: { after: 12 * MINUTE } });
    expect(words).toMatch(/includes the 10m after which what never ends counts as bad/);
    const fresh = text('99%').replace('sli: succeeded', 'sli: { succeededEvery: 6h }');
    const { json: every } = await check(fresh);
    expect(every.slos[0]!.countingDelay).toBe(6 * HOUR);
    expect(every.slos[0]!.detection[0]!.after!).toBeGreaterThan(6 * HOUR);
  });

  it('J3: a total outage is noticed at every objective, and a lowered factor is told', async () => {
    for (const objective of ['10%', '50%', '90%', '95%', '99.999%']) {
      const { json } = await check(text(objective));
      expect(json.slos[0]!.detection[0]!.tier, objective).not.toBeNull();
      for (const { errorRate } of json.slos[0]!.detection) expect(errorRate).toBeLessThanOrEqual(1);
    }
    const { text: words } = await check(text('95%'));
    expect(words).toMatch(/fast +page +burns 10x or faster over 1h and 5m +lowered from 13\.44x/);
  });

  it('is a table for people, with every problem before it', async () => {
    const { text: words, ok } = await check(text('90%'));
    expect(ok).toBe(true);
    expect(words.split('\n').map((line) => line.trimStart())).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/a\.yaml:4:19: warning: at 90%/),
        expect.stringMatching(/^w\/s: 90% over 28d {2}\(.*a\.yaml:4\)$/),
        'outage  page      2 to 9 consecutive bad executions, more than chance explains',
        'creep   ticket    burns 1x or faster over 3d and 6h',
        'everything       outage (page)     2 to 9 failures in a row',
        'failing          first noticed by  after, of a steady stream  pages by  after  budget spent by then',
        '50%              fast (page)       1h                         fast      1h     0.7%',
        '10%              creep (ticket)    3d                         never            10.7%',
        '2 files, 1 SLO, 0 errors, 1 warning',
      ]),
    );
    expect(words).not.toMatch(/[ \t]\n/);
  });

  it('tells how long an outage goes on before it is noticed, where the traffic is known', async () => {
    const { json, text: words } = await check(text('99%').replace('slos', 'traffic: 10/hour\nslos'));
    // 6720 executions in 28 days: ln(100 * 6720) / ln(100) = 2.9.
    expect(json.slos[0]!.outage).toEqual({ failures: { least: 3, most: 3 }, after: 18 * MINUTE });
    const [total, half, tenth] = json.slos[0]!.detection;
    // 13.44x over 1h would take 8 minutes, but two failures of ten are not beyond chance; the third comes after 15.
    expect(total).toMatchObject({ tier: 'outage', after: 16 * MINUTE });
    expect(half).toMatchObject({ tier: 'fast', after: 34 * MINUTE });
    // Of sixty in six hours four are 5.6x and beyond chance, and the short window holds one only after the fifth.
    expect(tenth).toMatchObject({ tier: 'slow', after: 298 * MINUTE });
    expect(words).not.toContain('everything  outage');
    const { json: rare } = await check(text('99%').replace('slos', 'traffic: 2/day\nslos'));
    // The first failure of a rare job is a ticket, the second one in a row a page.
    expect(rare.slos[0]!.detection[0]).toMatchObject({
      tier: 'drift',
      after: 6 * HOUR + MINUTE,
      page: { tier: 'outage', after: 18 * HOUR + MINUTE },
    });
    expect(rare.slos[0]!.detection[1]).toMatchObject({ tier: 'drift', after: 18 * HOUR + MINUTE });
  });

  it('counts a tick a night as one outcome', async () => {
    const nightly = text('95%').replace(
      'sli: succeeded',
      "sli: { schedule: '0 2 * * *', finishWithin: 2h }, alerts: { minFailures: 1 }",
    );
    const { json } = await check(nightly);
    expect(json.slos[0]!.outage).toEqual({ failures: { least: 3, most: 3 }, after: 3 * DAY });
    // Half a day on average until the next tick, and the two hours that it is waited for.
    expect(json.slos[0]!.detection[0]).toMatchObject({ tier: 'drift', after: 14 * HOUR + MINUTE });
  });

  it.each<[tier: string, total: number | null, tenth: number | null]>([
    // Below, not at.
    ['successRate: { below: 80%, over: 1h }', 13 * MINUTE, null],
    ['successRate: { below: 95%, over: 1h }', 4 * MINUTE, 31 * MINUTE],
    // A quarter of the 6.72 hours of a total outage that 99% over 28 days allow, to the minute.
    ['budgetRemaining: { below: 75% }', 101 * MINUTE, 1009 * MINUTE],
    // After 45 minutes 5.97 of 6.72 hours are left, and 12.5% of 6 hours were bad; a tenth takes 19.2 hours to leave 4.8.
    ['forecast: { within: 2d }', 45 * MINUTE, 1151 * MINUTE],
    ['burnRate: { long: 1h, factor: 20 }', 12 * MINUTE, null],
    ['noData: { after: 1h }', null, null],
  ])('knows when a tier %s notices a sudden error rate', async (tier, total, tenth) => {
    const { json } = await check(
      text('99%').replace(
        'sli: succeeded',
        `sli: succeeded, alerts: { tiers: [{ severity: page, ${tier} }] }`,
      ),
    );
    const [all, , some] = json.slos[0]!.detection;
    expect([all!.after, some!.after]).toEqual([total, tenth]);
  });

  it('says through what a part of a composite alerts that has no tiers of its own', () => {
    const part = defineSlo({ name: 'part', alerts: { tiers: [] } });
    const lone = defineSlo({ name: 'lone', alerts: { tiers: [] } });
    const { id, workflow, fingerprint, sli } = part;
    if (sli.kind !== 'outcomes') throw new Error('it is counted');
    const journey = defineSlo({
      name: 'journey',
      sli: {
        kind: 'composite',
        method: 'all-of',
        members: [{ slo: id, workflow, fingerprint, sli, weight: 1 }],
      },
    });
    const loaded: Loaded = {
      definitions: define([part, lone, journey]),
      problems: [],
      files: [],
      referenced: [],
      signature: '',
      traffic: new Map(),
    };
    const { text: words, json } = checkReport(loaded, NOW);
    expect(words).toContain('orders/part: 99% over 28d  (test.yaml:1)\n  alerts through orders/journey\n');
    expect(words).toContain('orders/lone: 99% over 28d  (test.yaml:1)\n  does not alert\n');
    expect((json as Json).slos.map(({ alertsThrough }) => alertsThrough)).toEqual([
      ['orders/journey'],
      [],
      [],
    ]);
  });

  it('fails on an error and then says nothing about SLOs', async () => {
    const { text: words, json, ok } = await check(text('100%'));
    expect(ok).toBe(false);
    expect(json).toMatchObject({ ok: false, slos: [], problems: [{ line: 4, column: 19 }] });
    expect(words).toMatch(
      /a\.yaml:4:19: `objective` is `100%`.*\n.*\n {20}\^\n\n2 files, 1 error, 0 warnings\n$/,
    );
  });
});
