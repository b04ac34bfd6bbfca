import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMailReceiver } from '../support/mail-receiver.ts';
import type { MailReceiver } from '../support/mail-receiver.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import type { SlackReceiver } from '../support/slack-receiver.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

describe('delivery to targets that fail, by the running service', () => {
  let slack: SlackReceiver;
  let mail: MailReceiver;
  let env: Record<string, string>;

  beforeEach(async () => {
    slack = await startSlackReceiver();
    mail = await startMailReceiver();
    const routes = `
workflow: orders
owner: shop
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
teams: { shop: { page: [slack], fallback: [mail] } }
targets:
  slack: { slack: { webhook: "\${SLACK_WEBHOOK}" } }
  mail: { email: { to: [oncall@example.com] } }
`;
    env = {
      BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
      BURNWATCH_SLOS: await sloFolder(routes),
      BURNWATCH_EVALUATE: '* * * * * *',
      BURNWATCH_SMTP_URL: mail.url,
      SLACK_WEBHOOK: slack.url,
    };
  });

  afterEach(async () => {
    killServices();
    await slack.close();
    await mail.close();
  });

  async function breakOrders(service: Service): Promise<void> {
    const failed = Array.from({ length: 20 }, (_, index) => ({
      workflow: 'orders',
      execution: `order-${index}`,
      status: 'failed',
      failedStep: 'charge-card',
      error: 'timeout',
    }));
    expect((await post(service, failed)).status).toBe(200);
  }

  async function outbox(service: Service) {
    return (await (await fetch(`${service.url}/v1/outbox`)).json()) as {
      pendingCount: number;
      undeliverableCount: number;
      items: { target: string; lastError: string }[];
    };
  }

  it('D3: honours Retry-After of a 429, tries a 500 and a broken connection again, and pages once', async () => {
    slack.answer({ status: 429, headers: { 'retry-after': '2' } }, { status: 500 }, 'reset');
    const service = await startService(env);
    await breakOrders(service);
    await until('the first try', () => slack.requests.length === 1);
    const refused = performance.now();
    await until('the second try', () => slack.requests.length === 2);
    expect(performance.now() - refused).toBeGreaterThan(1_900);
    await until('the outbox to empty', async () => (await outbox(service)).pendingCount === 0);
    expect(slack.requests).toHaveLength(4);
    expect(slack.requests.at(-1)!.payload.text).toContain('orders/works');
    expect(mail.mails).toHaveLength(0);
    expect(await service.stop()).toBe(0);
  });

  it('D3: a webhook that is gone (404 no_service) goes to the fallback at once and is kept', async () => {
    slack.answer({ status: 404, body: 'no_service' });
    const service = await startService(env);
    await breakOrders(service);
    const [received] = await until('the fallback mail', () => mail.mails.length > 0 && mail.mails);
    expect(received!.parsed.subject).toContain('orders: works failing');
    expect(received!.parsed.text).toContain('no_service');
    await until('both to be settled', async () => (await outbox(service)).pendingCount === 0);
    expect(await outbox(service)).toMatchObject({ undeliverableCount: 1 });
    expect((await outbox(service)).items[0]).toMatchObject({ target: 'slack' });
    expect(slack.requests).toHaveLength(1);
  });

  it('D3: a mail server that says 451 is tried again, one that says 550 is not', async () => {
    slack.answer({ status: 404, body: 'no_service' });
    mail.answer(451);
    const service = await startService(env);
    await breakOrders(service);
    await until('the mail after a 451', () => mail.mails.length === 1);
    await service.stop();

    const other = await startService({
      ...env,
      BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
    });
    slack.answer({ status: 410, body: 'channel_is_archived' });
    mail.answer(550);
    await breakOrders(other);
    await until('both to be kept', async () => {
      const { pendingCount, undeliverableCount } = await outbox(other);
      return pendingCount === 0 && undeliverableCount === 2;
    });
    // Word that Slack fails goes the same way as the page: one of the two is refused, the other one arrives.
    expect(mail.mails).toHaveLength(2);
  });

  it('D1: killed between commit and delivery, the page is sent after the restart, once', async () => {
    slack.answer({ status: 503 }, { status: 503 });
    const first = await startService(env);
    await breakOrders(first);
    await until('the first try', () => slack.requests.length === 1);
    await first.stop('SIGKILL');
    const tried = slack.requests.length;
    slack.answer('ok');
    const second = await startService(env);
    await until(
      'the page',
      async () => slack.requests.length > tried && (await outbox(second)).pendingCount === 0,
      50_000,
    );
    expect(slack.requests.length).toBeLessThanOrEqual(tried + 2);
    const pages = slack.requests.length;
    await until('two more evaluations', async () => evaluations(second).then((count) => count >= 3));
    expect(slack.requests, 'nothing is sent twice').toHaveLength(pages);
  }, 90_000);

  it('a hanging Slack does not delay the mailbox', async () => {
    const routes = await sloFolder(`
workflow: orders
owner: shop
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
teams: { shop: { page: [slack, mail] } }
targets:
  slack: { slack: { webhook: "\${SLACK_WEBHOOK}" } }
  mail: { email: { to: [oncall@example.com] } }
`);
    slack.answer('hang');
    const service = await startService({ ...env, BURNWATCH_SLOS: routes });
    await breakOrders(service);
    await until('the mail', () => mail.mails.length === 1, 8_000);
    await until('Slack to be tried', () => slack.requests.length === 1);
    // Graceful even now: what hangs is given back.
    expect(await service.stop()).toBe(0);
  });
});

async function evaluations(service: Service): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/^burnwatch_evaluation_duration_seconds_count (\d+)/m.exec(text)?.[1] ?? 0);
}
