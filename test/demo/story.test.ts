import { afterEach, describe, expect, it } from 'vitest';
import { parseOutcome } from '../../src/core/outcomes/outcome.ts';
import { isRejection } from '../../src/core/outcomes/record-fields.ts';
import { OVERDUE_ERROR } from '../../src/core/ports/store/counting.ts';
import { MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { FIRST_INCIDENT_AFTER } from '../../src/demo/incident-script.ts';
import { planBatch, planOrder } from '../../src/demo/live-outcomes.ts';
import { seededRandom } from '../../src/demo/seeded-random.ts';
import { dataAtStart } from './data-at-start.ts';
import { stageAt } from './stage.ts';
import type { Stage } from './stage.ts';

const CHARGE_CARD = 'order-fulfillment/charge-card-succeeds';

const stages: Stage[] = [];

async function openStage(start: string): Promise<Stage> {
  const stage = await stageAt(Date.parse(start));
  stages.push(stage);
  return stage;
}

afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

/** Promises that a usual month hardly touches. */
const EASY = new Set([
  'clickstream-pipeline/never-silent',
  'clickstream-pipeline/dead-letters-few',
  'clickstream-pipeline/queue-keeps-up',
  'customer-journey/bought-and-billed',
  'customer-journey/shop-health',
  'order-fulfillment/charged-at-first-try',
  'order-fulfillment/usual-speed',
]);

/**
 * What the inbox shows of the incident of `CHARGE_CARD` and who shows it: the first words of a message, and the status of
 * the incident in PagerDuty, where each incident has a key of its own.
 */
function shownOf(articles: readonly string[], incident: string): readonly string[] {
  return articles.flatMap((article) => {
    const app = /<h2>(\w+)/.exec(article)![1]!;
    if (app === 'PagerDuty') {
      const status = /<dt>Status<\/dt><dd>(\w+)/.exec(article)![1]!;
      return article.includes(incident) ? [`${app} ${status}`] : [];
    }
    const headline = (app === 'Slack' ? /slack-header">([^<]*)/ : /<pre>([^\n]*)/).exec(article)![1]!;
    // What is due together is one message.
    if (headline.includes('payment-gateway') && !headline.includes('incidents')) return [];
    return [`${app} ${/DOWN TO TICKET|TICKET|PAGE|ACKNOWLEDGED|RESOLVED/.exec(headline)?.[0] ?? headline}`];
  });
}

/** The last one ends in a new month and quarter of Berlin, whose calendar the examples go by. */
const STARTS = ['2026-11-25T14:03:20Z', '2026-11-21T03:00:01Z', '2026-12-31T22:52:00Z'];

describe('the story of the demo', () => {
  it.each(STARTS)(
    'started at %s: a ticket, a page within a minute and one of the same cause, acknowledged, down to a ticket, resolved',
    async (start) => {
      const stage = await openStage(start);

      const before = await stage.slos();
      for (const report of before)
        expect([report.id, report.alert, report.data]).toEqual([report.id, 'none', dataAtStart(report)]);
      for (const { id, budget, data } of before) {
        // What never notified anyone has spent nothing of what it may.
        if (data === 'none') continue;
        // One failure in a month of nights would be over budget, so there it is all or nothing.
        const [least, most] = id.startsWith('nightly-') ? [1, 1] : EASY.has(id) ? [0.3, 1] : [0.3, 0.85];
        expect(budget.remainingRatio, id).toBeGreaterThanOrEqual(least);
        expect(budget.remainingRatio, id).toBeLessThanOrEqual(most);
      }
      expect(before.length).toBeGreaterThan(0);

      const articles = stage.openInbox();
      const notified = await stage.play(10 * MINUTE);
      const told = notified.map(({ facts: { kind, severity, slo } }) => `${kind} ${severity} ${slo}`);
      const ofGateway = 'order-fulfillment/payment-gateway';
      expect(told.filter((words) => words.endsWith(CHARGE_CARD))).toEqual([
        `opened ticket ${CHARGE_CARD}`,
        `escalated page ${CHARGE_CARD}`,
        `acknowledged page ${CHARGE_CARD}`,
        `deescalated ticket ${CHARGE_CARD}`,
        `resolved ticket ${CHARGE_CARD}`,
      ]);
      expect(told.filter((words) => words.endsWith(ofGateway))).toEqual([
        `opened page ${ofGateway}`,
        `acknowledged page ${ofGateway}`,
        `resolved page ${ofGateway}`,
      ]);
      expect(told).toHaveLength(8);
      const [first, page] = notified;
      expect(first!.after).toBeGreaterThan(FIRST_INCIDENT_AFTER);
      expect(page!.after).toBeLessThanOrEqual(40 * SECOND);
      expect(page!.facts.reasons[0]!.tier).toBe('fast');
      expect(page!.facts.failures[0]).toMatchObject({
        step: 'charge-card',
        dependency: 'payment-gateway',
        error: 'timeout',
      });
      // One conversation, that of the ticket.
      const sibling = notified.find(({ facts }) => facts.slo === ofGateway)!;
      expect(sibling.facts.conversation).toMatchObject({ id: first!.facts.incident, slo: CHARGE_CARD });
      const shown = shownOf(await articles(), first!.facts.incident);
      const shownBy = (app: string) => shown.filter((words) => words.startsWith(app));
      for (const app of ['Slack', 'Mail'])
        expect(shownBy(app)).toEqual(
          ['TICKET', 'PAGE', 'ACKNOWLEDGED', 'DOWN TO TICKET', 'RESOLVED'].map((words) => `${app} ${words}`),
        );
      // On the way down it gets a trigger that is but a warning, which leaves it acknowledged.
      expect(shownBy('PagerDuty')).toEqual(
        ['Triggered', 'Acknowledged', 'Acknowledged', 'Acknowledged', 'Resolved'].map(
          (words) => `PagerDuty ${words}`,
        ),
      );
      // The page of the workflow names the step where orders hang and the hand-over that was lost, from the first tick on.
      const overdue = (await stage.store.places('order-fulfillment')).flatMap(({ of, step, overdue: late }) =>
        late > 0 ? [`${of} ${step}`] : [],
      );
      expect(overdue).toEqual(expect.arrayContaining(['execution charge-card', 'step charge-card -> ship']));
      // Orders that have hung since the incident are overdue soon after, and counted; nobody hears of anything else.
      expect(await stage.play(2 * MINUTE)).toEqual([]);
      expect(await stage.errors('order-fulfillment/fulfilled-in-10m')).toContain(OVERDUE_ERROR);
    },
  );

  it('has the same history for the same start', async () => {
    const now = '2026-11-24T12:00:00Z';
    const [one, other] = [await openStage(now), await openStage(now)];
    expect(await one.slos()).toEqual(await other.slos());
  });
});

describe('an order of the live traffic', () => {
  const start = Date.parse('2026-11-24T12:00:00Z');
  const plan = (share: number, seed: number) =>
    planOrder(
      'order-1',
      start,
      () => share,
      () => false,
      seededRandom(seed),
    );

  it('is shipped when the gateway works', () => {
    const outcomes = plan(0, 1);
    expect(outcomes[0]).toMatchObject({ status: 'started', at: start });
    expect(outcomes.at(-1)).toMatchObject({ status: 'succeeded' });
    expect(outcomes.at(-1)!.durationMs).toBe(outcomes.at(-1)!.at - start);
    expect(outcomes.filter(({ status }) => status === 'succeeded').map(({ step }) => step)).toEqual([
      'reserve-stock',
      'charge-card',
      'ship',
      undefined,
    ]);
  });

  it('fails at charge-card after three attempts when the gateway times out, or hangs in the third', () => {
    const ends = Array.from({ length: 200 }, (_, seed) => plan(1, seed)).map((outcomes) => {
      const failed = outcomes.filter(({ step, error }) => step === 'charge-card' && error === 'timeout');
      const last = outcomes.at(-1)!;
      return { attempts: failed.map(({ attempt }) => attempt), last };
    });
    const hanging = ends.filter(({ last }) => last.status === 'started');
    const lost = ends.filter(({ last }) => last.error === 'timeout');
    expect(hanging.length).toBeGreaterThan(0);
    expect(lost.length).toBeGreaterThan(hanging.length);
    for (const { attempts, last } of lost) {
      expect(attempts).toEqual([1, 2, 3]);
      expect(last).toMatchObject({
        status: 'failed',
        failedStep: 'charge-card',
        dependency: 'payment-gateway',
      });
    }
    for (const { attempts, last } of hanging) {
      expect(attempts).toEqual([1, 2]);
      expect(last).toMatchObject({ step: 'charge-card', attempt: 3 });
    }
  });

  it('reports nothing that would be rejected, in order of time', () => {
    for (let seed = 0; seed < 100; seed++) {
      const outcomes = [...plan(0.5, seed), ...planBatch('batch-1', start, seededRandom(seed))];
      for (const outcome of outcomes) expect(isRejection(parseOutcome(outcome, outcome.at))).toBe(false);
      const times = plan(0.5, seed).map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});
