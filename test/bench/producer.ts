import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { wireSpan, wireTraces } from '../support/otlp.ts';

/** Posts batches of outcomes or of spans, prepared beforehand, and tells its parent how many a second were taken. */
const [url = '', batches = '', batch = '', inFlight = '', shape = 'ends'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(inFlight) });
const [path, contentType] =
  shape === 'spans' ? ['/v1/traces', 'application/x-protobuf'] : ['/v1/outcomes', 'application/x-ndjson'];
const bodies = Array.from({ length: Number(batches) }, () => {
  if (shape === 'spans') return { size: Number(batch), body: spans(Number(batch)) };
  const records = shape === 'steps' ? wholeExecutions(Number(batch)) : ends(Number(batch));
  return {
    size: records.length,
    body: Buffer.from(records.map((record) => JSON.stringify(record)).join('\n')),
  };
});

/** How many of a batch were accepted; an empty message of OTLP is all of them. */
function takenOf(answer: string, size: number): number {
  if (shape === 'spans') return answer === '' ? size : 0;
  return (JSON.parse(answer) as { accepted: number }).accepted;
}

/** Root spans with the attributes that an instrumented HTTP server gives them. */
function spans(count: number): Buffer {
  const end = Date.now();
  return wireTraces(
    'order-fulfillment',
    ...Array.from({ length: count }, (_, index) =>
      wireSpan({
        traceId: randomBytes(16).toString('hex'),
        spanId: randomBytes(8).toString('hex'),
        name: 'POST /orders',
        kind: 2,
        start: end - 1000 - index,
        end,
        failed: index % 50 === 0,
        attributes: {
          'http.request.method': 'POST',
          'http.route': '/orders',
          'url.scheme': 'https',
          'server.address': 'shop.example.com',
          'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)',
          ...(index % 50 === 0 && { 'error.type': 'timeout' }),
        },
      }),
    ),
  );
}

/** Ends of executions of which nothing else is reported. */
function ends(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    workflow: 'order-fulfillment',
    execution: randomUUID(),
    status: index % 50 === 0 ? 'failed' : 'succeeded',
    durationMs: 1000 + index,
    ...(index % 50 === 0 && { failedStep: 'charge-card', error: 'timeout' }),
  }));
}

/** Executions of ten steps, from their start to their end: 22 records each, in the order in which they happen. */
function wholeExecutions(count: number): object[] {
  const records: object[] = [];
  const begin = Date.now() - 60_000;
  for (let serial = 0; records.length + 22 <= count; serial++) {
    const of = { workflow: 'order-fulfillment', execution: randomUUID() };
    let at = begin + serial;
    records.push({ ...of, status: 'started', at });
    for (let step = 0; step < 10; step++) {
      records.push({ ...of, step: `step-${step}`, status: 'started', at });
      at += 100 + ((serial * 37 + step * 911) % 3000);
      records.push({ ...of, step: `step-${step}`, status: 'succeeded', at });
    }
    records.push({ ...of, status: 'succeeded', at });
  }
  return records;
}

function post({ size, body }: (typeof bodies)[number]): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}${path}`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': contentType, 'content-length': body.length },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const taken = response.statusCode === 200 ? takenOf(text, size) : 0;
          // An answer that rejects anything would make the number mean something else.
          if (taken === size) resolve(taken);
          else reject(new Error(`${response.statusCode}: ${text}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

// A few requests beforehand, so that nothing measured is compiled for the first time.
for (const each of bodies.splice(0, 20)) await post(each);
let accepted = 0;
let next = 0;
const started = performance.now();
await Promise.all(
  Array.from({ length: Number(inFlight) }, async () => {
    while (next < bodies.length) {
      const count = await post(bodies[next++]!);
      accepted += count;
    }
  }),
);
process.send!((accepted * 1000) / (performance.now() - started));
agent.destroy();
