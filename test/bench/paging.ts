import { startRedis } from '../support/redis.ts';
import { startService } from '../support/service.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { until } from '../support/until.ts';
import type { Result } from './result.ts';
import { sloFolder } from '../support/slo-folder.ts';

const INCIDENTS = 40;
const TICK = 1_000;

/** From the answer to the outcome that trips a tier to the page at a Slack receiver, for one incident after the other. */
export async function benchPaging(): Promise<Result[]> {
  const redis = await startRedis();
  const slack = await startSlackReceiver();
  const workflows = Array.from({ length: INCIDENTS }, (_, index) => `workflow-${index}`);
  const documents = workflows.map((workflow, index) =>
    [
      `workflow: ${workflow}`,
      `owner: team-${index}`,
      'slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }',
      // A target of its own each, so that what is measured is not the one message a second that Slack allows.
      `teams: { team-${index}: { page: [slack-${index}] } }`,
      `targets: { slack-${index}: { slack: { webhook: "${slack.url}/${workflow}" } } }`,
    ].join('\n'),
  );
  try {
    const service = await startService({
      BURNWATCH_STORE: redis.url,
      BURNWATCH_SLOS: await sloFolder(documents.join('\n---\n')),
      BURNWATCH_EVALUATE: '* * * * * *',
      LOG_LEVEL: 'error',
    });
    const delays: number[] = [];
    for (const workflow of workflows) {
      // Anywhere between two ticks.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * TICK));
      const outcomes = Array.from({ length: 20 }, (_, index) => ({
        workflow,
        execution: `${index}`,
        status: 'failed',
      }));
      await fetch(`${service.url}/v1/outcomes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(outcomes),
      });
      const answered = performance.now();
      await until(`the page of ${workflow}`, () =>
        slack.requests.some(({ path }) => path?.endsWith(workflow)),
      );
      delays.push(performance.now() - answered);
    }
    await service.stop();
    delays.sort((a, b) => a - b);
    const p99 = delays[Math.ceil(delays.length * 0.99) - 1]!;
    return [
      {
        what: `outcome to page at Slack, tick of ${TICK} ms, p99 of ${INCIDENTS}`,
        value: `${Math.round(p99)} ms`,
        goal: `${TICK + 500} ms`,
      },
      { what: 'the same, median', value: `${Math.round(delays[Math.floor(delays.length / 2)]!)} ms` },
      {
        what: 'Prometheus + Alertmanager defaults: evaluation interval + group wait',
        value: '60,000 + 30,000 ms',
      },
    ];
  } finally {
    await slack.close();
    await redis.stop();
  }
}
