import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCalendarFiles } from '../../../src/check-calendar-files.ts';
import type { CalendarSchedule } from '../../../src/core/slo/on-call-calendar.ts';
import { loadDefinitions } from '../../../src/slo-files/load.ts';
import { calendarOf, eventText } from '../../support/calendars.ts';
import { checkReport } from '../../../src/slo-files/check/check-report.ts';
import { definitionsOf, loadFiles, references, told, withFolder } from '../slo-folder.ts';

const ROTATION = `      every: 1w
      starting: 2026-03-16 09:00
      people: [anna, ben]
`;

/** Files with one schedule, as these lines say, and what it needs. */
function files(rotation: string, more: Readonly<Record<string, string>> = {}) {
  return {
    'a.yaml': `targets:\n  oncall:\n    rotation:\n${rotation}`,
    'people.yaml': `people: { anna: [anna-mail, anna-pager], ben: [ben-mail] }
targets:
  anna-mail: { email: { to: [anna@example.com] } }
  anna-pager: { log: {} }
  ben-mail: { email: { to: [ben@example.com] } }
`,
    'teams.yaml': 'teams: { payments: { page: [oncall], ticket: [ben-mail], timeZone: Europe/Berlin } }\n',
    'slo.yaml':
      'workflow: w\nowner: payments\nslos: { s: { objective: 99%, window: 28d, sli: succeeded } }\n',
    ...more,
  };
}

