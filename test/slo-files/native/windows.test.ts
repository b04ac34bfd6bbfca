import { describe, expect, it } from 'vitest';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { DAY } from '../../../src/core/time/duration.ts';
import { definitionsOf, loadText, told } from '../slo-folder.ts';

const load = (window: string, sli = 'succeeded') =>
  loadText(`workflow: w\nowner: payments\nslos:\n  s: { objective: 95%, sli: ${sli}, window: ${window} }\n`);

const month = {
  kind: 'calendar',
  unit: 'month',
  timeZone: 'Europe/Berlin',
  duration: 30 * DAY,
  text: 'month (Europe/Berlin)',
};

describe('a window', () => {
  it.each<[window: string, first: object, others: object[]]>([
    ['28d', { kind: 'rolling', duration: 28 * DAY, text: '28d' }, []],
    ['{ calendar: month, timeZone: Europe/Berlin }', month, []],
    ['{ calendar: week }', { unit: 'week', timeZone: 'UTC', duration: 7 * DAY, text: 'week (UTC)' }, []],
    [
      '{ calendar: quarter, timeZone: Asia/Kolkata }',
      { unit: 'quarter', timeZone: 'Asia/Kolkata', duration: 90 * DAY },
      [],
    ],
    [
      '[7d, { calendar: month, timeZone: Europe/Berlin }, 90d]',
      { text: '7d' },
      [month, { kind: 'rolling', duration: 90 * DAY, text: '90d' }],
    ],
  ])('written %s', async (written, first, others) => {
    const [slo] = allSlos(definitionsOf(await load(written)));
    expect(slo!.window).toMatchObject(first);
    expect(slo!.otherWindows).toEqual(others);
  });

  it('of the calendar has the alerts of its nominal length', async () => {
    const [calendar] = allSlos(definitionsOf(await load('{ calendar: month }')));
    const [rolling] = allSlos(definitionsOf(await load('30d')));
    expect(calendar!.alerts).toEqual(rolling!.alerts);
  });

  it.each<[window: string, problem: string]>([
    ['{ calendar: year }', '4:60: `calendar` is `year`; expected week, month or quarter'],
    ['{ calender: month }', '4:50: unknown key `calender` (did you mean calendar?)'],
    [
      '{ calendar: month, timeZone: Europe/Berln }',
      '4:77: there is no time zone `Europe/Berln`; expected an IANA name (did you mean Europe/Berlin?)',
    ],
    ['{ calendar: month, timeZone: "+02:00" }', '`timeZone` is `+02:00`; expected an IANA time zone such as'],
    ['[]', '`window` is empty; expected a rolling window'],
    ['[7d, 8d, 9d, 10d, 11d, 12d]', '`window` is a list; expected a rolling window'],
    ['[7d, 91d]', '4:53: item 2 of `window` is `91d`; expected a rolling window from 1d to 90d'],
    ['[7d, { calendar: week }, 168h]', '4:73: window 3 is the same as window 1'],
    ['[7d, { calendar: week }, { calendar: week, timeZone: UTC }]', 'window 3 is the same as window 2'],
  ])('written %s is a located problem', async (written, problem) => {
    const loaded = await load(written);
    expect(told(loaded)).toEqual([expect.stringContaining(problem)]);
    expect(loaded.definitions).toBeNull();
  });

  it('holds the deadline, also when it is not the first', async () => {
    expect(told(await load('[28d, 1d]', '{ within: 2d }'))).toEqual([
      expect.stringContaining('`within` is `2d`, longer than the window; expected at most 1d'),
    ]);
  });
});
