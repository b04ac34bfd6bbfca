import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

/** What is posted again and again. */
export interface Door {
  readonly url: string;
  readonly contentType: string;
  /** Requests at once. */
  readonly inFlight: number;
  /** How many of a batch of this size an answer says were accepted. */
  readonly takenOf: (answer: string, size: number) => number;
}

export interface Batch {
  readonly size: number;
  readonly body: Buffer;
}

/** The way into Burnwatch of outcomes as NDJSON. */
export function outcomesDoor(url: string, inFlight: number): Door {
  return {
    url: `${url}/v1/outcomes`,
    contentType: 'application/x-ndjson',
    inFlight,
    takenOf: (answer) => (JSON.parse(answer) as { accepted: number }).accepted,
  };
}

/** Posts batches over connections that are kept. Rejects when not all of one is taken: its number would mean something else. */
export function createPoster({ url, contentType, inFlight, takenOf }: Door): {
  readonly post: (batch: Batch) => Promise<void>;
  readonly close: () => void;
} {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  return {
    post: ({ size, body }) =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': contentType, 'content-length': body.length };
        const sent = request(url, { method: 'POST', agent, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('end', () => {
            const taken = response.statusCode === 200 ? takenOf(text, size) : 0;
            if (taken === size) resolve();
            else reject(new Error(`${response.statusCode}: ${text}`));
          });
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** Ends of executions of which nothing else is reported. */
export function ends(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    workflow: 'order-fulfillment',
    execution: randomUUID(),
    status: index % 50 === 0 ? 'failed' : 'succeeded',
    durationMs: 1000 + index,
    ...(index % 50 === 0 && { failedStep: 'charge-card', error: 'timeout' }),
  }));
}

/** Records as they are posted. */
export function ndjson(records: readonly object[]): string {
  return records.map((record) => JSON.stringify(record)).join('\n');
}
