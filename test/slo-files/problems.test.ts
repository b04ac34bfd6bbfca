import { describe, expect, it } from 'vitest';
import { loadFiles, loadText, TEAMS, told } from './slo-folder.ts';

const slo = (fields: string) =>
  `workflow: w\nowner: payments\nsteps: [pick, pack]\nslos:\n  s: { ${fields} }\n`;
const good = 'objective: 99%, window: 28d, sli: succeeded';

describe('problems, each at its very place', () => {
  it.each<[what: string, text: string, problems: string[]]>([
    ['YAML syntax', 'workflow: [a\nowner: x\n', ['a.yaml:2:1: not valid YAML: Flow sequence']],
    [
      'a cron expression without quotes',
      slo(`objective: 99%, window: 28d, sli: { schedule: */5 * * * *, finishWithin: 1m }`),
      ['a.yaml:5:54: not valid YAML: a text that begins with * must be in quotes; expected quotes, as in'],
    ],
    [
      'a document for another program, once',
      'teams: {}\n---\napiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\nspec: { service: a }\n',
      ['a.yaml:3:13: `apiVersion` is `sloth.slok.dev/v1`, that of another program; expected burnwatch/v1'],
    ],
    [
      'a number in quotes',
      slo('objective: 99%, window: 28d, sli: { measurement: q, atMost: "100" }'),
      ['a.yaml:5:68: `atMost` is `100`; expected a number, without quotes or a unit'],
    ],
    [
      'a value where a map belongs',
      slo(`${good}, alerts: { noData: 1h }`),
      ['a.yaml:5:71: `noData` is `1h`; expected a map such as { after: 1h, severity: ticket }'],
    ],
    [
      'a time zone without its continent',
      slo('objective: 99%, window: { calendar: month, timeZone: berlin }, sli: succeeded'),
      ['a.yaml:5:61: there is no time zone `berlin`; expected an IANA name (did you mean Europe/Berlin?)'],
    ],
    ...['badge.svg', 'budget.svg', 'budget.png'].map((name): [string, string, string[]] => [
      `an SLO that would be hidden by a picture: ${name}`,
      slo(good).replace('workflow: w', 'workflow: team/w').replace('  s:', `  ${name}:`),
      [
        `a.yaml:5:3: no SLO of a workflow with a / in its name can be called \`${name}\`, which would be a picture of another SLO; expected another name`,
      ],
    ]),
    ['a tab as indentation', 'slos:\n\ta: 1\n', ['a.yaml:2:1: not valid YAML: Tabs are not allowed']],
    ['an unknown tag', 'workflow: !secret x\n', ['a.yaml:1:11: not valid YAML: Unresolved tag: !secret']],
    [
      'a duplicate key',
      `${slo(good)}  s: { ${good} }\n`,
      ['a.yaml:6:3: `s` is already in this map, at line 5'],
    ],
    [
      'a misspelt key',
      slo(`objectiv: 99%, window: 28d, sli: succeeded`),
      ['a.yaml:5:8: unknown key `objectiv` (did you mean objective?)'],
    ],
    [
      'an unknown key',
      `zzzzzz: 1\n${slo(good)}`,
      ['a.yaml:1:1: unknown key `zzzzzz`; expected one of apiVersion, workflow, owner'],
    ],
    [
      'a missing key',
      slo('objective: 99%, window: 28d'),
      ['a.yaml:5:3: `sli` is missing; expected the word succeeded'],
    ],
    [
      'a misspelt owner',
      slo(good).replace('owner', 'ownr'),
      ['a.yaml:2:1: unknown key `ownr` (did you mean owner?)'],
    ],
    [
      'a missing owner',
      `workflow: w\nslos: { s: { ${good} } }\n`,
      ['a.yaml:1:1: `owner` is missing; expected the name of the team'],
    ],
    [
      'a missing noData part',
      slo(`${good}, alerts: { noData: { after: 1h } }`),
      ['a.yaml:5:63: `severity` is missing; expected page or ticket'],
    ],
    [
      'a wrong type',
      slo('objective: 99%, window: 28, sli: succeeded'),
      ['a.yaml:5:32: `window` is `28`; expected a rolling window'],
    ],
    [
      'a key without value',
      'workflow: w\nowner: payments\nslos:\n',
      ['a.yaml:3:1: `slos` is empty; expected a map of SLOs by name'],
    ],
    [
      'a document that is a list',
      '- a\n---\nteams: {}\n',
      ['a.yaml:1:1: the document is a list; expected a map'],
    ],
    [
      'an unknown team',
      slo(good).replace('payments', 'paymets'),
      ['a.yaml:2:8: there is no team `paymets` (did you mean payments?)'],
    ],
    [
      'an unknown policy',
      slo(`${good}, alerts: { policy: defualt }`),
      ['a.yaml:5:71: there is no policy `defualt` (did you mean default?)'],
    ],
    [
      'an unknown step',
      slo('objective: 99%, window: 28d, sli: { step: pik }'),
      ['a.yaml:5:50: `pik` is not a step of this workflow; expected one of pick, pack (did you mean pick?)'],
    ],
    [
      'a bad workflow name',
      slo(good).replace(': w', ': w w'),
      ['a.yaml:1:11: `workflow` is `w w`; expected a name of 1 to 128'],
    ],
    [
      'an SLO name with a slash',
      slo(good).replace('  s:', '  s/t:'),
      ['a.yaml:5:3: the name `s/t` is not allowed; expected a name'],
    ],
    [
      'a number where texts are compared',
      slo('objective: 99%, window: 28d, sli: { where: { a: [x, 5] } }'),
      ['a.yaml:5:60: item 2 of `a` is `5`; expected a text, or a list of texts; quote numbers'],
    ],
    [
      'a selection of nothing',
      slo('objective: 99%, window: 28d, sli: {}'),
      ['a.yaml:5:42: `sli` is empty; expected the word succeeded, or a map'],
    ],
    [
      'a misspelt word',
      slo('objective: 99%, window: 28d, sli: suceeded'),
      ['a.yaml:5:42: `sli` is `suceeded`; expected the word succeeded, or a map'],
    ],
    [
      'an unknown key of a selection',
      slo('objective: 99%, window: 28d, sli: { withn: 5m }'),
      ['a.yaml:5:44: unknown key `withn` (did you mean within?)'],
    ],
    [
      'an objective without %',
      slo(good.replace('99%', '99.9')),
      [
        'a.yaml:5:19: `objective` is `99.9`; expected a share below 100%, such as 99.9% or 0.999 (did you mean 99.9%?)',
      ],
    ],
    [
      'an objective of everything',
      slo(good.replace('99%', '100%')),
      ['a.yaml:5:19: `objective` is `100%`, which leaves no error budget'],
    ],
    [
      'an objective of 1',
      slo(good.replace('99%', '1.0')),
      ['a.yaml:5:19: `objective` is `1.0`, which leaves no error budget'],
    ],
    [
      'an objective of nothing',
      slo(good.replace('99%', '0')),
      ['a.yaml:5:19: `objective` is `0`; expected a share'],
    ],
    [
      'an objective of too many decimals',
      slo(good.replace('99%', '0.99999999999999999999')),
      ['a.yaml:5:19: `objective` is `0.99999999999999999999`; expected'],
    ],
    [
      'a bad duration',
      slo('objective: 99%, window: 28d, sli: { within: 10 minutes }'),
      ['a.yaml:5:52: `within` is `10 minutes`; expected a duration such as 10m'],
    ],
    [
      'a window that is too long',
      slo(good.replace('28d', '91d')),
      ['a.yaml:5:32: `window` is `91d`; expected a rolling window from 1d to 90d'],
    ],
    [
      'a window that is too short',
      slo(good.replace('28d', '23h')),
      ['a.yaml:5:32: `window` is `23h`; expected a rolling window'],
    ],
    [
      'a window that is neither a duration nor a map',
      slo(good.replace('28d', 'a month')),
      [
        'a.yaml:5:32: `window` is `a month`; expected a rolling window from 1d to 90d, such as 28d, or a map such as { calendar: month, timeZone: Europe/Berlin }',
      ],
    ],
    [
      'traffic without a unit',
      `traffic: 5\n${slo(good)}`,
      ['a.yaml:1:10: `traffic` is `5`; expected a rate such as 2/day, 10/hour, 30/minute or 100/s'],
    ],
    [
      'traffic of nothing',
      `traffic: 0/day\n${slo(good)}`,
      ['a.yaml:1:10: `traffic` is `0/day`; expected a rate such as 2/day'],
    ],
    [
      'a deadline longer than the window',
      slo('objective: 99%, window: 1d, sli: { within: 2d }'),
      ['a.yaml:5:51: `within` is `2d`, longer than the window; expected at most 1d'],
    ],
    [
      'a runbook that is no link',
      slo(good) + 'runbook: javascript:alert(1)\n',
      ['a.yaml:6:10: `runbook` is `javascript:alert(1)`; expected an http or https URL'],
    ],
    [
      'a minimum of no failures',
      slo(`${good}, alerts: { minFailures: 0 }`),
      ['a.yaml:5:76: `minFailures` is `0`; expected a whole number'],
    ],
    [
      'SLOs without a workflow',
      `slos: { s: { ${good} } }\n`,
      ['a.yaml:1:1: `slos` without a workflow; expected `workflow`'],
    ],
    [
      'a misspelt dialect',
      `apiVersion: burnwatch/v2\n${slo(good)}`,
      ['a.yaml:1:13: `apiVersion` is `burnwatch/v2`; expected burnwatch/v1'],
    ],
    [
      'a dangerous key',
      slo(good).replace('  s:', '  __proto__:'),
      ['a.yaml:5:3: `__proto__` cannot be a key'],
    ],
    [
      'an alias to nowhere',
      slo(good).replace('99%', '*x'),
      ['a.yaml:5:19: *x refers to an anchor that is not before it'],
    ],
    [
      'an alias in itself',
      'steps: &a [*a]\nworkflow: w\nowner: payments\nslos: {}\n',
      ['a.yaml:1:12: *a refers to what it is in', 'a.yaml:2:11: warning: workflow `w` has no SLOs'],
    ],
    ['a map as a key', '{ a: 1 }: b\nteams: {}\n', ['a.yaml:1:1: a key must be a plain text']],
  ])('%s', async (_what, text, problems) => {
    const loaded = await loadText(text);
    expect(told(loaded)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
    expect(loaded.definitions).toBeNull();
  });

  it.each<[what: string, text: string, problem: string]>([
    ['no SLOs', 'workflow: w\nowner: payments\n', 'a.yaml:1:11: warning: workflow `w` has no SLOs'],
    [
      'two alike',
      `${slo(good)}  t: { objective: 0.99, window: 28d, sli: succeeded }\n`,
      'a.yaml:6:3: warning: `t` promises the same as `s`, at a.yaml:5',
    ],
    [
      'J3: a tier no outage could reach',
      slo(good.replace('99%', '90%')),
      'a.yaml:5:19: warning: at 90% a total outage burns only 10x, so tier fast (1h) fires from 5x instead of 13.44x: at 50% failures',
    ],
  ])('a warning about %s leaves the definitions in force', async (_what, text, problem) => {
    const loaded = await loadText(text);
    expect(told(loaded)).toEqual([expect.stringContaining(problem)]);
    expect(loaded.definitions).not.toBeNull();
  });

  it('95% lowers a tier that an outage could reach, which is no cause for a warning', async () => {
    expect(told(await loadText(slo(good.replace('99%', '95%'))))).toEqual([]);
  });

  it('a workflow that is defined twice says where the other one is', async () => {
    const loaded = await loadFiles({ 'a.yaml': slo(good), 'b.yaml': slo(good), 'teams.yaml': TEAMS });
    expect(told(loaded)).toEqual(['b.yaml:1:11: workflow `w` is already defined at a.yaml:1']);
  });
});

describe('targets and teams', () => {
  it.each<[what: string, text: string, problem: string]>([
    [
      'a bad team that is called like a member of every object',
      'teams: { toString: 5 }\n',
      'a.yaml:1:20: `toString` is `5`; expected a map',
    ],
    [
      'unknown target of a report',
      'targets: { chat: { log: {} } }\nreports: { monthly: [chat, log-2] }\n',
      'a.yaml:2:28: there is no target `log-2`',
    ],
    [
      'report to a target that takes incidents',
      'targets: { pd: { pagerduty: { routingKey: abcdefgh } } }\nteams: { t: { reports: { weekly: [pd] } } }\n',
      'a.yaml:2:35: `pd` is of the kind pagerduty, which takes incidents and no reports; expected a target that people read',
    ],
    [
      'report that nobody is sent',
      'teams: { t: { reports: { at: mon 09:00 } } }\n',
      'expected a map of weekly, monthly and at, with at least one target',
    ],
    [
      'report at no time',
      'targets: { chat: { log: {} } }\nteams: { t: { reports: { weekly: [chat], at: monday 9 } } }\n',
      'a.yaml:2:46: `at` is `monday 9`; expected a time of day such as 09:00, of weekly ones with a weekday: mon 09:00',
    ],
    [
      'reports of all teams twice',
      'targets: { chat: { log: {} } }\nreports: { weekly: [chat] }\n---\nreports: { monthly: [chat] }\n',
      'a.yaml:4:1: the map `reports` is already defined at a.yaml:2',
    ],
    [
      'report in no time zone',
      'targets: { chat: { log: {} } }\nreports: { weekly: [chat], timeZone: Berlin }\n',
      'a.yaml:2:38: there is no time zone `Berlin`',
    ],
    [
      'unknown target',
      'teams: { t: { page: [log, lag] } }\n',
      'a.yaml:1:27: there is no target `lag` (did you mean log?)',
    ],
    [
      'no kind',
      'targets: { x: {} }\n',
      'a.yaml:1:15: `x` is empty; expected exactly one of slack, slackApp, email, webhook, pagerduty, alertmanager, opsgenie, teams, discord, telegram, ntfy, log, rotation and calendar',
    ],
    [
      'two kinds',
      'targets: { x: { log: {}, email: { to: [a@b] } } }\n',
      'a.yaml:1:15: `x` is a map of `log`, `email`; expected exactly one',
    ],
    [
      'a misspelt kind',
      'targets: { x: { slak: {} } }\n',
      'a.yaml:1:17: unknown key `slak` (did you mean slack?)',
    ],
    [
      'a webhook that is no URL',
      'targets: { x: { slack: { webhook: T1/B2 } } }\n',
      'a.yaml:1:35: `webhook` is `*****`; expected an http or https URL',
    ],
    [
      'nobody to mail',
      'targets: { x: { email: { to: [] } } }\n',
      'a.yaml:1:30: `to` is empty; expected at least one mail address',
    ],
    [
      'a mail address with a header in it',
      'targets: { x: { email: { to: ["a@b\\nBcc: c@d"] } } }\n',
      'a.yaml:1:31: item 1 of `to` is',
    ],
    [
      'a team that was defined in another file',
      'teams: { payments: { page: [log] } }\n',
      'teams.yaml:1:10: team `payments` is already defined at a.yaml:1',
    ],
    [
      'a target that was defined in another file',
      'targets: { log: { log: {} } }\n',
      'teams.yaml:2:12: target `log` is already defined at a.yaml:1',
    ],
  ])('%s', async (_what, text, problem) => {
    expect(told(await loadText(text))).toEqual([expect.stringContaining(problem)]);
  });
});

describe('all problems at once', () => {
  it('of one SLO, of several files, in the order of files and lines', async () => {
    const loaded = await loadFiles({
      'b.yaml': slo(
        'objective: 99.9, window: 28 days, sli: { step: pik, wher: {} }, alerts: { policy: nope }',
      ),
      'a.yaml': slo(good).replace('payments', 'paymets').replace(': w', ': v'),
      'teams.yaml': TEAMS.replace('[log]', '[lag]'),
    });
    expect(told(loaded)).toEqual([
      expect.stringMatching(/^a\.yaml:2:8: there is no team `paymets`/),
      expect.stringMatching(/^b\.yaml:5:19: `objective` is `99\.9`/),
      expect.stringMatching(/^b\.yaml:5:33: `window` is `28 days`/),
      expect.stringMatching(/^b\.yaml:5:55: `pik` is not a step/),
      expect.stringMatching(/^b\.yaml:5:60: unknown key `wher`/),
      expect.stringMatching(/^b\.yaml:5:90: there is no policy `nope`/),
      expect.stringMatching(/^teams\.yaml:1:29: there is no target `lag`/),
    ]);
  });

  it('without blaming others for what a broken file would have defined', async () => {
    const broken = await loadFiles({ 'a.yaml': slo(good), 'teams.yaml': `${TEAMS}oops: [` });
    expect(told(broken)).toEqual([expect.stringMatching(/^teams\.yaml:3:/)]);
    const unreadable = await loadFiles({ 'a.yaml': slo(good), 'teams.yaml': Buffer.from([0xff, 0xfe, 0]) });
    expect(told(unreadable)).toEqual([expect.stringMatching(/^teams\.yaml:1:/)]);
    const badTeam = await loadFiles({ 'a.yaml': slo(good), 'teams.yaml': TEAMS.replace('page', 'pag') });
    expect(told(badTeam).join('\n')).not.toContain('there is no team');
  });

  it('none of an SLO that is named as a picture, or a view, where that hides nothing', async () => {
    for (const [workflow, name] of [
      ['w', 'badge.svg'],
      ['team/w', 'history'],
      ['team/w', 'badge'],
    ] as const) {
      const text = slo(good).replace('workflow: w', `workflow: ${workflow}`).replace('  s:', `  ${name}:`);
      const loaded = await loadText(text);
      expect(told(loaded)).toEqual([]);
      expect(loaded.definitions?.workflows.get(workflow)?.slos.map((one) => one.name)).toEqual([name]);
    }
  });

  it('up to a hundred a file, errors apart from warnings', async () => {
    const tier = (index: number) =>
      `  s${index}: { objective: 50%, window: ${index + 1}h, sli: succeeded }\n`;
    const text = `workflow: w\nowner: payments\nslos:\n${Array.from({ length: 300 }, (_, index) => tier(index)).join('')}zz: 1\n`;
    const { problems, definitions } = await loadText(text);
    expect(definitions).toBeNull();
    expect(problems.filter(({ severity }) => severity === 'warning')).toHaveLength(101);
    expect(problems.at(-1)).toMatchObject({ line: 304, message: 'unknown key `zz`' });
  });
});
