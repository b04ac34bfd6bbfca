import { describe, expect, it } from 'vitest';
import type { OutcomeSli, Sli } from '../../../src/core/sli/sli.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { definitionsOf, loadText, told } from '../slo-folder.ts';

const text = (sli: string, more = '') =>
  `workflow: w\nowner: payments\nsteps: [pick, pack]\nslos:\n  s: { objective: 95%, window: 28d, sli: ${sli} }\n${more}`;

async function sliOf(sli: string): Promise<Sli> {
  return allSlos(definitionsOf(await loadText(text(sli))))[0]!.sli;
}

const outcomes = (sketch: Partial<OutcomeSli> = {}): OutcomeSli => ({
  kind: 'outcomes',
  step: null,
  dependency: null,
  where: {},
  withinMs: null,
  from: 'started',
  per: 'execution',
  good: 'succeeded',
  ...sketch,
});
const all = { kind: 'ratio', atLeast: { numerator: 1, denominator: 1 } } as const;
const slice = (of: Sli, rule: object) => ({ kind: 'slices', sliceMs: 5 * MINUTE, of, rule });
const lag = (op: string, sums = false) => ({
  kind: 'measurement',
  name: 'lag',
  where: {},
  op,
  limit: 30,
  sums,
});

describe('an SLI', () => {
  it.each<[written: string, meant: object]>([
    ['succeeded', outcomes()],
    ['{ within: 10m }', outcomes({ withinMs: 10 * MINUTE })],
    [
      '{ step: pick, dependency: d, within: 2s }',
      outcomes({ step: 'pick', dependency: 'd', withinMs: 2 * SECOND }),
    ],
    ['{ step: pick, good: first-try }', outcomes({ step: 'pick', per: 'attempt', good: 'first-try' })],
    ['{ dependency: d, good: first-try }', outcomes({ dependency: 'd', per: 'attempt', good: 'first-try' })],
    ['{ step: pick, per: attempt }', outcomes({ step: 'pick', per: 'attempt' })],
    ['{ per: attempt }', outcomes({ per: 'attempt' })],
    ['{ within: 5m, from: queued }', outcomes({ withinMs: 300_000, from: 'queued' })],
    [
      '{ where: { a: x, b: [x, x, y], c: { not: x }, d: { glob: [x-*, "?"] }, e: { notGlob: x* } } }',
      outcomes({
        where: {
          a: { op: 'in', values: ['x'] },
          b: { op: 'in', values: ['x', 'y'] },
          c: { op: 'not-in', values: ['x'] },
          d: { op: 'glob', values: ['x-*', '?'] },
          e: { op: 'not-glob', values: ['x*'] },
        },
      }),
    ],
    ['{ measurement: lag, atMost: 30 }', lag('<=')],
    ['{ measurement: lag, below: 30 }', lag('<')],
    ['{ measurement: lag, atLeast: 30 }', lag('>=')],
    [
      '{ measurement: lag, above: 30, where: { q: a } }',
      { ...lag('>'), where: { q: { op: 'in', values: ['a'] } } },
    ],
    [
      '{ slices: 5m, ratio: 99%, step: pick, within: 1m }',
      slice(outcomes({ step: 'pick', withinMs: MINUTE }), {
        kind: 'ratio',
        atLeast: { numerator: 99, denominator: 100 },
      }),
    ],
    ['{ slices: 5m, ratio: 100% }', slice(outcomes(), all)],
    // One share, however it is written, is one history (J5).
    [
      '{ slices: 5m, ratio: 0.9900 }',
      slice(outcomes(), { kind: 'ratio', atLeast: { numerator: 99, denominator: 100 } }),
    ],
    ...[
      ['p50', 1, 2],
      ['p90', 9, 10],
      ['p95', 19, 20],
      ['p99', 99, 100],
    ].map(([quantile, numerator, denominator]): [string, object] => [
      `{ slices: 5m, ${quantile}: 2s }`,
      slice(outcomes({ withinMs: 2 * SECOND }), { kind: 'ratio', atLeast: { numerator, denominator } }),
    ]),
    ['{ slices: 5m, measurement: lag, max: { atMost: 30 } }', slice(lag('<=') as Sli, all)],
    ['{ slices: 5m, measurement: lag, max: { below: 30 } }', slice(lag('<') as Sli, all)],
    ['{ slices: 5m, measurement: lag, max: { atLeast: 30 } }', slice(lag('>=') as Sli, { kind: 'any' })],
    ['{ slices: 5m, measurement: lag, max: { above: 30 } }', slice(lag('>') as Sli, { kind: 'any' })],
    ['{ slices: 5m, measurement: lag, min: { atLeast: 30 } }', slice(lag('>=') as Sli, all)],
    ['{ slices: 5m, measurement: lag, min: { above: 30 } }', slice(lag('>') as Sli, all)],
    ['{ slices: 5m, measurement: lag, min: { atMost: 30 } }', slice(lag('<=') as Sli, { kind: 'any' })],
    ['{ slices: 5m, measurement: lag, min: { below: 30 } }', slice(lag('<') as Sli, { kind: 'any' })],
    [
      '{ slices: 5m, measurement: lag, mean: { below: 30 } }',
      slice(lag('<', true) as Sli, { kind: 'mean', op: '<', limit: 30 }),
    ],
    [
      '{ transition: pick -> pack, within: 90s }',
      { kind: 'transition', from: 'pick', to: 'pack', withinMs: 90 * SECOND },
    ],
    [
      '{ succeededEvery: 26h, step: pack }',
      { kind: 'freshness', of: outcomes({ step: 'pack' }), everyMs: 26 * HOUR },
    ],
    [
      '{ schedule: "0 2 * * *", timeZone: Europe/Berlin, startWithin: 10m, finishWithin: 2h }',
      {
        kind: 'schedule',
        where: {},
        schedule: { cron: '0 2 * * *', timeZone: 'Europe/Berlin', ticks: expect.any(Function) },
        startEarlyMs: 5 * MINUTE,
        startWithinMs: 10 * MINUTE,
        finishWithinMs: 2 * HOUR,
      },
    ],
    [
      '{ schedule: "0 2 * * *", finishWithin: 1d }',
      {
        kind: 'schedule',
        where: {},
        schedule: { cron: '0 2 * * *', timeZone: 'UTC', ticks: expect.any(Function) },
        startEarlyMs: 5 * MINUTE,
        startWithinMs: null,
        finishWithinMs: DAY,
      },
    ],
    [
      '{ schedule: "0 2 * * *", startEarly: 30s, finishWithin: 1d }',
      {
        kind: 'schedule',
        where: {},
        schedule: { cron: '0 2 * * *', timeZone: 'UTC', ticks: expect.any(Function) },
        startEarlyMs: 30_000,
        startWithinMs: null,
        finishWithinMs: DAY,
      },
    ],
  ])('written %s means that', async (written, meant) => {
    expect(await sliOf(written)).toEqual(meant);
  });

  it.each<[what: string, sli: string, problem: string]>([
    [
      'a choice of no comparison',
      '{ measurement: lag }',
      '5:42: `sli` is a map of `measurement`; expected exactly one of atMost, below, atLeast and above',
    ],
    [
      'two comparisons',
      '{ measurement: lag, atMost: 1, below: 2 }',
      '5:42: `sli` is a map of `measurement`, `atMost`, `below`; expected exactly one of',
    ],
    [
      'a limit that is no number',
      '{ measurement: lag, atMost: much }',
      '5:70: `atMost` is `much`; expected a number',
    ],
    [
      'a misspelt comparison',
      '{ measurement: lag, atmost: 5 }',
      '5:62: unknown key `atmost` (did you mean atMost?)',
    ],
    [
      'a regular expression',
      '{ where: { a: { regex: x } } }',
      '5:58: unknown key `regex`; expected one of not, glob, notGlob',
    ],
    [
      'two tests of one attribute',
      '{ where: { a: { not: x, glob: y } } }',
      '5:56: `a` is a map of `not`, `glob`; expected exactly one of not, glob and notGlob',
    ],
    ['a transition without an arrow', '{ transition: pick, within: 1m }', 'expected two steps with an arrow'],
    ['a transition without a time', '{ transition: pick -> pack }', '`within` is missing'],
    [
      'a transition to itself',
      '{ transition: pick -> pick, within: 1m }',
      '5:56: `transition` is `pick -> pick`; expected two different steps',
    ],
    [
      'a transition to a step that is not in the map',
      '{ transition: pick -> pakc, within: 1m }',
      '5:56: `pakc` of the transition is not a step of this workflow; expected one of pick, pack (did you mean pack?)',
    ],
    [
      'a transition that is waited for longer than the window',
      '{ transition: pick -> pack, within: 40d }',
      '`within`',
    ],
    [
      'attempts that must be fast',
      '{ per: attempt, within: 1m }',
      '`per` is `attempt`; expected attempt, without within; each counts once without it',
    ],
    [
      'a beginning of no deadline',
      '{ step: pick, from: queued }',
      '`from` is `queued`; expected queued, together with within; the start is meant without it',
    ],
    [
      'retries of nothing in particular',
      '{ good: first-try }',
      '5:50: `good` is `first-try`; expected step or dependency beside it, and no within',
    ],
    [
      'retries that must be fast',
      '{ step: pick, good: first-try, within: 1m }',
      '`good` is `first-try`; expected step or dependency beside it, and no within',
    ],
    [
      'slices of no rule',
      '{ slices: 5m, step: pick }',
      '5:42: `sli` is a map of `slices`, `step`; expected exactly one of ratio, p50, p90, p95 and p99 beside slices, or measurement',
    ],
    [
      'slices that do not divide an hour',
      '{ slices: 7m, ratio: 99% }',
      '5:52: `slices` is `7m`; expected whole minutes that divide an hour: 1m, 2m',
    ],
    ['slices of seconds', '{ slices: 30s, ratio: 99% }', '5:52: `slices` is `30s`; expected whole minutes'],
    [
      'slices that are a number',
      '{ slices: 5, ratio: 99% }',
      '5:52: `slices` is `5`; expected whole minutes',
    ],
    [
      'a share above all',
      '{ slices: 5m, ratio: 99 }',
      '5:63: `ratio` is `99`; expected a share such as 25% or 0.25, above 0 and at most 100%',
    ],
    [
      'a percentile with a limit of its own',
      '{ slices: 5m, p95: 2s, within: 1s }',
      '5:73: `within` is `1s`; expected no within beside a percentile',
    ],
    [
      'a maximum without its measurement',
      '{ slices: 5m, max: { atMost: 5 } }',
      '5:37: `measurement` is missing; expected a name',
    ],
    [
      'a comparison beside slices',
      '{ slices: 5m, measurement: lag, atMost: 5 }',
      '5:74: unknown key `atMost`; expected one of slices, measurement, max, min, mean, where',
    ],
    [
      'freshness of less than minutes',
      '{ succeededEvery: 90s }',
      '5:60: `succeededEvery` is `90s`; expected a duration of whole minutes from 2m to 30d',
    ],
    [
      'freshness that is longer than the window',
      '{ succeededEvery: 29d }',
      '5:60: `succeededEvery` is `29d`, longer than the window; expected at most 28d',
    ],
    [
      'freshness of an unknown step',
      '{ succeededEvery: 1h, step: pik }',
      '`pik` is not a step of this workflow',
    ],
    [
      'a schedule that is none',
      '{ schedule: "0 25 * * *", finishWithin: 1h }',
      '5:54: `schedule` is `0 25 * * *`: Invalid value for hour: 25; expected five fields',
    ],
    [
      'a schedule that never ticks',
      '{ schedule: "0 0 30 2 *", finishWithin: 1h }',
      '5:54: `schedule` is `0 0 30 2 *`: it never ticks; expected at least one tick in 40d',
    ],
    [
      'a schedule without an end',
      '{ schedule: "0 2 * * *" }',
      '5:37: `finishWithin` is missing; expected a duration',
    ],
    [
      'a time zone that is none',
      '{ schedule: "0 2 * * *", timeZone: Europe/Berln, finishWithin: 1h }',
      '5:77: there is no time zone `Europe/Berln`; expected an IANA name (did you mean Europe/Berlin?)',
    ],
    [
      'an end after the next tick',
      '{ schedule: "0 12 * * *", timeZone: Europe/Berlin, finishWithin: 1d }',
      '`finishWithin` is `1d`, longer than the shortest time between two ticks, 23h (where clocks change, too); expected at most 23h',
    ],
    [
      'a start after the end',
      '{ schedule: "0 2 * * *", startWithin: 3h, finishWithin: 2h }',
      '5:80: `startWithin` is `3h`, longer than `finishWithin`; expected at most 2h',
    ],
    [
      'a step beside a schedule',
      '{ schedule: "0 2 * * *", finishWithin: 2h, step: pick }',
      '5:85: unknown key `step`; expected one of schedule, timeZone, startEarly, startWithin, finishWithin, where',
    ],
    [
      'a misspelt form',
      '{ succeedEvery: 1h }',
      '5:44: unknown key `succeedEvery` (did you mean succeededEvery?)',
    ],
  ])('with %s is one located problem', async (_what, sli, problem) => {
    const loaded = await loadText(text(sli));
    expect(told(loaded)).toEqual([expect.stringContaining(problem)]);
    expect(loaded.definitions).toBeNull();
  });
});

