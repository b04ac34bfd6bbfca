import { describe, expect, it } from 'vitest';
import { onCallTable } from '../../../src/cli/on-call.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { useBrowser } from '../../support/browser.ts';
import { token } from '../../support/tokens.ts';
import { NOW } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const openPage = useBrowser();

const ANNA = {
  person: 'anna',
  targets: ['anna-phone'],
  from: '2026-03-02T08:00:00.000Z',
  until: '2026-03-16T08:00:00.000Z',
  because: null,
};

describe('who is on call', () => {
  it('is shown on a page, with the targets, the time of the hand-over in its zone, and who is next', async () => {
    const { url } = await startServer();
    const { page, complaints } = await openPage({ javaScriptEnabled: false });
    await page.goto(url);
    await page.getByRole('link', { name: 'On call' }).click();
    const [row] = await page.getByRole('region', { name: 'Schedules' }).locator('tbody tr').allInnerTexts();
    expect(row!.split(/\s*[\t\n]\s*/)).toEqual([
      'oncall',
      'payments',
      'rotation at teams.yaml:3',
      'ben',
      'ben-phone',
      '16 Mar 09:00 CET',
      'in 5d 20h',
      'anna',
      'anna-phone',
    ]);
    expect(complaints).toEqual([]);
    const read = await openPage();
    await read.page.goto(`${url}/on-call`);
    expect(await accessibilityProblems(read.page)).toEqual([]);
  });

  it('is answered over HTTP, and shown on a terminal', async () => {
    const { url } = await startServer();
    const answer = await fetch(`${url}/v1/on-call`);
    expect(await answer.json()).toEqual({
      items: [
        {
          schedule: 'oncall',
          kind: 'rotation',
          place: 'teams.yaml:3',
          problem: null,
          timeZone: 'Europe/Berlin',
          teams: ['payments'],
          now: { ...ANNA, person: 'ben', targets: ['ben-phone'], from: '2026-03-09T08:00:00.000Z' },
          next: { ...ANNA, from: '2026-03-16T08:00:00.000Z', until: '2026-03-23T08:00:00.000Z' },
        },
      ],
    });
    const env = { BURNWATCH_URL: url };
    const shown = await onCallTable({ format: 'text', colored: false, now: NOW }, env);
    expect(shown).toEqual({
      ok: true,
      text: [
        'SCHEDULE  ON CALL                                                       TARGETS    FROM',
        'oncall    ben until 16 Mar 09:00 CET, then anna until 23 Mar 09:00 CET  ben-phone  rotation at teams.yaml:3',
      ].join('\n'),
    });
    const json = await onCallTable({ format: 'json', colored: false, now: NOW }, env);
    expect(JSON.parse(json.text)).toMatchObject({ items: [{ schedule: 'oncall' }] });
  });

  it('G1: is not told to those who may read some workflows only', async () => {
    const { url } = await startServer({ tokens: [token('narrow', 'read@billing', 'narrow')] });
    const headers = { Authorization: 'Bearer narrow' };
    for (const path of ['/v1/on-call', '/on-call'])
      expect((await fetch(`${url}${path}`, { headers })).status).toBe(403);
  });
});
