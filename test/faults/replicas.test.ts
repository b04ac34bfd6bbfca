import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import type { SlackReceiver } from '../support/slack-receiver.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

const WORKFLOWS = ['alpha', 'beta', 'gamma'];

describe('two replicas on one Redis', () => {
  let redis: RedisServer;
  let slack: SlackReceiver;
  let env: Record<string, string>;

  beforeEach(async () => {
    redis = await startRedis();
    slack = await startSlackReceiver();
    const documents = WORKFLOWS.map(
      (name) => `
workflow: ${name}
owner: team-${name}
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
teams: { team-${name}: { page: [slack-${name}] } }
targets: { slack-${name}: { slack: { webhook: "${slack.url}/${name}" } } }
`,
    );
    env = {
      BURNWATCH_STORE: redis.url,
      BURNWATCH_SLOS: await sloFolder(documents.join('---')),
      BURNWATCH_EVALUATE: '* * * * * *',
    };
  });

  afterEach(async () => {
    killServices();
    await slack.close();
    await redis.stop();
  });

  function pagesOf(workflow: string): number {
    return slack.requests.filter(({ path }) => path.endsWith(`/${workflow}`)).length;
  }

  async function fail(service: Service, workflow: string): Promise<void> {
    const failed = Array.from({ length: 20 }, (_, index) => ({
      workflow,
      execution: `${index}`,
      status: 'failed',
    }));
    expect((await post(service, failed)).status).toBe(200);
  }

  async function leads(service: Service): Promise<boolean> {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    return /^burnwatch_leader 1/m.test(text);
  }

  it('D1: the active one paused past its lease: the other pages, and the first does not when it wakes', async () => {
    const first = await startService(env);
    const second = await startService(env);
    await until('the first to lead', () => leads(first));
    expect(await leads(second)).toBe(false);
    first.signal('SIGSTOP');
    await fail(second, 'alpha');
    await until('the second to lead', () => leads(second));
    await until('the page', () => pagesOf('alpha') === 1);
    first.signal('SIGCONT');
    await until('the first to notice', async () => !(await leads(first)));
    await fail(first, 'beta');
    await until('the next page', () => pagesOf('beta') === 1);
    await fail(second, 'gamma');
    await until('the last page', () => pagesOf('gamma') === 1);
    expect(WORKFLOWS.map(pagesOf), 'no page twice').toEqual([1, 1, 1]);
    expect(await first.stop()).toBe(0);
    expect(await second.stop()).toBe(0);
    expect(WORKFLOWS.map(pagesOf), 'no page twice').toEqual([1, 1, 1]);
  }, 90_000);

  it('D1: the active one paused while it sends: sent again once, when its claim is over, marked as a possible repeat', async () => {
    const first = await startService(env);
    const second = await startService(env);
    await until('the first to lead', () => leads(first));
    slack.answer('hang');
    await fail(first, 'alpha');
    await until('the page', () => pagesOf('alpha') === 1);
    first.signal('SIGSTOP');
    await until('the second to lead', () => leads(second), 30_000);
    // It leads, and what it sends of its own arrives, while the claim of the other is still good.
    await fail(second, 'beta');
    await until('the page of another workflow', () => pagesOf('beta') === 1);
    await until('the page again', () => pagesOf('alpha') === 2, 40_000);
    first.signal('SIGCONT');
    await until('the first to notice', async () => !(await leads(first)));
    await fail(second, 'gamma');
    await until('the last page', () => pagesOf('gamma') === 1);
    expect(await first.stop()).toBe(0);
    expect(await second.stop()).toBe(0);
    expect(WORKFLOWS.map(pagesOf)).toEqual([2, 1, 1]);
    const marked = slack.requests.map(({ path, payload }) => [
      path.split('/').at(-1),
      JSON.stringify(payload).includes('This may be a repeat'),
    ]);
    expect(marked.filter(([workflow]) => workflow === 'alpha')).toEqual([
      ['alpha', false],
      ['alpha', true],
    ]);
    expect(marked.filter(([workflow, mark]) => workflow !== 'alpha' && mark)).toEqual([]);
  }, 120_000);

  it('D1: the active one killed in the tick that pages: the page comes, once', async () => {
    const first = await startService(env);
    const second = await startService(env);
    await until('the first to lead', () => leads(first));
    await fail(first, 'alpha');
    await first.stop('SIGKILL');
    await until('the page', () => pagesOf('alpha') >= 1, 45_000);
    await fail(second, 'beta');
    await until('the next page', () => pagesOf('beta') === 1);
    expect([pagesOf('alpha'), pagesOf('beta')]).toEqual([1, 1]);
    expect(await second.stop()).toBe(0);
  }, 90_000);

  it('a graceful stop hands over at once', async () => {
    const first = await startService(env);
    const second = await startService(env);
    await until('the first to lead', () => leads(first));
    expect(await first.stop()).toBe(0);
    await fail(second, 'alpha');
    await until('the page', () => pagesOf('alpha') === 1, 9_000);
  });
});
