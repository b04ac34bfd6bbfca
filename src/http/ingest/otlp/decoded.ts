import type {
  MetricPoint,
  PointKind,
  TraceSpan,
  SpanKind,
  TelemetryAttributes,
} from '../../../core/mapping/telemetry.ts';

/** What decoders give one after the other: a thing, why there is one that cannot be used, or null between them. */
export type Decoded<Thing> = Thing | Unread | null;

/** Something that is there and cannot be used. */
export class Unread {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Things that are read from a body as they are asked for, so that others may have their turn in between. */
export type DecodedSpans = Iterable<Decoded<TraceSpan>>;
export type DecodedPoints = Iterable<Decoded<MetricPoint>>;

/** Spans larger than this are not read: walking through one takes milliseconds. */
export const MAX_THING_BYTES = 1024 * 1024;
/** The same of JSON, which is parsed in one go. */
export const MAX_JSON_BYTES = 65_536;
/** Attributes that a span, a point or a program may have; SDKs stop at 128. */
export const MAX_ATTRIBUTES = 1000;
/** Bytes of a metric's name that are read; the API allows 255. */
export const MAX_METRIC_NAME = 1024;
/** Resources and scopes that a request may have. */
export const MAX_GROUPS = 50_000;

export const NO_ATTRIBUTES: TelemetryAttributes = new Map();

const KINDS: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];

export function spanKind(value: number): SpanKind {
  return KINDS[value] ?? 'internal';
}

/** The code of a status that is an error. */
export const STATUS_ERROR = 2;

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/** What the points of a sum mean, by the number of its temporality. */
export function pointKind(temporality: number, monotonic: boolean): PointKind {
  if (temporality === DELTA) return monotonic ? 'delta' : 'change';
  return monotonic ? 'total' : 'value';
}

const DELTA = 1;
/** The flag of a point that has no value. */
export const NO_VALUE = 1;

/** Checks what every span must have. */
export function checkedSpan(span: TraceSpan): TraceSpan | Unread {
  if (!TRACE_ID.test(span.traceId))
    return new Unread('A span has a trace id of 16 bytes that are not all 0.');
  if (!SPAN_ID.test(span.spanId)) return new Unread('A span has a span id of 8 bytes that are not all 0.');
  if (span.endedAt <= 0) return new Unread(`The span ${span.spanId} has no end.`);
  return span;
}
