import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace-node';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Service } from '../support/service.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';

const SLOS = `
workflow: checkout
owner: shop
steps: [charge-card, ship]
slos:
  done: { objective: 99%, window: 28d, sli: succeeded }
  charged: { objective: 99%, window: 28d, sli: { step: charge-card, per: attempt } }
  bank: { objective: 99%, window: 28d, sli: { dependency: bank } }
  depth: { objective: 99%, window: 28d, sli: { measurement: dlq-depth, atMost: 100 } }
metrics: { measurements: { queue.dead: dlq-depth } }
---
teams: { shop: { page: [nobody] } }
targets: { nobody: { log: {} } }
`;
const SECRET = 'a-secret-of-producers';
const HEADERS = { Authorization: `Bearer ${SECRET}` };
const RESOURCE = resourceFromAttributes({ 'service.name': 'checkout' });

let service: Service;
beforeAll(async () => {
  service = await startService({
    BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-otel-')),
    BURNWATCH_SLOS: await sloFolder(SLOS),
    BURNWATCH_TOKENS: `sdk:ingest:${SECRET},reader:read:readable-by-people`,
  });
});
afterAll(killServices);

async function counts(): Promise<Readonly<Record<string, readonly [good: number, bad: number]>>> {
  const answer = await fetch(`${service.url}/v1/slos`, {
    headers: { Authorization: 'Bearer readable-by-people' },
  });
  const { items: slos } = (await answer.json()) as {
    items: { name: string; sli: { good: number; bad: number } }[];
  };
  return Object.fromEntries(slos.map(({ name, sli }) => [name, [sli.good, sli.bad]]));
}

/** Ten requests that charge a card, the last one in vain, at the second attempt. */
async function tenRequests(exporter: SpanExporter): Promise<void> {
  const provider = new NodeTracerProvider({
    resource: RESOURCE,
    // Parts of traces arrive in requests of their own, children first.
    spanProcessors: [new BatchSpanProcessor(exporter, { maxExportBatchSize: 3 })],
  });
  const tracer = provider.getTracer('shop');
  for (let i = 0; i < 10; i++) {
    const request = tracer.startSpan('POST /checkout', { kind: SpanKind.SERVER });
    const within = trace.setSpan(context.active(), request);
    const attempts = i === 9 ? [0, 1] : [0];
    for (const resent of attempts) {
      const attributes = {
        'peer.service': 'bank',
        ...(resent > 0 && { 'http.request.resend_count': resent }),
      };
      const charge = tracer.startSpan('charge-card', { kind: SpanKind.CLIENT, attributes }, within);
      tracer.startSpan('tls.connect', {}, trace.setSpan(within, charge)).end();
      if (i === 9) {
        charge.recordException(new TypeError('declined'));
        charge.setStatus({ code: SpanStatusCode.ERROR });
      }
      charge.end();
    }
    if (i === 9) request.setStatus({ code: SpanStatusCode.ERROR });
    request.end();
  }
  await provider.shutdown();
}

describe('the OpenTelemetry SDK for Node', () => {
  it('C1: reports executions, steps, attempts and dependencies by protobuf and JSON without configuration', async () => {
    const url = `${service.url}/v1/traces`;
    await tenRequests(new ProtobufExporter({ url, headers: HEADERS }));
    expect(await counts()).toMatchObject({ done: [9, 1], charged: [9, 2], bank: [9, 1] });
    await tenRequests(new JsonExporter({ url, headers: HEADERS }));
    expect(await counts()).toMatchObject({ done: [18, 2], charged: [18, 4], bank: [18, 2] });
    const slo = await fetch(`${service.url}/v1/slos/checkout/bank`, {
      headers: { Authorization: 'Bearer readable-by-people' },
    });
    expect(await slo.json()).toMatchObject({
      failures: [{ step: 'charge-card', dependency: 'bank', error: 'TypeError', count: 2 }],
      lastFailed: [{ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string }, {}],
    });
  });

  it('reports metrics: deltas as counts, gauges as measurements', async () => {
    const before = await counts();
    const exporter = new OTLPMetricExporter({
      url: `${service.url}/v1/metrics`,
      headers: HEADERS,
      temporalityPreference: AggregationTemporalityPreference.DELTA,
    });
    const meters = new MeterProvider({
      resource: RESOURCE,
      readers: [new PeriodicExportingMetricReader({ exporter })],
    });
    const meter = meters.getMeter('shop');
    const outcomes = meter.createCounter('burnwatch.outcomes');
    outcomes.add(40, { 'burnwatch.status': 'ok' });
    outcomes.add(2, { 'burnwatch.status': 'error', 'error.type': 'timeout' });
    meter.createGauge('queue.dead').record(7);
    await meters.forceFlush();
    outcomes.add(5, { 'burnwatch.status': 'ok' });
    await meters.shutdown();
    const [good, bad] = before['done']!;
    expect(await counts()).toMatchObject({ done: [good + 45, bad + 2], depth: [1, 0] });
  });
});

describe('docs/opentelemetry.md', () => {
  const text = readFileSync(new URL('../../docs/opentelemetry.md', import.meta.url), 'utf8');

  it('shows a configuration of the Collector that sends to the paths and with the headers that are needed', () => {
    const yaml = /```yml\n(# otel-collector\.yaml\n[\s\S]*?)```/.exec(text)![1]!;
    const config = parse(yaml) as {
      readonly exporters: Readonly<Record<string, Record<string, unknown>>>;
      readonly processors: Readonly<Record<string, unknown>>;
      readonly receivers: Readonly<Record<string, unknown>>;
      readonly service: {
        readonly pipelines: Readonly<
          Record<string, Readonly<Record<'receivers' | 'processors' | 'exporters', string[]>>>
        >;
      };
    };
    const exporter = config.exporters['otlphttp/burnwatch']!;
    // The exporter adds /v1/traces and /v1/metrics.
    expect(exporter['endpoint']).toMatch(/^https?:\/\/[^/]+$/);
    expect(exporter['headers']).toEqual({ Authorization: 'Bearer ${env:BURNWATCH_TOKEN}' });
    expect(Object.keys(config.service.pipelines).toSorted()).toEqual([
      'metrics/burnwatch',
      'traces/burnwatch',
    ]);
    for (const { receivers, processors, exporters } of Object.values(config.service.pipelines)) {
      for (const name of receivers) expect(config.receivers).toHaveProperty([name]);
      for (const name of processors) expect(config.processors).toHaveProperty([name]);
      expect(exporters).toEqual(['otlphttp/burnwatch']);
    }
    expect(config.service.pipelines['metrics/burnwatch']!.processors).toContain('cumulativetodelta');
  });
});
