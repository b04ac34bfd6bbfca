import { describe, expect, it } from 'vitest';
import { useBrowser } from '../../support/browser.ts';
import { accessibilityProblems } from '../../support/accessibility.ts';
import { token } from '../../support/tokens.ts';
import { NOW, definitionChange, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const SLO = 'order-fulfillment/fulfilled-in-10m';
const openPage = useBrowser();

describe('changes of a definition', () => {
  it('are on the page of the SLO, and not while there are none', async () => {
    const running = await startServer();
    running.queries.changes = [
      definitionChange({
        sequence: 2,
        at: NOW - 60_000,
        countsAnew: true,
        fields: [{ field: 'sli.step', from: '<b>ship</b>', to: null }],
      }),
      definitionChange(),
    ];
    const { page, complaints } = await openPage({ viewport: { width: 400, height: 800 } });
    await page.goto(`${running.url}/slos/${SLO}`, { waitUntil: 'domcontentloaded' });
    const card = page.getByRole('region', { name: 'Changes of the definition' });
    expect((await card.locator('tbody td').allInnerTexts()).map((text) => text.split('\n'))).toEqual([
      ['sli.step was <b>ship</b>, and is gone', 'What is counted changed, so that its counters began anew.'],
      ['objective was 90%, is now 95%', 'runbook is now https://wiki.example.com/orders'],
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    running.queries.changes = [];
    await page.goto(`${running.url}/slos/${SLO}`, { waitUntil: 'domcontentloaded' });
    expect(await card.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('are a list of the API, the latest first, page by page', async () => {
    const running = await startServer();
    // Clocks say something else.
    running.queries.changes = [3, 2, 1].map((sequence) =>
      definitionChange({ sequence, at: NOW - 60_000 * sequence }),
    );
    const ask = async (query: string, slo = SLO) => {
      const answer = await fetch(`${running.url}/v1/slos/${slo}/definitions${query}`);
      return {
        status: answer.status,
        body: (await answer.json()) as { items: object[]; next: string | null },
      };
    };
    const { body } = await ask('?limit=2');
    expect(body.items).toEqual([
      { ...definitionChange(), sequence: 3, at: new Date(NOW - 180_000).toISOString() },
      { ...definitionChange(), sequence: 2, at: new Date(NOW - 120_000).toISOString() },
    ]);
    expect((await ask(`?limit=2&after=${body.next}`)).body).toMatchObject({
      items: [{ sequence: 1 }],
      next: null,
    });
    expect((await ask('?fields=sequence,fields.field')).body.items.at(-1)).toEqual({
      sequence: 1,
      fields: [{ field: 'objective' }, { field: 'runbook' }],
    });
    expect((await ask('?after=x')).status).toBe(400);
    expect((await ask('', 'order-fulfillment/none')).status).toBe(404);
    running.queries.list = [sloDetail(), sloDetail({ name: 'definitions' })];
    expect((await ask('', 'order-fulfillment')).body).toMatchObject({ id: 'order-fulfillment/definitions' });
  });

  it('name nothing of other workflows to who may not read those', async () => {
    const running = await startServer({
      tokens: [token('narrow', 'read@order-*', 'narrow'), token('all', 'read', 'all')],
    });
    const change = definitionChange({
      fields: [
        { field: 'objective', from: '90%', to: '95%' },
        { field: 'sli.parts', from: 'secret-workflow/done', to: null },
      ],
    });
    running.queries.changes = [change];
    const { sli } = sloDetail();
    running.queries.list = [
      sloDetail({ sli: { ...sli, kind: 'composite' } }),
      sloDetail({ workflow: 'billing' }),
    ];
    const text = async (secret: string, id = SLO) => {
      const answer = await fetch(`${running.url}/v1/slos/${id}/definitions`, {
        headers: { Authorization: `Bearer ${secret}` },
      });
      return [answer.status, await answer.text()] as const;
    };
    expect((await text('all'))[1]).toContain('secret-workflow');
    expect((await text('narrow'))[1]).toContain('95%');
    expect((await text('narrow'))[1]).not.toContain('secret-workflow');
    expect((await text('narrow', 'billing/fulfilled-in-10m'))[0]).toBe(404);
  });
});
