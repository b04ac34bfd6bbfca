import type {
  AttributeValue,
  MetricPoint,
  PointKind,
  TraceSpan,
  TelemetryAttributes,
} from '../../../core/mapping/telemetry.ts';
import { wholeMilliseconds } from '../../../core/mapping/telemetry.ts';
import { HttpProblem } from '../../answers/problems.ts';
import type { Decoded } from './decoded.ts';
import {
  MAX_ATTRIBUTES,
  MAX_GROUPS,
  MAX_JSON_BYTES,
  MAX_METRIC_NAME,
  NO_ATTRIBUTES,
  NO_VALUE,
  Unread,
  STATUS_ERROR,
  checkedSpan,
  pointKind,
  spanKind,
} from './decoded.ts';
import type { JsonPart } from './json-parts.ts';
import { parseJson, partsOf } from './json-parts.ts';

// OTLP's own JSON: ids are hexadecimal, enumerations numbers, whole numbers of 64 bits texts, and keys in lowerCamelCase.

/** Reads the spans of an `ExportTraceServiceRequest` in JSON. */
export function* jsonSpansOf(body: Buffer): Generator<Decoded<TraceSpan>, void> {
  for (const group of groupsOf(body, 'resourceSpans', 'scopeSpans', 'spans')) {
    if (group === null) yield null;
    else yield readSpan(objectAt(body, group.part), group.resource);
  }
}

/** Reads the points of sums and gauges of an `ExportMetricsServiceRequest` in JSON. */
export function* jsonPointsOf(body: Buffer): Generator<Decoded<MetricPoint>, void> {
  for (const group of groupsOf(body, 'resourceMetrics', 'scopeMetrics', 'metrics')) {
    if (group === null) yield null;
    else yield* readMetric(body, group.part, group.resource);
  }
}

interface Found {
  readonly part: JsonPart;
  readonly resource: TelemetryAttributes;
}

/** What lies in all scopes of all resources, each with what is said of its resource. */
function* groupsOf(
  body: Buffer,
  resources: string,
  scopes: string,
  things: string,
): Generator<Found | null, void> {
  let groups = 0;
  for (const ofResource of within(body, { key: '', start: 0, end: body.length }, resources)) {
    yield null;
    if (ofResource === null) continue;
    checkGroups(++groups);
    let resource = NO_ATTRIBUTES;
    for (const part of partsOf(body, ofResource.start, ofResource.end, 'object')) {
      if (part?.key === 'resource') resource = resourceOf(body, part);
      yield null;
    }
    for (const scope of within(body, ofResource, scopes)) {
      yield null;
      if (scope === null) continue;
      checkGroups(++groups);
      for (const part of within(body, scope, things)) yield part && { part, resource };
    }
  }
}

/** The elements of the array that is a member of an object. */
function* within(body: Buffer, object: JsonPart, key: string): Generator<JsonPart | null, void> {
  for (const member of partsOf(body, object.start, object.end, 'object')) {
    if (member?.key === key && !isNull(body, member)) yield* partsOf(body, member.start, member.end, 'array');
    else yield null;
  }
}

/** JSON of protobuf may write what is not there as null. */
function isNull(body: Buffer, { start, end }: JsonPart): boolean {
  return end - start < 16 && body.toString('latin1', start, end).trim() === 'null';
}

function checkGroups(count: number): void {
  if (count <= MAX_GROUPS) return;
  throw new HttpProblem('too-many-records', `A request may have at most ${MAX_GROUPS} resources and scopes.`);
}

type Json = Readonly<Record<string, unknown>>;

