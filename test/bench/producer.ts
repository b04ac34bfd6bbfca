import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

/** Posts batches of outcomes, prepared beforehand, and tells its parent how many a second were accepted. */
const [url = '', batches = '', batch = '', inFlight = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(inFlight) });
const bodies = Array.from({ length: Number(batches) }, () => {
  const lines = Array.from({ length: Number(batch) }, (_, index) =>
    JSON.stringify({
      workflow: 'order-fulfillment',
      execution: randomUUID(),
      status: index % 50 === 0 ? 'failed' : 'succeeded',
      durationMs: 1000 + index,
      ...(index % 50 === 0 && { failedStep: 'charge-card', error: 'timeout' }),
    }),
  );
  return Buffer.from(lines.join('\n'));
});

function post(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/v1/outcomes`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/x-ndjson', 'content-length': body.length },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve((JSON.parse(text) as { accepted: number }).accepted);
          else reject(new Error(`${response.statusCode}: ${text}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

// A few requests beforehand, so that nothing measured is compiled for the first time.
for (const body of bodies.splice(0, 20)) await post(body);
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