describe('a rotation', () => {
  it('is read, with the time zone of the team that names it', async () => {
    const overrides = '      overrides: [{ from: 2026-04-03 09:00, until: 2026-04-07 09:00, person: ben }]\n';
    const loaded = await loadFiles(files(ROTATION + overrides));
    expect(told(loaded)).toEqual([]);
    const { onCall, targets } = definitionsOf(loaded);
    const ben = { name: 'ben', targets: ['ben-mail'] };
    expect(onCall.get('oncall')).toMatchObject({
      kind: 'rotation',
      timeZone: 'Europe/Berlin',
      every: 7 * 86_400_000,
      starting: Date.UTC(2026, 2, 16, 9),
      people: [{ name: 'anna', targets: ['anna-mail', 'anna-pager'] }, ben],
      overrides: [
        { from: Date.parse('2026-04-03T07:00:00Z'), until: Date.parse('2026-04-07T07:00:00Z'), person: ben },
      ],
    });
    expect(targets.has('oncall')).toBe(false);
  });

  it('has a time zone of its own where it says one', async () => {
    const loaded = await loadFiles(files(`${ROTATION}      timeZone: America/New_York\n`));
    expect(definitionsOf(loaded).onCall.get('oncall')).toMatchObject({ timeZone: 'America/New_York' });
  });

  it.each([
    ['people: [anna, bent]', 'a.yaml:6:22: there is no person `bent` (did you mean ben?)'],
    ['people: []', 'a.yaml:6:15: `people` is empty; expected at least one name from `people`'],
    [
      'every: 90m',
      'a.yaml:4:14: `every` is `90m`; expected a duration of whole hours from 1h to 364d, such as 1w or 1d',
    ],
    [
      'starting: 2026-02-30 09:00',
      'a.yaml:5:17: `starting` is `2026-02-30 09:00`; expected a day and a time such as 2026-11-30 09:00',
    ],
    [
      'starting: monday',
      'a.yaml:5:17: `starting` is `monday`; expected a day and a time such as 2026-11-30 09:00',
    ],
  ])('with %s is refused, with the place', async (line, problem) => {
    const key = line.split(':')[0]!;
    const rotation = ROTATION.replace(new RegExp(`${key}: .*`), line);
    expect(told(await loadFiles(files(rotation)))).toEqual([problem]);
  });

  it.each([
    [
      '[{ from: 2026-04-03 09:00, until: 2026-04-03 09:00, person: ben }]',
      ['a.yaml:7:52: `until` is `2026-04-03 09:00`, which is not after `from`; expected a later time'],
    ],
    [
      '[{ from: 2026-04-03 09:00, until: 2026-04-05 09:00, person: ben }, { from: 2026-04-05 08:00, until: 2026-04-06 09:00, person: anna }]',
      [
        'a.yaml:7:85: this override begins before the one in line 7 ends; expected one person on call at each moment',
      ],
    ],
    [
      '[{ from: 2026-04-03 09:00, until: 2026-04-05 09:00, person: carl }]',
      ['a.yaml:7:78: there is no person `carl`'],
    ],
  ])('with overrides %s is refused', async (overrides, problems) => {
    expect(told(await loadFiles(files(`${ROTATION}      overrides: ${overrides}\n`)))).toEqual(problems);
  });

  it('in a time zone that is none is refused', async () => {
    const loaded = await loadFiles(files(`${ROTATION}      timeZone: Europe/Merlin\n`));
    expect(told(loaded)).toEqual([
      'a.yaml:7:17: there is no time zone `Europe/Merlin`; expected an IANA name (did you mean Europe/Berlin?)',
    ]);
  });

  it('of teams in different zones has to say whose clocks it follows', async () => {
    const teams =
      'teams:\n  payments: { page: [oncall], timeZone: Europe/Berlin }\n  search: { page: [oncall], timeZone: Asia/Tokyo }\n';
    const loaded = await loadFiles(files(ROTATION, { 'teams.yaml': teams }));
    expect(told(loaded)).toContain(
      'a.yaml:3:5: the teams that name `oncall` have different time zones: Europe/Berlin (payments) and Asia/Tokyo (search); expected `timeZone` in the schedule, which says whose clocks it follows',
    );
  });

  it('of people who have no target, one that is missing, or a schedule, is refused', async () => {
    const people = (text: string) =>
      loadFiles(
        files(ROTATION, {
          'people.yaml': `people: { anna: ${text}, ben: [ben-mail] }\ntargets: { ben-mail: { log: {} } }\n`,
        }),
      );
    expect(told(await people('[]'))).toEqual([
      'people.yaml:1:17: `anna` is empty; expected at least one target',
    ]);
    expect(told(await people('[ben-nail]'))).toEqual([
      'people.yaml:1:18: there is no target `ben-nail` (did you mean ben-mail?)',
    ]);
    expect(told(await people('[oncall]'))).toEqual([
      'people.yaml:1:18: the target `oncall` of `anna` is a schedule; expected a target that reaches a person',
    ]);
  });

  it('is explained by `check`: who is on call, and who is next', async () => {
    const loaded = await loadFiles(files(ROTATION));
    const { text, json } = checkReport(loaded, Date.parse('2026-03-26T12:00:00Z'));
    expect(text).toContain(
      'on call now\n  oncall  ben until 30 Mar 09:00 CEST, then anna until 6 Apr 09:00 CEST\n',
    );
    expect(json).toMatchObject({
      onCall: [
        {
          schedule: 'oncall',
          teams: ['payments'],
          now: { person: 'ben', targets: ['ben-mail'], until: '2026-03-30T07:00:00.000Z' },
          next: { person: 'anna', from: '2026-03-30T07:00:00.000Z' },
        },
      ],
    });
  });

  it('may be named by OpenSLO documents, by policies, and by steps of escalation', async () => {
    const loaded = await loadFiles(
      files(ROTATION, {
        'slo.yaml': `workflow: w
owner: payments
slos:
  s:
    objective: 99%
    window: 28d
    sli: succeeded
    alerts: { route: { ticket: [oncall] }, escalation: [{ after: 15m, to: [oncall] }] }
`,
      }),
    );
    expect(told(loaded)).toEqual([]);
  });
});

