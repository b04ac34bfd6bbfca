import { randomBytes, randomUUID } from 'node:crypto';
import type { Batch, Door } from './batches.ts';
import { createPoster, ends, ndjson, outcomesDoor } from './batches.ts';
import { wireSpan, wireTraces } from '../support/otlp.ts';

/** Posts batches of outcomes or of spans, prepared beforehand, and tells its parent how many a second were taken. */
const [url = '', batches = '', batch = '', inFlight = '', shape = 'ends'] = process.argv.slice(2);
const [size, count] = [Number(batch), Number(batches)];
const { post, close } = createPoster(shape === 'spans' ? spansDoor() : outcomesDoor(url, Number(inFlight)));
const bodies = Array.from({ length: count }, (): Batch => {
  if (shape === 'spans') return { size, body: spans(size) };
  const records = shape === 'steps' ? wholeExecutions(size) : ends(size);
  return { size: records.length, body: Buffer.from(ndjson(records)) };
});

function spansDoor(): Door {
  return {
    url: `${url}/v1/traces`,
    contentType: 'application/x-protobuf',
    inFlight: Number(inFlight),
    // An empty message of OTLP: all of them.
    takenOf: (answer, sent) => (answer === '' ? sent : 0),
  };
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

// A few requests beforehand, so that nothing measured is compiled for the first time.
for (const each of bodies.splice(0, 20)) await post(each);
let accepted = 0;
let next = 0;
const started = performance.now();
await Promise.all(
  Array.from({ length: Number(inFlight) }, async () => {
    while (next < bodies.length) {
      const body = bodies[next++]!;
      await post(body);
      accepted += body.size;
    }
  }),
);
process.send!((accepted * 1000) / (performance.now() - started));
close();
