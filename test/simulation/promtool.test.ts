import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BurnRateTier } from '../../src/core/slo/alert-policy.ts';
import { burnRate } from '../../src/core/budget/burn-rate.ts';
import { readTiers } from '../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../src/core/slo/slo.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { START } from '../support/clock.ts';
import { defineSlo } from '../support/definitions.ts';
import type { MinuteHistory } from './minute-history.ts';
import { endOfMinute, evidenceOf, historyOf, sumUpTo } from './minute-history.ts';
import type { Expectation, ScrapedHistory } from './promtool-rules.ts';
import { alertName, rulesFile, testFile } from './promtool-rules.ts';
import { COURSES, scrape } from './scraped-histories.ts';
import type { CourseName } from './scraped-histories.ts';

/** promtool evaluates some thousand rules a second, and other tests run beside it. */
const TIME_LIMIT = 300_000;

/** Every so many evaluations are told to promtool even when nothing changes. */
const SAMPLED = 61;

const folder = mkdtempSync(join(tmpdir(), 'burnwatch-promtool-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** SLOs with the burn-rate tiers of their objectives, met by nothing but burn rates, as Prometheus' are: a page would need proof. */
function slosOver(window: string, objectives: readonly string[]): Slo[] {
  return objectives.map((objective) => {
    const slo = defineSlo({
      name: `slo${objective.replace('.', '_').replace('%', '')}`,
      objective,
      window,
      alerts: { minFailures: 1 },
    });
    const tiers = slo.alerts.tiers
      .filter((tier) => tier.kind === 'burnRate')
      .map((tier) => ({ ...tier, severity: 'ticket' as const, loweredFrom: null }));
    return { ...slo, alerts: { ...slo.alerts, tiers } };
  });
}

/**
 * Whether one of a tier's windows burns at its very threshold. There we say "at least" and the textbook says "more
 * than", and what Prometheus finds hangs on the last bit of its floating-point numbers.
 */
function onTheThreshold(slo: Slo, tier: BurnRateTier, history: MinuteHistory, minute: number): boolean {
  return [tier.long, tier.short].some((window) => {
    const burn = burnRate(slo.objective, sumUpTo(history, window, minute));
    return burn !== null && Math.abs(burn / tier.factor - 1) < 1e-9;
  });
}

interface Told {
  readonly expectations: readonly Expectation[];
  /** How often a condition began or ceased to be met. */
  readonly changes: number;
  /** Evaluations at a very threshold: promtool is not asked about them. */
  readonly leftOut: number;
}

/** What promtool must find: at every change of a tier's condition, just before it, and now and then between. */
function expectationsOf(slo: Slo, { history, interval }: ScrapedHistory): Told {
  const evidenceAt = evidenceOf(history);
  const before = new Map<string, Expectation>();
  const expectations: Expectation[] = [];
  let changes = 0;
  let leftOut = 0;
  for (let after = interval; after <= history.minutes; after += interval) {
    const minute = after - 1;
    const now = endOfMinute(history, minute);
    for (const { tier, met } of readTiers(slo, evidenceAt(minute), now)) {
      if (tier.kind !== 'burnRate') continue;
      if (onTheThreshold(slo, tier, history, minute)) {
        leftOut++;
        before.delete(tier.name);
        continue;
      }
      const expectation = { alert: alertName(slo, tier), after, fires: met === true };
      const previous = before.get(tier.name);
      const changed = previous !== undefined && previous.fires !== expectation.fires;
      if (changed) {
        changes++;
        expectations.push(previous);
      }
      if (changed || (after / interval) % SAMPLED === 0) expectations.push(expectation);
      before.set(tier.name, expectation);
    }
  }
  return { expectations, changes, leftOut };
}

function toldOf(slos: readonly Slo[], scraped: ScrapedHistory): Told {
  const each = slos.map((slo) => expectationsOf(slo, scraped));
  return {
    expectations: each.flatMap(({ expectations }) => expectations),
    changes: each.reduce((sum, { changes }) => sum + changes, 0),
    leftOut: each.reduce((sum, { leftOut }) => sum + leftOut, 0),
  };
}

let files = 0;

/** Asks `promtool test rules` whether the rules do with a history what is expected. */
function promtool(
  slos: readonly Slo[],
  scraped: ScrapedHistory,
  expectations: readonly Expectation[],
): Promise<{ readonly passed: boolean; readonly output: string }> {
  files++;
  const rules = `${files}.rules.json`;
  const test = join(folder, `${files}.json`);
  writeFileSync(join(folder, rules), rulesFile(slos, scraped.interval));
  writeFileSync(test, testFile(rules, scraped, expectations));
  return new Promise((resolve) => {
    execFile('promtool', ['test', 'rules', test], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ passed: error === null, output: (stdout + stderr).slice(0, 3000) }),
    );
  });
}