describe('quiet hours', () => {
  const withQuiet = (quiet: string, target = 'log: {}') =>
    loadFiles({
      'a.yaml': `targets:\n  mail:\n    ${target}\n    quiet: ${quiet}\n`,
      'b.yaml':
        'teams: { t: { ticket: [mail] } }\n---\nworkflow: w\nowner: t\nslos: { s: { objective: 99%, window: 28d, sli: succeeded } }\n',
    });

  it('are read, on all days without `days`', async () => {
    const loaded = await withQuiet('{ from: 22:00, until: 08:30, timeZone: Europe/Berlin }');
    const hours = { from: 22 * 3_600_000, until: 8.5 * 3_600_000, timeZone: 'Europe/Berlin', pages: false };
    expect(definitionsOf(loaded).targets.get('mail')).toEqual({
      kind: 'log',
      name: 'mail',
      quiet: { ...hours, days: [0, 1, 2, 3, 4, 5, 6] },
    });
    const some = await withQuiet(
      '{ from: 22:00, until: 08:30, timeZone: UTC, days: [fri, sat], pages: true }',
    );
    expect(definitionsOf(some).targets.get('mail')!.quiet).toMatchObject({ days: [5, 6], pages: true });
  });

  it.each([
    ['{ from: 22:00, until: 08:00 }', 'log: {}', '`timeZone` is missing'],
    [
      '{ from: 22, until: 08:00, timeZone: UTC }',
      'log: {}',
      '`from` is `22`; expected a time of the day such as 22:00',
    ],
    [
      '{ from: 24:00, until: 08:00, timeZone: UTC }',
      'log: {}',
      '`from` is `24:00`; expected a time of the day',
    ],
    [
      '{ from: 08:00, until: 08:00, timeZone: UTC }',
      'log: {}',
      '`until` is `08:00`, the same as `from`; expected another time',
    ],
    [
      '{ from: 22:00, until: 08:00, timeZone: Europe/Merlin }',
      'log: {}',
      'there is no time zone `Europe/Merlin`',
    ],
    [
      '{ from: 22:00, until: 08:00, timeZone: UTC, days: [someday] }',
      'log: {}',
      'is `someday`; expected one of sun, mon',
    ],
    [
      '{ from: 22:00, until: 08:00, timeZone: UTC }',
      'alertmanager: { urls: [https://a.example.com] }',
      '`quiet` of a target of the kind alertmanager; expected its own mute time intervals',
    ],
    [
      '{ from: 22:00, until: 08:00, timeZone: UTC }',
      'rotation: { every: 1w, starting: 2026-03-02 09:00, people: [anna] }',
      '`quiet` of a target of the kind rotation; expected `quiet` of the targets of its people',
    ],
  ])('%s of %s are refused', async (quiet, target, problem) => {
    expect(told(await withQuiet(quiet, target)).join('\n')).toContain(problem);
  });
});

/** Files with one calendar, as these lines say, and what it needs. */
function calendarFiles(calendar: string, more: Readonly<Record<string, string>> = {}) {
  return files('', {
    'a.yaml': `targets:\n  oncall:\n    calendar: ${calendar}\n`,
    'teams.yaml':
      'teams: { payments: { page: [oncall], ticket: [ben-mail], fallback: [ben-mail, oncall], timeZone: Europe/Berlin } }\n',
    ...more,
  });
}

