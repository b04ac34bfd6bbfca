import { randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { wireSpan, wireTraces } from '../support/otlp.ts';

/** Posts batches of outcomes or of spans, prepared beforehand, and tells its parent how many a second were taken. */
const [url = '', batches = '', batch = '', inFlight = '', as = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(inFlight) });
const size = Number(batch);

function outcomes(): Buffer {
  const lines = Array.from({ length: size }, (_, index) =>
    JSON.stringify({
      workflow: 'order-fulfillment',
      execution: randomUUID(),
      status: index % 50 === 0 ? 'failed' : 'succeeded',
      durationMs: 1000 + index,
      ...(index % 50 === 0 && { failedStep: 'charge-card', error: 'timeout' }),
    }),
  );
  return Buffer.from(lines.join('\n'));
}

/** Root spans with the attributes that an instrumented HTTP server gives them. */
function spans(): Buffer {
  const end = Date.now();
  return wireTraces(
    'order-fulfillment',
    ...Array.from({ length: size }, (_, index) =>
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

const [path, contentType, body] =
  as === 'spans'
    ? ['/v1/traces', 'application/x-protobuf', spans]
    : ['/v1/outcomes', 'application/x-ndjson', outcomes];
const bodies = Array.from({ length: Number(batches) }, body);

/** How many of a batch were accepted; an empty message of OTLP is all of them. */
function takenOf(answer: string): number {
  if (as === 'spans') return answer === '' ? size : 0;
  return (JSON.parse(answer) as { accepted: number }).accepted;
}

function post(body: Buffer): Promise<number> {
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
          const taken = response.statusCode === 200 ? takenOf(text) : 0;
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