describe('a composite', () => {
  const others =
    '  t: { objective: 99%, window: 7d, sli: { within: 1m } }\n---\nworkflow: v/v\nowner: payments\nslos: { u: { objective: 99%, window: 7d, sli: succeeded } }\n';
  const load = (sli: string) => loadText(text(sli, others));

  it('is made of SLOs of any file and workflow, in either form', async () => {
    const [weighted] = allSlos(definitionsOf(await load('{ weighted: { v/v/u: 3, t: 0.5 } }')));
    expect(weighted!.sli).toEqual({
      kind: 'composite',
      method: 'weighted',
      members: [
        { slo: 'v/v/u', workflow: 'v/v', sli: outcomes(), fingerprint: expect.any(String), weight: 3 },
        {
          slo: 'w/t',
          workflow: 'w',
          sli: outcomes({ withinMs: MINUTE }),
          fingerprint: expect.any(String),
          weight: 0.5,
        },
      ],
    });
    const slos = allSlos(definitionsOf(await load('{ allOf: [w/t, v/v/u] }')));
    expect(slos.map(({ id }) => id)).toEqual(['w/s', 'w/t', 'v/v/u']);
    expect(slos[0]!.sli).toMatchObject({
      method: 'all-of',
      members: [
        { slo: 'w/t', weight: 1, fingerprint: slos[1]!.fingerprint },
        { slo: 'v/v/u', weight: 1, fingerprint: slos[2]!.fingerprint },
      ],
    });
  });

  it.each<[what: string, sli: string, problems: string[]]>([
    [
      'an unknown SLO',
      '{ allOf: [v/v/u, v/v/uu] }',
      ['5:59: there is no SLO `v/v/uu` (did you mean v/v/u?)'],
    ],
    [
      'an unknown name',
      '{ weighted: { tt: 1, v/v/u: 2 } }',
      ['5:56: there is no SLO `tt` (did you mean t?)'],
    ],
    ['itself', '{ allOf: [s, t] }', ['5:52: `s` is a composite itself; name its parts instead']],
    ['one SLO twice', '{ allOf: [t, w/t] }', ['5:55: `w/t` is there twice']],
    ['one member', '{ allOf: [t] }', ['`allOf` is a list; expected from 2 to 20 SLOs']],
    ['one weight', '{ weighted: { t: 1 } }', ['`weighted` is a map of `t`; expected from 2 to 20 SLOs']],
    [
      'no weight',
      '{ weighted: { t: 0, v/v/u: 1 } }',
      ['5:59: `t` is `0`; expected a weight above 0, at most 1000'],
    ],
    [
      'a deadline',
      '{ allOf: [t, v/v/u], within: 5m }',
      ['5:63: unknown key `within`; expected one of allOf'],
    ],
  ])('of %s is a located problem', async (_what, sli, problems) => {
    const loaded = await load(sli);
    expect(told(loaded)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });

  it('of composites that go round in a circle is a located problem each', async () => {
    const loaded = await loadText(
      text(
        '{ allOf: [t, u] }',
        '  t: { objective: 99%, window: 7d, sli: { allOf: [s, u] } }\n  u: { objective: 99%, window: 7d, sli: succeeded }\n',
      ),
    );
    expect(told(loaded)).toEqual([
      expect.stringContaining('5:52: `t` is a composite itself'),
      expect.stringContaining('6:51: `s` is a composite itself'),
    ]);
  });

  it('is not blamed for members that are there but wrong', async () => {
    const loaded = await loadText(
      text(
        '{ allOf: [t, v/u] }',
        '  t: { objective: 99%, window: 7d, sli: { within: soon } }\n---\nworkflow: v\nowner: payments\nslos: { u: [] ]\n',
      ),
    );
    expect(told(loaded)).toEqual([
      expect.stringContaining('6:51: `within` is `soon`'),
      expect.stringContaining('a.yaml:10:'),
    ]);
  });
});