describe('a calendar', () => {
  it('is read with who it can name, and the fallback and time zone of its team', async () => {
    const loaded = await loadFiles(calendarFiles("{ url: '${PAYMENTS_CALENDAR}' }"), {
      PAYMENTS_CALENDAR: 'https://calendar.example.com/oncall.ics',
    });
    expect(told(loaded)).toEqual([]);
    expect(definitionsOf(loaded).onCall.get('oncall')).toMatchObject({
      kind: 'calendar',
      timeZone: 'Europe/Berlin',
      place: { url: 'https://calendar.example.com/oncall.ics' },
      people: [
        { name: 'anna', targets: ['anna-mail', 'anna-pager'], mails: ['anna@example.com'] },
        { name: 'ben', targets: ['ben-mail'], mails: ['ben@example.com'] },
      ],
      fallback: ['ben-mail'],
      read: null,
    });
  });

  it('in a file lies in the folder of the file that names it, or below', async () => {
    const loaded = await loadFiles(
      calendarFiles('{ file: on-call/oncall.ics, timeZone: Asia/Tokyo, fallback: [anna-pager] }'),
    );
    expect(told(loaded)).toEqual([]);
    const schedule = definitionsOf(loaded).onCall.get('oncall');
    expect(schedule).toMatchObject({ timeZone: 'Asia/Tokyo', fallback: ['anna-pager'] });
    const { place } = schedule as CalendarSchedule;
    expect('file' in place && relative(place.below, place.file)).toBe('on-call/oncall.ics');
  });

  it.each([
    ['{ file: ../oncall.ics }', 'the path of a file beside this one or below, such as oncall.ics'],
    ['{ file: /etc/passwd }', 'the path of a file beside this one or below, such as oncall.ics'],
    ['{ file: a/../../b.ics }', 'the path of a file beside this one or below, such as oncall.ics'],
    ['{ file: a.ics, url: https://b.example.com }', 'expected exactly one of url and file'],
    ['{}', 'expected exactly one of url and file'],
    ['{ file: a.ics, fallback: [bent-mail] }', 'there is no target `bent-mail` (did you mean ben-mail?)'],
    [
      '{ file: a.ics, fallback: [oncall] }',
      'the target `oncall` is a calendar as well; expected a target that is no calendar',
    ],
    ['{ file: a.ics, fallback: [] }', 'expected at least one target'],
    ['{ file: a.ics, timeZone: Berlin }', 'did you mean Europe/Berlin?'],
  ])('is refused: %s', async (calendar, problem) => {
    const [first = ''] = told(await loadFiles(calendarFiles(calendar)));
    expect(first).toMatch(/^a\.yaml:3:/);
    expect(first).toContain(problem);
  });

  it('needs something that stands in where it names nobody', async () => {
    const loaded = await loadFiles(
      calendarFiles('{ file: a.ics }', {
        'teams.yaml': 'teams: { payments: { page: [oncall], ticket: [ben-mail], fallback: [oncall] } }\n',
      }),
    );
    expect(told(loaded)).toEqual([
      'a.yaml:3:5: nothing stands in where the calendar of `oncall` names nobody; expected `fallback` with a target that is no calendar, here or in the team that names it',
    ]);
  });

  it('that is a file is read by `check`, which warns of gaps; what cannot be read is an error', async () => {
    const now = Date.parse('2026-11-25T12:00:00Z');
    const check = (ics: string | null) =>
      withFolder(
        calendarFiles('{ file: oncall.ics }', ics === null ? {} : { 'oncall.ics': ics }),
        async (folder) => {
          const loaded = await loadDefinitions([folder], references({}));
          return checkReport(await checkCalendarFiles(loaded, now), now);
        },
      );
    const whole = { uid: '1', start: ':20261124T080000Z', summary: 'Anna' };
    const covered = await check(calendarOf(eventText({ ...whole, end: ':20270301T080000Z' })));
    expect([covered.ok, covered.text]).toEqual([
      true,
      expect.stringContaining('on call now\n  oncall  anna'),
    ]);
    expect(covered.text).toContain('0 errors, 0 warnings');
    const gap = await check(calendarOf(eventText({ ...whole, end: ':20261130T080000Z' })));
    expect(gap.ok).toBe(true);
    expect(gap.text).toContain(
      'the fallback of `oncall` stands in from 30 Nov 09:00 CET on: the calendar has no event then',
    );
    const missing = await check(null);
    expect(missing.ok).toBe(false);
    expect(missing.text).toContain(
      'a.yaml:3:1: the calendar of `oncall` cannot be read: there is no such file',
    );
  });
});
