import type { Service } from '../support/service.ts';

/** The counts of one SLO as the service reads them. */
export interface CountsRead {
  readonly good: number;
  readonly bad: number;
  readonly total: number;
}

/** What the SLO files of these tests hold: one workflow, judged by its outcomes. */
export const ONE_WORKFLOW = `
workflow: orders
owner: shop
slos:
  works: { objective: 50%, window: 1d, sli: succeeded }
---
teams: { shop: { page: [terminal] } }
targets: { terminal: { log: {} } }
`;

export async function readCounts(service: Pick<Service, 'url'>, id = 'orders/works'): Promise<CountsRead> {
  const answer = await fetch(`${service.url}/v1/slos/${id}`);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { sli: CountsRead }).sli;
}

/** Reports outcomes once, and gives up after `patience` milliseconds if that is given. */
export async function post(
  service: Pick<Service, 'url'>,
  outcomes: readonly object[],
  patience?: number,
): Promise<Response> {
  return fetch(`${service.url}/v1/outcomes`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: outcomes.map((outcome) => JSON.stringify(outcome)).join('\n'),
    ...(patience !== undefined && { signal: AbortSignal.timeout(patience) }),
  });
}

export interface Producer {
  /** Outcomes acknowledged so far. */
  acknowledged(): number;
  /** Outcomes sent so far, each once or more. */
  sent(): number;
  /** Answers other than 200 so far, by status. */
  refusals(): ReadonlyMap<number, number>;
  /** The Retry-After of the last 503. */
  retryAfter(): string | null;
  /** Lets the producer go on with another service (the same one, restarted). */
  use(service: Pick<Service, 'url'>): void;
  /** Makes nothing new, sends again what was never acknowledged until all of it is, and gives the number of outcomes made. */
  finish(): Promise<number>;
}

export interface ProducerPace {
  /** Outcomes of one request. */
  readonly batch?: number;
  /** Requests at a time. */
  readonly parallel?: number;
  /** Milliseconds between a request that was acknowledged and the next. */
  readonly pause?: number;
  /** Milliseconds after which a request is given up and sent again; without end if absent. */
  readonly patience?: number;
}

/**
 * Sends batches of outcomes as fast as they are answered, like a producer that keeps what was not acknowledged; to several
 * replicas in turn.
 */
export function startProducer(
  first: Pick<Service, 'url'> | readonly Pick<Service, 'url'>[],
  { batch = 50, parallel = 4, pause = 0, patience }: ProducerPace = {},
): Producer {
  let services = [first].flat();
  let turn = 0;
  let made = 0;
  let acknowledged = 0;
  let finishing = false;
  let retryAfter: string | null = null;
  const refusals = new Map<number, number>();
  const unacknowledged: object[][] = [];

  async function send(outcomes: object[]): Promise<void> {
    try {
      const answer = await post(services[turn++ % services.length]!, outcomes, patience);
      const text = await answer.text();
      if (answer.ok) {
        const { accepted, duplicates } = JSON.parse(text) as { accepted: number; duplicates: number };
        if (accepted + duplicates !== outcomes.length) throw new Error(text);
        acknowledged += outcomes.length;
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        return;
      }
      refusals.set(answer.status, (refusals.get(answer.status) ?? 0) + 1);
      if (answer.status === 503) retryAfter = answer.headers.get('retry-after');
    } catch {
      // The connection broke: whether it was counted is not known, so it is sent again.
    }
    unacknowledged.push(outcomes);
    // A service that is gone refuses at once; leave it the time to come back.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function work(): Promise<void> {
    for (;;) {
      const again = unacknowledged.shift();
      if (!again && finishing) return;
      if (again) {
        await send(again);
      } else {
        const from = made;
        made += batch;
        await send(
          Array.from({ length: batch }, (_, index) => ({
            workflow: 'orders',
            execution: `order-${from + index}`,
            status: (from + index) % 10 === 0 ? 'failed' : 'succeeded',
          })),
        );
      }
    }
  }

  const workers = Array.from({ length: parallel }, work);
  return {
    acknowledged: () => acknowledged,
    sent: () => made,
    refusals: () => refusals,
    retryAfter: () => retryAfter,
    use: (next) => void (services = [next]),
    async finish() {
      finishing = true;
      await Promise.all(workers);
      return made;
    },
  };
}
