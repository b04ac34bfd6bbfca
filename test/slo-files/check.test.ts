import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import { checkReport } from '../../src/slo-files/check.ts';
import { loadText } from './slo-folder.ts';

const text = (objective: string, window = '28d') =>
  `workflow: w\nowner: payments\nslos:\n  s: { objective: ${objective}, window: ${window}, sli: succeeded }\n`;

interface Json {
  readonly ok: boolean;
  readonly problems: readonly object[];
  readonly slos: readonly {
    readonly id: string;
    readonly tiers: readonly object[];
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
    expect(words).toMatch(/fast +page +1h \/ 5m +10x +lowered from 13\.44x/);
  });

  it('is a table for people, with every problem before it', async () => {
    const { text: words, ok } = await check(text('90%'));
    expect(ok).toBe(true);
    expect(words.split('\n').map((line) => line.trimStart())).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/a\.yaml:4:19: warning: at 90%/),
        expect.stringMatching(/^w\/s: 90% over 28d, alerts from at least 2 failures {2}\(.*a\.yaml:4\)$/),
        'creep  ticket    3d / 6h       1x',
        'everything       fast (page)       30m    0.7%',
        '2 files, 1 SLO, 0 errors, 1 warning',
      ]),
    );
    expect(words).not.toMatch(/[ \t]\n/);
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
