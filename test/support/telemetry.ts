import type { AttributeValue, MetricPoint, TraceSpan } from '../../src/core/mapping/telemetry.ts';

export const TRACE = '0af7651916cd43dd8448eb211c80319c';

type SpanSketch = Partial<Omit<TraceSpan, 'attributes' | 'resource'>> & {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly resource?: Readonly<Record<string, AttributeValue>>;
};

/** The root span of a service called `orders`, which took a second. */
export function aSpan({ attributes = {}, resource, ...changes }: SpanSketch = {}): TraceSpan {
  return {
    traceId: TRACE,
    spanId: 'b7ad6b7169203331',
    isRoot: true,
    name: 'POST /orders',
    kind: 'internal',
    startedAt: 1_772_366_400_000,
    endedAt: 1_772_366_401_000,
    failed: false,
    exception: null,
    ...changes,
    attributes: new Map(Object.entries(attributes)),
    resource: new Map(Object.entries(resource ?? { 'service.name': 'orders' })),
  };
}

type PointSketch = Partial<Omit<MetricPoint, 'attributes' | 'resource'>> & {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly resource?: Readonly<Record<string, AttributeValue>>;
};

/** A delta of 3 of a service called `orders`. */
export function aPoint({ attributes = {}, resource, ...changes }: PointSketch = {}): MetricPoint {
  return {
    metric: 'orders.done',
    kind: 'delta',
    value: 3,
    startNs: 1_772_366_340e9,
    timeNs: 1_772_366_400e9,
    ...changes,
    attributes: new Map(Object.entries(attributes)),
    resource: new Map(Object.entries(resource ?? { 'service.name': 'orders' })),
  };
}
