import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { checkReport } from '../../../src/slo-files/check/check-report.ts';
import { loadText } from '../slo-folder.ts';

const text = (objective: string, window = '28d') =>
  `workflow: w\nowner: payments\nslos:\n  s: { objective: ${objective}, window: ${window}, sli: succeeded }\n`;

interface Json {
  readonly ok: boolean;
  readonly problems: readonly object[];
  readonly slos: readonly {
    readonly id: string;
    readonly tiers: readonly object[];
    readonly outage: { readonly failures: object; readonly after: number | null } | null;
    readonly detection: readonly {
      readonly errorRate: number;
      readonly tier: string | null;
      readonly after: number | null;
      readonly budgetSpent: number | null;
    }[];
  }[];
}
const check = async (yaml: string) => {
  const { json, ...rest } = checkReport(await loadText(yaml));
  return { json: json as Json, ...rest };
};

describe('the check report', () => {
  it('pins the published detection times: 99%, a total outage, 14.4x over 1h takes 8.6 minutes', async () => {
    const { json, ok } = await check(text('99%', '30d'));
    expect(ok).toBe(true);
    const [total, half, tenth, twice, once] = json.slos[0]!.detection;
    expect(total).toMatchObject({ errorRate: 1, tier: 'fast' });
    expect(total!.after! / MINUTE).toBeCloseTo(8.64);
    expect(total!.budgetSpent).toBeCloseTo(0.02);
    expect(half!.after! / MINUTE).toBeCloseTo(17.28);
    expect(tenth).toMatchObject({ tier: 'slow' });
    expect(tenth!.after! / HOUR).toBeCloseTo(3.6);
    expect(tenth!.budgetSpent).toBeCloseTo(0.05);
    expect(twice).toMatchObject({ errorRate: 0.02, tier: 'creep' });
    expect(once).toMatchObject({ errorRate: 0.01, tier: 'creep', after: 72 * HOUR });
    expect(once!.budgetSpent).toBeCloseTo(0.1);
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
        expect.stringMatching(/^w\/s: 90% over 28d, alerts from at least 2 failures {2}\(.*a\.yaml:4\)$/),
        'outage  page      2 to 9 consecutive bad executions, more than chance explains',
        'creep   ticket    burns 1x or faster over 3d and 6h',
        'everything       outage (page)     2 to 9 failures in a row',
        'failing          first noticed by  after, of a steady stream  budget spent by then',
        'everything       fast (page)       30m                        0.7%',
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
    // 13.44x over 1h would take 8 minutes, but two failures, which it takes, come in 12.
    expect(total).toMatchObject({ tier: 'fast', after: 12 * MINUTE });
    expect(half).toMatchObject({ tier: 'fast', after: 24 * MINUTE });
    expect(tenth).toMatchObject({ tier: 'slow' });
    expect(tenth!.after! / MINUTE).toBeCloseTo(201.6);
    expect(words).not.toContain('everything  outage');
    const { json: rare } = await check(text('99%').replace('slos', 'traffic: 2/day\nslos'));
    // Failures half a day apart are never two in an hour.
    expect(rare.slos[0]!.detection[0]).toMatchObject({ tier: 'outage', after: DAY });
    expect(rare.slos[0]!.detection[1]).toMatchObject({ tier: 'drift', after: 2 * DAY });
  });

  it('counts a tick a night as one outcome', async () => {
    const nightly = text('95%').replace(
      'sli: succeeded',
      "sli: { schedule: '0 2 * * *', finishWithin: 2h }, alerts: { minFailures: 1 }",
    );
    const { json } = await check(nightly);
    expect(json.slos[0]!.outage).toEqual({ failures: { least: 3, most: 3 }, after: 3 * DAY });
    expect(json.slos[0]!.detection[0]).toMatchObject({ tier: 'fast', after: DAY });
    expect(json.slos[0]!.detection[0]!.budgetSpent).toBeCloseTo(1 / 1.4);
  });

  it.each<[tier: string, total: number | null, tenth: number | null]>([
    ['successRate: { below: 80%, over: 1h }', 12 * MINUTE, null],
    ['successRate: { below: 95%, over: 1h }', 3 * MINUTE, 30 * MINUTE],
    // A quarter of the 6.72 hours of a total outage that 99% over 28 days allow.
    ['budgetRemaining: { below: 75% }', 0.25 * 6.72 * HOUR, 2.5 * 6.72 * HOUR],
    // At t all bad the budget lasts (0.01 * 28d - t) / (t / 1d - 0.01): as long as 2d when t is 0.1 days.
    ['forecast: { within: 2d }', 0.1 * DAY, DAY],
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

  it('fails on an error and then says nothing about SLOs', async () => {
    const { text: words, json, ok } = await check(text('100%'));
    expect(ok).toBe(false);
    expect(json).toMatchObject({ ok: false, slos: [], problems: [{ line: 4, column: 19 }] });
    expect(words).toMatch(
      /a\.yaml:4:19: `objective` is `100%`.*\n.*\n {20}\^\n\n2 files, 1 error, 0 warnings\n$/,
    );
  });
});