function objectAt(body: Buffer, { start, end }: JsonPart): Json | Unread {
  if (end - start > MAX_JSON_BYTES) {
    return new Unread(
      `In JSON a span or point may have at most ${MAX_JSON_BYTES} bytes, not ${end - start}; send it as protobuf.`,
    );
  }
  const value = parseJson(body, start, end);
  return isObject(value) ? value : new Unread('A span or point is a JSON object.');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function resourceOf(body: Buffer, part: JsonPart): TelemetryAttributes {
  const resource = isNull(body, part) ? {} : objectAt(body, part);
  if (resource instanceof Unread)
    throw new HttpProblem('body-too-large', `A resource may have at most ${MAX_JSON_BYTES} bytes in JSON.`);
  const attributes = attributesOf(resource['attributes']);
  return attributes instanceof Unread ? NO_ATTRIBUTES : attributes;
}

function readSpan(span: Json | Unread, resource: TelemetryAttributes): TraceSpan | Unread {
  if (span instanceof Unread) return span;
  const attributes = attributesOf(span['attributes']);
  if (attributes instanceof Unread) return attributes;
  const { traceId, spanId, parentSpanId, name, status } = span;
  if (typeof traceId !== 'string' || typeof spanId !== 'string' || typeof name !== 'string')
    return new Unread('A span has a traceId, a spanId and a name, all of them texts.');
  return checkedSpan({
    traceId: traceId.toLowerCase(),
    spanId: spanId.toLowerCase(),
    isRoot: typeof parentSpanId !== 'string' || /^0*$/.test(parentSpanId),
    name,
    kind: spanKind(enumeration(span['kind'], SPAN_KINDS)),
    startedAt: wholeMilliseconds(wholeNumber(span['startTimeUnixNano'])),
    endedAt: wholeMilliseconds(wholeNumber(span['endTimeUnixNano'])),
    failed: isObject(status) && enumeration(status['code'], STATUS_CODES) === STATUS_ERROR,
    exception: exceptionOf(span['events']),
    attributes,
    resource,
  });
}

function exceptionOf(events: unknown): string | null {
  if (!Array.isArray(events)) return null;
  const last = (events as unknown[]).findLast((event) => isObject(event) && event['name'] === 'exception');
  const attributes = isObject(last) ? attributesOf(last['attributes']) : NO_ATTRIBUTES;
  const type = attributes instanceof Unread ? undefined : attributes.get('exception.type');
  return typeof type === 'string' && type !== '' ? type : null;
}

function* readMetric(
  body: Buffer,
  part: JsonPart,
  resource: TelemetryAttributes,
): Generator<Decoded<MetricPoint>, void> {
  let metric = '';
  let data: JsonPart | null = null;
  for (const member of partsOf(body, part.start, part.end, 'object')) {
    yield null;
    if (member === null) continue;
    if (member.key === 'name') metric = nameAt(body, member);
    else if (member.key === 'sum' || member.key === 'gauge') data = member;
  }
  if (!data || isNull(body, data)) return;
  let temporality = 0;
  let monotonic = false;
  for (const member of partsOf(body, data.start, data.end, 'object')) {
    yield null;
    if (member === null) continue;
    if (member.key === 'aggregationTemporality')
      temporality = enumeration(shortValueAt(body, member), TEMPORALITIES);
    else if (member.key === 'isMonotonic') monotonic = shortValueAt(body, member) === true;
  }
  const kind = data.key === 'sum' ? pointKind(temporality, monotonic) : 'value';
  for (const point of within(body, data, 'dataPoints')) {
    yield point && readPoint(objectAt(body, point), metric, kind, resource);
  }
}

/** A longer name is that of no metric that counts. */
function nameAt(body: Buffer, part: JsonPart): string {
  const name = shortValueAt(body, part);
  return typeof name === 'string' ? name : '';
}

function shortValueAt(body: Buffer, { start, end }: JsonPart): unknown {
  return end - start > MAX_METRIC_NAME ? null : parseJson(body, start, end);
}

function readPoint(
  point: Json | Unread,
  metric: string,
  kind: PointKind,
  resource: TelemetryAttributes,
): Decoded<MetricPoint> {
  if (point instanceof Unread) return point;
  const attributes = attributesOf(point['attributes']);
  if (attributes instanceof Unread) return attributes;
  const { asInt, asDouble } = point;
  if ((asInt == null && asDouble == null) || wholeNumber(point['flags']) % 2 === NO_VALUE) return null;
  return {
    metric,
    kind,
    value: asInt == null ? Number(asDouble) : wholeNumber(asInt),
    startNs: wholeNumber(point['startTimeUnixNano']),
    timeNs: wholeNumber(point['timeUnixNano']),
    attributes,
    resource,
  };
}

function attributesOf(list: unknown): TelemetryAttributes | Unread {
  if (!Array.isArray(list)) return NO_ATTRIBUTES;
  if (list.length > MAX_ATTRIBUTES) return new Unread(`There may be at most ${MAX_ATTRIBUTES} attributes.`);
  const attributes = new Map<string, AttributeValue>();
  for (const entry of list as unknown[]) {
    if (!isObject(entry) || typeof entry['key'] !== 'string') continue;
    const value = valueOf(entry['value']);
    if (value !== null) attributes.set(entry['key'], value);
  }
  return attributes;
}

function valueOf(value: unknown): AttributeValue | null {
  if (!isObject(value)) return null;
  const { stringValue, boolValue, intValue, doubleValue } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (intValue != null) return wholeNumber(intValue);
  return doubleValue == null ? null : Number(doubleValue);
}

/** A number of 64 bits, which JSON writes as a text; 0 when it is none. */
function wholeNumber(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0;
  return Number.isFinite(number) ? number : 0;
}

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
);
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`);
const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name) => `AGGREGATION_TEMPORALITY_${name}`);

/** The protocol demands numbers; some programs send names all the same. */
function enumeration(value: unknown, names: readonly string[]): number {
  return typeof value === 'string' ? Math.max(0, names.indexOf(value)) : wholeNumber(value);
}
