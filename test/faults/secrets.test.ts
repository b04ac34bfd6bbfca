import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killServices, startService } from '../support/service.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';

const TOKEN = 'admintokenadmintokenadmin';
const MAIL_PASSWORD = 'mailpasswordmailpassword';
const WEBHOOK_SECRET = 'webhooksecretwebhooksecret';
const HEARTBEAT_SECRET = 'heartbeatsecretheartbeat';

describe('secrets', () => {
  afterEach(killServices);

  it('appear in no log, error, page or answer, even when every target fails at level debug', async () => {
    const slack = await startSlackReceiver(`/services/T0/B0/${WEBHOOK_SECRET}`);
    slack.answer({ status: 403, body: 'action_prohibited' });
    const service = await startService({
      BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
      BURNWATCH_SLOS: await sloFolder(`
workflow: orders
owner: shop
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
teams: { shop: { page: [slack, unreachable, mail] } }
targets:
  slack: { slack: { webhook: "\${WEBHOOK}" } }
  unreachable: { slack: { webhook: "http://127.0.0.1:9/services/${WEBHOOK_SECRET}" } }
  mail: { email: { to: [oncall@example.com] } }
`),
      BURNWATCH_EVALUATE: '* * * * * *',
      BURNWATCH_TOKENS: `root:admin:${TOKEN}`,
      // Nothing listens there.
      BURNWATCH_SMTP_URL: `smtp://burnwatch:${MAIL_PASSWORD}@127.0.0.1:9`,
      BURNWATCH_HEARTBEAT_URL: `http://127.0.0.1:9/${HEARTBEAT_SECRET}`,
      WEBHOOK: slack.url,
      LOG_LEVEL: 'debug',
    });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const failed = Array.from({ length: 20 }, (_, index) => ({
      workflow: 'orders',
      execution: `${index}`,
      status: 'failed',
    }));
    await fetch(`${service.url}/v1/outcomes`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(failed),
    });
    const read = async (path: string) => (await fetch(service.url + path, { headers })).text();
    await until('every target to have failed', async () => {
      const { items, undeliverableCount } = JSON.parse(await read('/v1/outbox?state=pending')) as {
        items: { kind: string; lastError: string | null }[];
        undeliverableCount: number;
      };
      // Beside word of the one that refused.
      const pages = items.filter(({ kind }) => kind === 'opened');
      return undeliverableCount === 1 && pages.length === 2 && pages.every(({ lastError }) => lastError);
    });
    const shown: string[] = [];
    for (const path of [
      '/',
      '/slos/orders/works',
      '/v1/slos',
      '/v1/slos/orders/works',
      '/v1/outbox',
      '/v1/outbox?state=pending',
      '/outbox',
      '/metrics',
      '/readyz',
      '/nowhere',
    ]) {
      shown.push(await read(path));
    }
    shown.push(
      await (
        await fetch(`${service.url}/v1/slos`, { headers: { authorization: `Bearer ${TOKEN}x` } })
      ).text(),
    );
    expect(await service.stop()).toBe(0);
    shown.push(service.output());
    const everything = shown.join('\n');
    expect(everything).toContain('action_prohibited');
    for (const secret of [TOKEN, MAIL_PASSWORD, WEBHOOK_SECRET, HEARTBEAT_SECRET])
      expect(everything).not.toContain(secret);
    await slack.close();
  });

  it('appear in no message about a configuration that is wrong', async () => {
    const refusal = await startService({
      BURNWATCH_STORE: `redis+wrong://user:${MAIL_PASSWORD}@127.0.0.1:9`,
      BURNWATCH_TOKENS: `root:admn:${TOKEN}`,
      BURNWATCH_SMTP_URL: `ftp://burnwatch:${MAIL_PASSWORD}@127.0.0.1`,
      BURNWATCH_PORT: 'eighty',
    }).then(
      () => 'it started',
      (error: Error) => error.message,
    );
    for (const name of ['BURNWATCH_STORE', 'BURNWATCH_TOKENS', 'BURNWATCH_SMTP_URL', 'BURNWATCH_PORT']) {
      expect(refusal, 'every problem is told at once').toContain(name);
    }
    for (const secret of [TOKEN, MAIL_PASSWORD]) expect(refusal).not.toContain(secret);
  });
});
