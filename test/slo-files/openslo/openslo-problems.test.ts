import { describe, expect, it } from 'vitest';
import { loadFiles, told } from '../slo-folder.ts';

const NATIVE = `teams: { payments: { page: [log], ticket: [log] } }
targets: { log: { log: {} } }
`;
const SLO = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: promise
  labels: { owner: payments }
spec:
  service: shop
  indicator:
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: { type: burnwatch, spec: { workflow: shop, step: pay, status: succeeded } }
        total:
          metricSource: { type: burnwatch, spec: { workflow: shop, step: pay } }
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
  alertPolicies:
    - kind: AlertPolicy
      metadata: { name: fast }
      spec:
        alertWhenBreaching: true
        alertWhenResolved: true
        conditions:
          - kind: AlertCondition
            metadata: { name: burns }
            spec:
              severity: page
              condition: { kind: burnrate, op: gte, threshold: 10, lookbackWindow: 1h }
        notificationTargets: [{ targetRef: log }]
`;

async function tell(text: string, native = NATIVE): Promise<string[]> {
  return told(await loadFiles({ 'a.yaml': text, 'native.yaml': native }));
}

it('the file that the others are made of has no problem', async () => {
  expect(await tell(SLO)).toEqual([]);
});

describe('one change to it is answered where it was made', () => {
  const THRESHOLD =
    'spec: { thresholdMetric: { metricSource: { type: burnwatch, spec: { workflow: shop, duration: true } } } }';
  it.each<[what: string, before: string | RegExp, after: string, problem: string]>([
    [
      'another version',
      'openslo/v1',
      'openslo/v1alpha',
      '1:13: `apiVersion` is `openslo/v1alpha`, a version that is not loaded; expected openslo/v1',
    ],
    [
      'another version',
      'openslo/v1',
      'openslo.com/v2alpha1',
      '1:13: `apiVersion` is `openslo.com/v2alpha1`, a version that is not loaded',
    ],
    [
      'an unknown kind',
      'kind: SLO',
      'kind: SL0',
      '2:7: `kind` is `SL0`; expected one of SLO, SLI, Service, DataSource, AlertPolicy, AlertCondition, AlertNotificationTarget (did you mean SLO?)',
    ],
    ['no kind', 'kind: SLO\n', '', '1:1: `kind` is missing; expected one of'],
    [
      'an unknown key',
      'budgetingMethod:',
      'budgetingMethods:',
      '19:3: unknown key `budgetingMethods` (did you mean budgetingMethod?)',
    ],
    [
      'an unknown key deep inside',
      'lookbackWindow',
      'lookBackWindow',
      '33:68: unknown key `lookBackWindow` (did you mean lookbackWindow?)',
    ],
    [
      'a label that is no text',
      'owner: payments',
      'owner: 5',
      '5:20: `owner` is `5`; expected a text, or a list of texts',
    ],
    [
      'a name with spaces',
      'name: promise',
      'name: my promise',
      '4:9: `name` is `my promise`; expected a name of 1 to 128 characters',
    ],
    [
      'a misspelt annotation',
      '  labels:',
      '  annotations: { burnwatch.dev/ownr: x }\n  labels:',
      '5:18: unknown annotation `burnwatch.dev/ownr`; expected one of',
    ],
    [
      'an annotation that says nothing',
      '  labels:',
      '  annotations: { burnwatch.dev/min-failures: many }\n  labels:',
      '5:46: `burnwatch.dev/min-failures` is `many`; expected a whole number from 1 to 1000000',
    ],
    [
      'an annotation under a misspelt domain',
      '  labels:',
      '  annotations: { burnwatch.io/owner: payments }\n  labels:',
      '5:18: unknown annotation `burnwatch.io/owner`; expected one of burnwatch.dev/owner, burnwatch.dev/runbook, burnwatch.dev/min-failures, burnwatch.dev/default-tiers, burnwatch.dev/short-window, burnwatch.dev/not-exported (did you mean burnwatch.dev/owner?)',
    ],
    [
      'an annotation without its domain',
      '  labels:',
      '  annotations: { min-failures: "5" }\n  labels:',
      '5:18: unknown annotation `min-failures`; expected one of',
    ],
    [
      'an annotation where it means nothing',
      '  labels:',
      '  annotations: { burnwatch.dev/short-window: 5m }\n  labels:',
      '5:18: `burnwatch.dev/short-window` means nothing on an SLO; expected it on an AlertCondition',
    ],
    [
      'an annotation of an SLI that is written inside',
      '  indicator:\n',
      '  indicator:\n    metadata: { name: pays, annotations: { burnwatch.dev/owner: payments } }\n',
      '9:44: `burnwatch.dev/owner` means nothing on an SLI; expected it on a Service or an SLO',
    ],
    [
      'an annotation of a policy that is written inside',
      'metadata: { name: fast }',
      'metadata: { name: fast, annotations: { burnwatch.dev/min-failures: "5" } }',
      '24:46: `burnwatch.dev/min-failures` means nothing on an AlertPolicy; expected it on an SLO',
    ],
    [
      'a misspelt annotation of a condition that is written inside',
      'metadata: { name: burns }',
      'metadata: { name: burns, annotations: { burnwatch.dev/short-windows: 5m } }',
      '30:53: unknown annotation `burnwatch.dev/short-windows`; expected one of',
    ],
    [
      'an annotation that says nothing in what is written inside',
      'metadata: { name: burns }',
      'metadata: { name: burns, annotations: { burnwatch.dev/short-window: soon } }',
      '30:81: `burnwatch.dev/short-window` is `soon`; expected a duration of at least 1m',
    ],
    [
      'an annotation of a target that is written inside',
      '[{ targetRef: log }]',
      '[{ kind: AlertNotificationTarget, metadata: { name: log, annotations: { burnwatch.dev/owner: x } }, spec: { target: log } }]',
      '`burnwatch.dev/owner` means nothing on an AlertNotificationTarget; expected it on a Service or an SLO',
    ],
    [
      'labels for other tools in what is written inside',
      'metadata: { name: burns }',
      'metadata: { name: burns, labels: { tier: gold } }',
      '30:48: warning: labels and annotations for other tools change nothing in Burnwatch',
    ],
    ['a condition without op', 'op: gte, ', '', '`op` is missing; expected gte'],
    [
      'a ratio of failures',
      /        counter: true\n        good:\n.*\n        total:\n/,
      '        rawType: failure\n        raw:\n',
      '11:18: `rawType` is `failure`: Burnwatch counts which outcomes are good, and not a ratio of bad ones; expected success',
    ],
    [
      'an objective that allows nothing (case 10)',
      'target: 0.99',
      'target: 1.000000',
      '21:15: `target` is `1.000000`: without any budget one bad outcome breaks it for good; expected a share above 0 and below 1, such as 0.999, with at most 9 decimals',
    ],
    [
      'the same in percent',
      'target: 0.99',
      'targetPercent: 100.0',
      '21:22: `targetPercent` is `100.0`: without any budget one bad outcome breaks it for good; expected a percentage above 0 and below 100',
    ],
    [
      'labels of others',
      'owner: payments',
      'owner: payments, tier: gold',
      '5:30: warning: labels and annotations for other tools change nothing in Burnwatch',
    ],

    [
      'no window',
      /  timeWindow:\n.*\n.*\n/,
      '',
      '`timeWindow` is missing; expected a list of exactly one window',
    ],
    [
      'two windows',
      '    - duration: 28d',
      '    - { duration: 7d, isRolling: true }\n    - duration: 28d',
      '`timeWindow` is a list; expected a list of exactly one window',
    ],
    ['a window too long', '28d', '1Y', '17:17: `duration` is `1Y`; expected a rolling window from 1d to 90d'],
    ['rolling months', '28d', '1M', '17:17: warning: a rolling window has no months: `1M` is taken as 30d'],
    [
      'a duration of other units',
      '28d',
      '28D',
      '17:17: `duration` is `28D`; expected a whole number and one of m, h, d, w, M, Q and Y',
    ],
    [
      'neither rolling nor calendar',
      'isRolling: true',
      'isRolling: false',
      'is this window rolling?; expected either isRolling: true, or calendar',
    ],
    [
      'both',
      'isRolling: true',
      'isRolling: true\n      calendar: { startTime: 2026-01-01 00:00:00, timeZone: UTC }',
      'a window of a calendar is not rolling',
    ],
    [
      'a week from a Saturday',
      'duration: 28d\n      isRolling: true',
      'duration: 1w\n      calendar: { startTime: 2022-01-01 12:00:00, timeZone: America/New_York }',
      '18:30: `startTime` is `2022-01-01 12:00:00`; expected midnight of a Monday, where a week begins',
    ],
    [
      'a week from a Tuesday',
      'duration: 28d\n      isRolling: true',
      'duration: 1w\n      calendar: { startTime: 2026-01-06 00:00:00, timeZone: UTC }',
      '18:30: `startTime` is `2026-01-06 00:00:00`; expected midnight of a Monday, where a week begins',
    ],
    [
      'a month from its second',
      'duration: 28d\n      isRolling: true',
      'duration: 1M\n      calendar: { startTime: 2026-01-02 00:00:00, timeZone: UTC }',
      '18:30: `startTime` is `2026-01-02 00:00:00`; expected midnight of the first day of a month',
    ],
    [
      'a quarter from February',
      'duration: 28d\n      isRolling: true',
      'duration: 1Q\n      calendar: { startTime: 2026-02-01 00:00:00, timeZone: UTC }',
      '18:30: `startTime` is `2026-02-01 00:00:00`; expected midnight of the first of January, April, July or October',
    ],
    [
      'a month of the calendar that is none',
      'duration: 28d\n      isRolling: true',
      'duration: 2M\n      calendar: { startTime: 2026-01-01 00:00:00, timeZone: UTC }',
      '17:17: `duration` is `2M`; expected a calendar week, month or quarter: 1w, 1M or 1Q',
    ],
    [
      'a day that does not exist',
      'duration: 28d\n      isRolling: true',
      'duration: 1M\n      calendar: { startTime: 2026-02-30 00:00:00, timeZone: UTC }',
      '`startTime` is `2026-02-30 00:00:00`; expected a date and time that exist',
    ],
    [
      'an unknown time zone',
      'duration: 28d\n      isRolling: true',
      'duration: 1M\n      calendar: { startTime: 2026-01-01 00:00:00, timeZone: Europe/Berln }',
      '(did you mean Europe/Berlin?)',
    ],

    [
      'a target of 100%',
      'target: 0.99',
      'target: 1.0',
      '21:15: `target` is `1.0`: without any budget one bad outcome breaks it for good; expected a share above 0',
    ],
    [
      'a percentage as target',
      'target: 0.99',
      'target: 99.5',
      '`target` is `99.5`; expected a share above 0 and below 1, such as 0.999, with at most 9 decimals (did you mean targetPercent: 99.5?)',
    ],
    [
      'two targets',
      'target: 0.99',
      'target: 0.99\n      targetPercent: 99',
      'expected exactly one of target and targetPercent',
    ],
    [
      'op on a ratio',
      'target: 0.99',
      'target: 0.99\n      op: gt',
      '22:7: warning: `op` has no meaning here',
    ],
    [
      'a weight without SLIs',
      'target: 0.99',
      'target: 0.99\n      compositeWeight: 2',
      '22:7: warning: `compositeWeight` has no meaning here',
    ],
    [
      'a slice without slices',
      'target: 0.99',
      'target: 0.99\n      timeSliceWindow: 5m',
      '22:7: warning: `timeSliceWindow` has no meaning with budgetingMethod Occurrences',
    ],
    [
      'slices without a length',
      'Occurrences',
      'RatioTimeslices',
      '21:7: `timeSliceWindow` is missing: budgetingMethod RatioTimeslices needs it',
    ],
    [
      'slices of seven minutes',
      'Occurrences\n  objectives:\n    - target: 0.99',
      'RatioTimeslices\n  objectives:\n    - target: 0.99\n      timeSliceWindow: 7',
      '22:24: `timeSliceWindow` is `7`; expected whole minutes that divide an hour',
    ],
    [
      'a slice that asks for nothing',
      'Occurrences\n  objectives:\n    - target: 0.99',
      'Timeslices\n  objectives:\n    - target: 0.99\n      timeSliceWindow: 5m\n      timeSliceTarget: 0',
      '23:24: `timeSliceTarget` is `0`; expected a share above 0 and up to 1',
    ],
    [
      'two objectives of one name',
      '- target: 0.99',
      '- { displayName: A b, target: 0.9 }\n    - { displayName: a-B, target: 0.99 }',
      '22:22: two objectives are both named `promise-a-b`',
    ],

    [
      'another source',
      'type: burnwatch, spec: { workflow: shop, step: pay }',
      'type: Prometheus, spec: { query: up }',
      '15:33: a metric source of type `Prometheus` is not read: Burnwatch counts the outcomes that producers report; expected { type: burnwatch, spec: { workflow: …',
    ],
    [
      'no source',
      'type: burnwatch, spec: { workflow: shop, step: pay }',
      'spec: { query: up }',
      '15:25: this metric source has neither `type` nor `metricSourceRef`',
    ],
    [
      'an unknown DataSource',
      'type: burnwatch, spec: { workflow: shop, step: pay }',
      'metricSourceRef: x, spec: { workflow: shop }',
      '15:44: there is no DataSource `x`',
    ],
    [
      'other words',
      'workflow: shop, step: pay }',
      'workflow: shop, stp: pay }',
      '15:68: unknown key `stp` (did you mean step?)',
    ],
    ['good without status', ', status: succeeded', '', '`status` is missing; expected succeeded'],
    [
      'a good that is bad',
      'status: succeeded',
      'status: failed',
      '13:87: `status` is `failed`; expected succeeded',
    ],
    [
      'good of other outcomes',
      'step: pay, status',
      'step: ship, status',
      '13:68: `step` of good is `ship`, unlike that of total; expected the same `step` as in total',
    ],
    [
      'good and bad',
      '        total:',
      '        bad:\n          metricSource: { type: burnwatch, spec: { workflow: shop, step: pay, status: failed } }\n        total:',
      'expected good and total, or bad and total, or raw and rawType',
    ],
    [
      'a gauge',
      'counter: true',
      'counter: false',
      '11:18: warning: `counter: false` says that these are values which go up and down',
    ],
    [
      'no SLI at all',
      /  indicator:\n(.*\n){7}/,
      '',
      '6:1: this SLO has no SLI; expected `indicator` or `indicatorRef`',
    ],
    ['an unknown SLI', /  indicator:\n(.*\n){7}/, '  indicatorRef: x\n', '8:17: there is no SLI `x`'],
    [
      'SLIs at two places',
      '- target: 0.99',
      '- { target: 0.99, indicatorRef: x }',
      '8:3: this SLO has an SLI, and so have its objectives',
    ],
    [
      'a threshold without a value',
      /spec:\n      ratioMetric:\n(.*\n){5}/,
      `${THRESHOLD}\n`,
      '`op` is missing: a thresholdMetric is compared with a value',
    ],
    [
      'a deadline beyond the window',
      'status: succeeded',
      'status: succeeded, within: 30d',
      'outcomes have 30d to succeed, longer than the window',
    ],
    [
      'native words that are wrong',
      /ratioMetric:\n(.*\n){5}/,
      'ratioMetric: { rawType: success, raw: { metricSource: { type: burnwatch, spec: { workflow: shop, sli: { schedule: nonsense, finishWithin: 1h } } } } }\n',
      '`schedule` is `nonsense`',
    ],
    [
      'slices of what is no outcome',
      /ratioMetric:\n(.*\n){5}/,
      'ratioMetric: { rawType: success, raw: { metricSource: { type: burnwatch, spec: { workflow: shop, sli: { succeededEvery: 5h, where: {} } } } } }\n  budgetingMethod: RatioTimeslices\n',
      '`budgetingMethod` is already in this map',
    ],

    [
      'an unknown policy',
      /    - kind: AlertPolicy\n(.*\n){11}/,
      '    - alertPolicyRef: x\n',
      '23:23: there is no AlertPolicy `x`',
    ],
    [
      'an unknown condition',
      /          - kind: AlertCondition\n(.*\n){4}/,
      '          - conditionRef: x\n',
      '29:27: there is no AlertCondition `x`',
    ],
    [
      'two conditions',
      '          - kind: AlertCondition',
      '          - conditionRef: x\n          - kind: AlertCondition',
      '`conditions` is a list; expected a list of exactly one condition',
    ],
    [
      'an unknown severity',
      'severity: page',
      'severity: sev1',
      '32:25: `severity` is `sev1`; expected page, critical or high',
    ],
    [
      'a condition upside down',
      'op: gte',
      'op: lte',
      '`op` is `lte`, which fires while little burns; expected gte',
    ],
    [
      'a strict comparison',
      'op: gte',
      'op: gt',
      'warning: `op` is `gt`: the alert fires when the threshold is reached, as with gte',
    ],
    [
      'a burn rate of nothing',
      'threshold: 10',
      'threshold: 0',
      '`threshold` is `0`; expected a burn rate above 0',
    ],
    [
      'alertAfter',
      'lookbackWindow: 1h',
      'lookbackWindow: 1h, alertAfter: 5m',
      'warning: `alertAfter` is `5m`: instead of waiting that long',
    ],
    [
      'alertAfter too long',
      'lookbackWindow: 1h',
      'lookbackWindow: 1h, alertAfter: 2h',
      '`alertAfter` is `2h`, longer than lookbackWindow',
    ],
    [
      'no end',
      'alertWhenResolved: true',
      'alertWhenResolved: false',
      '27:9: warning: the end of an alert is always notified, although `alertWhenResolved` is false',
    ],
    [
      'no beginning',
      'alertWhenBreaching: true',
      'alertWhenBreaching: false',
      'warning: AlertPolicy `fast` never alerts',
    ],
    ['an unknown target', 'targetRef: log', 'targetRef: lgo', 'there is no target `lgo` (did you mean log?)'],
    [
      'a target without an address',
      '[{ targetRef: log }]',
      '[{ kind: AlertNotificationTarget, metadata: { name: us }, spec: { target: email } }]',
      'target `us` has no address: OpenSLO cannot say it; expected a native document with targets: { us: { email: { to: [someone@example.com] } } }',
    ],
    [
      'a target of another kind',
      '[{ targetRef: log }]',
      '[{ kind: AlertNotificationTarget, metadata: { name: log }, spec: { target: slack } }]',
      '`target` is `slack`, but the native target `log` is of kind log',
    ],
    [
      'nobody who owns it',
      /  labels: .*\n/,
      '',
      'no team owns workflow `shop`; expected a team as `owner` in the labels of Service `shop`',
    ],
  ])('%s', async (_what, before, after, problem) => {
    const changed = SLO.replace(before, after);
    expect(changed).not.toBe(SLO);
    const lines = await tell(changed);
    expect(lines.find((line) => line.includes(problem)) ?? lines).toContain(problem);
    for (const line of lines) expect(line).toMatch(/^(a|native)\.yaml:[1-9]\d*:[1-9]\d*: /);
  });
});

describe('documents that do not go together', () => {
  it('a policy whose time is longer than the window of an SLO', async () => {
    expect(await tell(SLO.replace('lookbackWindow: 1h', 'lookbackWindow: 29d'))).toEqual([
      'a.yaml:23:7: the lookbackWindow of `burns`, 29d, is longer than the window of this SLO; expected at most 28d',
    ]);
  });

  it('a short window longer than the long one', async () => {
    const metadata = 'metadata: { name: burns, annotations: { burnwatch.dev/short-window: 2h } }';
    expect(await tell(SLO.replace('metadata: { name: burns }', metadata))).toEqual([
      expect.stringContaining('`lookbackWindow` is `1h`, shorter than `burnwatch.dev/short-window`'),
    ]);
  });

  it('policies of one severity with different targets, which then share them', async () => {
    const policy = SLO.slice(SLO.indexOf('    - kind: AlertPolicy'));
    const other = policy.replace('burns', 'slowly');
    const silent = other.replace(/        notificationTargets.*\n/, '');
    const both = 'each page goes to log';
    expect(await tell(`${SLO}${silent}`)).toEqual([expect.stringContaining(both)]);
    expect(await tell(`${SLO}${other}`)).toEqual([]);
  });

  const service = 'apiVersion: openslo/v1\nkind: Service\nmetadata: { name: shop }\n';
  it.each<[what: string, documents: string[], problem: RegExp]>([
    ['a name twice', [service, service], /a\.yaml:4\d:19: Service `shop` is already defined at a\.yaml:3\d$/],
    ['an SLO twice', [SLO], /a\.yaml:\d+:1: SLO `shop\/promise` is already defined at a\.yaml:1$/],
    [
      'an SLO in both dialects',
      ['workflow: shop\nowner: payments\nslos: { promise: { objective: 90%, window: 7d, sli: succeeded } }'],
      /a\.yaml:1:1: SLO `shop\/promise` is already defined at a\.yaml:\d+$/,
    ],
    [
      'two owners',
      [SLO.replace('name: promise', 'name: other').replace('payments', 'somebody')],
      /workflow `shop` is owned by `payments`, but service `shop` by `somebody`/,
    ],
    [
      'an owner that is not that of the native workflow',
      ['workflow: shop\nowner: other\nslos: {}\n---\nteams: { other: { page: [log] } }'],
      /a\.yaml:7:12: workflow `shop` is owned by `other`, but service `shop` by `payments`/,
    ],
    [
      'a step that the native workflow does not have',
      ['workflow: shop\nowner: payments\nsteps: [pya]'],
      /a\.yaml:15:\d+: `pay` is not a step of this workflow; expected one of pya \(did you mean pya\?\)/,
    ],
    [
      'a DataSource of another type',
      ['apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: d }\nspec: { type: Prometheus }'],
      /warning: DataSource `d` is of type `Prometheus`, which Burnwatch does not read/,
    ],
    [
      'a DataSource with an address',
      [
        'apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: d }\nspec: { type: burnwatch, connectionDetails: { url: x } }',
      ],
      /`connectionDetails` of a source that Burnwatch counts itself: there is nothing to connect to/,
    ],
    [
      'a condition that nobody uses',
      [
        'apiVersion: openslo/v1\nkind: AlertCondition\nmetadata: { name: c }\nspec: { severity: sev1, condition: { op: gte, threshold: 2, lookbackWindow: 1h } }',
      ],
      /`severity` is `sev1`; expected page, critical or high/,
    ],
    [
      'a policy that nobody uses, of a condition that nobody wrote',
      [
        'apiVersion: openslo/v1\nkind: AlertPolicy\nmetadata: { name: p }\nspec: { alertWhenResolved: true, conditions: [{ conditionRef: c }] }',
      ],
      /there is no AlertCondition `c`/,
    ],
    [
      'an SLI that nobody uses and nobody counts',
      [
        'apiVersion: openslo/v1\nkind: SLI\nmetadata: { name: s }\nspec: { thresholdMetric: { metricSource: { type: Datadog, spec: { query: x } } } }',
      ],
      /a metric source of type `Datadog` is not read/,
    ],
  ])('%s', async (_what, documents, problem) => {
    const lines = await tell([SLO, ...documents].join('\n---\n'));
    expect(lines.find((line) => problem.test(line)) ?? lines).toMatch(problem);
  });

  it('a team that nobody knows, when alerts go to the owner', async () => {
    const lines = await tell(
      SLO.replace('payments', 'paymnts').replace(/        notificationTargets.*\n/, ''),
    );
    expect(lines).toEqual([
      'a.yaml:7:12: there is no team `paymnts`, which owns service `shop`; expected a native document with teams: { paymnts: { page: [a-target], ticket: [a-target] } }, or alertPolicies with notificationTargets (did you mean payments?)',
    ]);
  });

  it('what is missing because its file could not be read is not held against anybody', async () => {
    const text = SLO.replace(/  indicator:\n(.*\n){7}/, '  indicatorRef: x\n');
    const loaded = await loadFiles({ 'a.yaml': text, 'b.yaml': 'a: \0', 'native.yaml': NATIVE });
    expect(told(loaded)).toEqual([expect.stringContaining('b.yaml:1:4: a NUL character')]);
  });

  it('what is in a document with mistakes is not blamed for being missing', async () => {
    const text = SLO.replace(/  indicator:\n(.*\n){7}/, '  indicatorRef: x\n');
    const broken = 'apiVersion: openslo/v1\nkind: SLI\nmetadata: { name: x }\nspec: { ';
    expect(await tell(`${text}\n---\n${broken}`)).toEqual([expect.stringContaining('not valid YAML')]);
    const wrong = `${broken} ratioMetric: 5 }`;
    expect(await tell(`${text}\n---\n${wrong}`)).toEqual([expect.stringContaining('`ratioMetric` is `5`')]);
  });
});