const DAY_OF_MINUTES = 1440;

/** Every course by the minute, with the tiers of a week; and some by five minutes with those of 28 days. */
const CASES: readonly {
  readonly course: CourseName;
  readonly window: string;
  readonly interval: number;
  readonly minutes: number;
  /** Separated by blanks. */
  readonly objectives: string;
}[] = [
  ...(Object.keys(COURSES) as CourseName[]).map((course, index) => ({
    course,
    window: '7d',
    interval: 1,
    minutes: DAY_OF_MINUTES,
    objectives: index % 2 === 0 ? '99.9% 95%' : '99% 90%',
  })),
  ...(['total outage', 'a leak that comes and goes', 'low traffic with gaps'] as const).map(
    (course, index) => ({
      course,
      window: '28d',
      interval: 5,
      minutes: 4 * DAY_OF_MINUTES,
      objectives: index % 2 === 0 ? '99% 95%' : '99.9% 90%',
    }),
  ),
];

describe.concurrent('promtool and we find the same tiers in the same minutes:', () => {
  it.each(CASES)(
    '$course, $objectives over $window, each $interval min',
    async ({ course, window, interval, minutes, objectives }) => {
      const slos = slosOver(window, objectives.split(' '));
      const scraped = scrape(course, minutes, interval, 1);
      const { expectations, changes, leftOut } = toldOf(slos, scraped);
      // A history in which nothing happens would prove nothing, nor one of which little is asked.
      expect(changes).toBeGreaterThanOrEqual(6);
      expect(expectations.some(({ fires }) => fires)).toBe(true);
      expect(leftOut).toBeLessThan(0.02 * (minutes / interval) * slos.length * 4);
      expect((await promtool(slos, scraped, expectations)).output).toContain('SUCCESS');
    },
    TIME_LIMIT,
  );
});

describe('promtool', () => {
  const slos = slosOver('7d', ['99%']);
  const scraped = scrape('total outage', 4 * 60, 1, 1);
  const { expectations } = toldOf(slos, scraped);
  const change = expectations.findIndex(
    ({ alert, fires }, index) => fires && expectations[index - 1]?.alert === alert,
  );

  it.each([
    ['begins a minute earlier', change - 1],
    ['has not begun when it has', change],
  ])('objects when an alert %s', async (_, index) => {
    expect(expectations[index]?.fires).toBe(index === change);
    expect((await promtool(slos, scraped, expectations)).output).toContain('SUCCESS');
    const mutated = expectations.map((one, at) => (at === index ? { ...one, fires: !one.fires } : one));
    const { passed, output } = await promtool(slos, scraped, mutated);
    expect(passed).toBe(false);
    expect(output).toContain(expectations[change]!.alert);
  });

  it('parts ways with us at the very threshold only: we say at least, it says more than', async () => {
    // Half of all fail, at an objective of 50%: a burn rate of exactly 1, which no rounding touches.
    const minutes = 120;
    const even = new Uint32Array(minutes).fill(8);
    const [slo] = slosOver('7d', ['50%']) as [Slo];
    const history = historyOf(START / MINUTE, even, even);
    const scraped = { history, interval: 1, absent: new Set<number>(), restarts: new Set<number>(), base: 0 };
    const now = endOfMinute(history, minutes - 1);
    const tiers = readTiers(slo, evidenceOf(history)(minutes - 1), now);
    expect(tiers.map(({ met }) => met)).toEqual([true, true, true, true]);
    const silent = tiers.map(({ tier }) => ({ alert: alertName(slo, tier), after: minutes, fires: false }));
    expect((await promtool([slo], scraped, silent)).output).toContain('SUCCESS');
  });
});
