import { describe, expect, it } from 'vitest';
import { loadText, told } from '../slo-folder.ts';

const slo = (name: string, objective: string, sli: string, more = '') =>
  `  ${name}: { objective: ${objective}, window: 28d, sli: ${sli}${more} }\n`;
const load = (slos: string, top = '') => loadText(`workflow: w\nowner: payments\n${top}slos:\n${slos}`);

describe('check warns, with the reason,', () => {
  it.each<[what: string, slos: string, top: string, warnings: string[]]>([
    [
      'of a window too short for the traffic',
      slo('s', '99%', 'succeeded'),
      'traffic: 2/day\n',
      [
        'a.yaml:5:32: warning: only 56 executions are to be expected in 28d, so that a single bad one spends 179% of the budget; an objective of up to 98.21% leaves room for one',
      ],
    ],
    [
      'of a pattern that is written as a value',
      slo('s', '99%', "{ within: 1m, where: { host: [a, 'worker-*'] } }") +
        slo('t', '99%', '{ succeededEvery: 1h, where: { region: { not: /eu.*/ } } }') +
        slo('u', '99%', "{ slices: 5m, ratio: 99%, where: { host: { glob: 'worker-*' }, path: /a } }"),
      '',
      [
        "a.yaml:4:63: warning: `worker-*` of `host` is no pattern here, but a value to be met as it is written; was { glob: 'worker-*' } meant?",
        "a.yaml:5:71: warning: `/eu.*/` of `region` is no pattern here, but a value to be met as it is written; was { notGlob: 'eu*' } meant?",
      ],
    ],
    [
      'of an objective that is likely another one',
      slo('s', '0.6%', '{ step: a }') + slo('t', '0.1%', '{ step: b }') + slo('u', '50%', '{ step: c }'),
      '',
      [
        'a.yaml:4:19: warning: 0.6% promises that only 0.6% are good; was 60% meant?',
        'a.yaml:5:19: warning: 0.1% promises that only 0.1% are good; was 99.9% meant?',
      ],
    ],
    ['not of one that is long enough', slo('s', '98%', 'succeeded'), 'traffic: 2/day\n', []],
    [
      'not where steps or attributes are selected',
      slo('s', '99%', '{ step: a }') + slo('t', '99%', '{ where: { a: b } }'),
      'traffic: 2/day\n',
      [],
    ],
    ['not without traffic', slo('s', '99.99%', 'succeeded'), '', []],
    [
      'of a schedule with too few ticks',
      slo('s', '99%', '{ schedule: "0 2 * * *", finishWithin: 2h }'),
      '',
      [
        'only 28 ticks are to be expected in 28d, so that a single bad one spends 357% of the budget; an objective of up to 96.42% leaves room for one',
      ],
    ],
    ['not of one with enough', slo('s', '96%', '{ schedule: "0 2 * * *", finishWithin: 2h }'), '', []],
    [
      'of too few slices',
      slo('s', '99.9%', '{ slices: 60m, ratio: 99% }'),
      '',
      ['only 670 slices are to be expected in 28d, so that a single bad one spends 149% of the budget'],
    ],
    [
      'of freshness whose budget one missing success can take',
      slo('s', '99%', '{ succeededEvery: 26h }'),
      '',
      [
        'one success every 1d2h is asked for, only 26 in 28d, and 99% allows 6h43m without: a single one that is missed can be over budget',
      ],
    ],
    ['not where it cannot', slo('s', '99%', '{ succeededEvery: 6h }'), '', []],
    [
      'of an objective stricter than its dependencies allow',
      slo('s', '99.9%', 'succeeded') +
        slo('a', '99.5%', '{ dependency: bank }') +
        slo('b', '99.95%', '{ dependency: bank, within: 1s }') +
        slo('c', '99.9%', '{ dependency: mail, step: send }'),
      '',
      [
        'a.yaml:4:19: warning: 99.9% is stricter than its dependencies allow, 99.85% together (bank 99.95%, mail 99.9%), unless retries make up for it',
      ],
    ],
    [
      'of an objective stricter than its steps allow',
      slo('s', '99%', '{ within: 5m }') + slo('a', '99%', '{ step: a }') + slo('b', '99.9%', '{ step: b }'),
      '',
      [
        '99% is stricter than its steps allow, 98.901% together (a 99%, b 99.9%), unless retries make up for it',
      ],
    ],
    [
      'not of one exactly as strict, nor of retry rates',
      slo('s', '99%', '{ within: 5m }') +
        slo('a', '99%', '{ step: a }') +
        slo('r', '90%', '{ step: b, good: first-try }', ', alerts: { minFailures: 3 }'),
      '',
      [],
    ],
    [
      'of a journey stricter than its parts',
      slo('s', '99%', '{ allOf: [a, b] }') + slo('a', '99%', '{ step: a }') + slo('b', '99%', '{ step: b }'),
      '',
      [
        '99% is stricter than its parts allow, 98.01% together (w/a 99%, w/b 99%), unless retries make up for it',
      ],
    ],
    [
      'of a total outage that pages nobody',
      slo(
        's',
        '99%',
        'succeeded',
        ', alerts: { tiers: [{ severity: ticket, outage: {} }, { severity: page, noData: { after: 1h } }] }',
      ),
      '',
      [
        'a.yaml:4:70: warning: no tier of severity page notices a total outage; `{ outage: {}, severity: page }` would',
      ],
    ],
    [
      'not when another tier of severity page does',
      slo(
        's',
        '99%',
        'succeeded',
        ', alerts: { tiers: [{ severity: page, burnRate: { long: 1h, factor: 10 } }] }',
      ),
      '',
      [],
    ],
    [
      'of two alike',
      slo('s', '99%', 'succeeded') + slo('t', '0.99', 'succeeded'),
      '',
      ['a.yaml:5:3: warning: `t` promises the same as `s`, at a.yaml:4'],
    ],
  ])('%s', async (_what, slos, top, warnings) => {
    const loaded = await load(slos, top);
    const lowered = /a total outage burns only/;
    expect(told(loaded).filter((line) => !lowered.test(line))).toEqual(
      warnings.map((warning) => expect.stringContaining(warning)),
    );
    expect(loaded.definitions).not.toBeNull();
  });

  it.each([
    [
      'ticket: [log]',
      'page',
      [
        'no one is paged when this workflow burns, but the ticket targets are notified: team `t` has no page route',
      ],
    ],
    [
      'page: [log]',
      'ticket',
      ['tickets of this workflow go where its pages go: team `t` has no ticket route'],
    ],
    ['page: [log], ticket: [log]', 'ticket', []],
    [
      '',
      'page',
      [
        'no one is paged when this workflow burns: team `t` has no page route',
        'no one hears of the tickets of this workflow: team `t` has no ticket route',
      ],
    ],
  ])('of a team with { %s }, unless each SLO routes its %ss', async (routes, severity, messages) => {
    const team = `teams: { t: { ${routes} } }\n`;
    const workflow = (alerts: string) =>
      `workflow: w\nowner: t\nslos:\n${slo('s', '99%', 'succeeded', `, alerts: ${alerts}`)}---\n${team}`;
    const lines = told(await loadText(workflow('{}')));
    expect(lines.map((line) => line.replace(/; expected .*/, ''))).toEqual(
      messages.map((message) => `a.yaml:2:8: warning: ${message}`),
    );
    const routed = told(await loadText(workflow(`{ route: { ${severity}: [log] } }`)));
    expect(routed.filter((line) => line.includes(`no ${severity} route`))).toEqual([]);
    expect(told(await loadText(team))).toEqual([]);
  });
});
