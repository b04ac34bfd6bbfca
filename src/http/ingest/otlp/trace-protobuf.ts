import type { AttributeValue, TraceSpan, TelemetryAttributes } from '../../../core/mapping/telemetry.ts';
import { wholeMilliseconds } from '../../../core/mapping/telemetry.ts';
import { HttpProblem } from '../../answers/problems.ts';
import type { Decoded } from './decoded.ts';
import {
  MAX_ATTRIBUTES,
  MAX_GROUPS,
  MAX_THING_BYTES,
  NO_ATTRIBUTES,
  Unread,
  STATUS_ERROR,
  checkedSpan,
  spanKind,
} from './decoded.ts';
import { WireReader } from './wire.ts';

// The numbers of fields are those of opentelemetry/proto/{collector/trace,trace,common,resource}/v1/*.proto, which are stable.

/** Reads the spans of an `ExportTraceServiceRequest`. */
export function* spansOf(body: Buffer): Generator<Decoded<TraceSpan>, void> {
  for (const found of groupsOf(body)) {
    yield null;
    if (found === null) continue;
    const { group, resource } = found;
    while (group.next()) {
      // ScopeSpans.spans
      if (group.field === 2) yield readSpan(group.message(), resource);
      else {
        group.skip();
        yield null;
      }
    }
  }
}

/** A scope of a resource, and what is said of that. */
interface Group {
  readonly group: WireReader;
  readonly resource: TelemetryAttributes;
}

/** The scopes of all resources of an export request. Traces and metrics are grouped alike. Yields null between them. */
export function* groupsOf(body: Buffer): Generator<Group | null, void> {
  let groups = 0;
  const request = new WireReader(body);
  while (request.next()) {
    checkGroups(++groups);
    if (request.field !== 1) {
      request.skip();
      continue;
    }
    const ofResource = request.message();
    let resource = NO_ATTRIBUTES;
    const scopes: WireReader[] = [];
    while (ofResource.next()) {
      // Reading a resource takes a while, and there may be many, each without anything in it.
      yield null;
      checkGroups(++groups);
      // The resource may stand after what it made.
      if (ofResource.field === 1) resource = resourceOf(ofResource.message());
      else if (ofResource.field === 2) scopes.push(ofResource.message());
      else ofResource.skip();
    }
    for (const group of scopes) yield { group, resource };
  }
}

function checkGroups(count: number): void {
  if (count <= MAX_GROUPS) return;
  throw new HttpProblem('too-many-records', `A request may have at most ${MAX_GROUPS} resources and scopes.`);
}

function resourceOf(reader: WireReader): TelemetryAttributes {
  if (reader.left > MAX_THING_BYTES)
    throw new HttpProblem('body-too-large', `A resource may have at most ${MAX_THING_BYTES} bytes.`);
  const attributes = new Map<string, AttributeValue>();
  let count = 0;
  while (reader.next()) {
    if (reader.field === 1 && ++count <= MAX_ATTRIBUTES) addAttribute(reader.message(), attributes);
    else reader.skip();
  }
  return attributes;
}

/** Events of a span that are looked at for exceptions; SDKs stop at 128. */
const MAX_EVENTS = 1000;

function readSpan(reader: WireReader, resource: TelemetryAttributes): TraceSpan | Unread {
  if (reader.left > MAX_THING_BYTES)
    return new Unread(`A span may have at most ${MAX_THING_BYTES} bytes, not ${reader.left}.`);
  const attributes = new Map<string, AttributeValue>();
  let attributeCount = 0;
  let eventCount = 0;
  let traceId = '';
  let spanId = '';
  let parent = '';
  let name = '';
  let kind = 0;
  let startNs = 0;
  let endNs = 0;
  let failed = false;
  let exception: string | null = null;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        traceId = reader.hex();
        break;
      case 2:
        spanId = reader.hex();
        break;
      case 4:
        parent = reader.hex();
        break;
      case 5:
        name = reader.text();
        break;
      case 6:
        kind = reader.enumeration();
        break;
      case 7:
        startNs = reader.fixed64();
        break;
      case 8:
        endNs = reader.fixed64();
        break;
      case 9:
        if (++attributeCount > MAX_ATTRIBUTES)
          return new Unread(`A span may have at most ${MAX_ATTRIBUTES} attributes.`);
        addAttribute(reader.message(), attributes);
        break;
      case 11:
        if (++eventCount > MAX_EVENTS) reader.skip();
        else exception = exceptionOf(reader.message()) ?? exception;
        break;
      case 15:
        failed = statusOf(reader.message()) === STATUS_ERROR;
        break;
      default:
        reader.skip();
    }
  }
  return checkedSpan({
    traceId,
    spanId,
    // Some send an id of zeros where there is none.
    isRoot: /^0*$/.test(parent),
    name,
    kind: spanKind(kind),
    startedAt: wholeMilliseconds(startNs),
    endedAt: wholeMilliseconds(endNs),
    failed,
    exception,
    attributes,
    resource,
  });
}

/** The code of a `Status`. */
function statusOf(reader: WireReader): number {
  let code = 0;
  while (reader.next()) {
    if (reader.field === 3) code = reader.enumeration();
    else reader.skip();
  }
  return code;
}

/** The type of the exception that a `Span.Event` records; null when it is another event. */
function exceptionOf(reader: WireReader): string | null {
  let name = '';
  const attributes = new Map<string, AttributeValue>();
  let count = 0;
  while (reader.next()) {
    if (reader.field === 2) name = reader.text();
    else if (reader.field === 3 && ++count <= MAX_ATTRIBUTES) addAttribute(reader.message(), attributes);
    else reader.skip();
  }
  const type = name === 'exception' ? attributes.get('exception.type') : undefined;
  return typeof type === 'string' && type !== '' ? type : null;
}

/** Adds a `KeyValue`, unless its value is a list, a map or bytes. */
export function addAttribute(reader: WireReader, attributes: Map<string, AttributeValue>): void {
  let key = '';
  let value: AttributeValue | null = null;
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = valueOf(reader.message());
    else reader.skip();
  }
  if (value !== null) attributes.set(key, value);
}

/** The value of an `AnyValue`; null when it is not a single one. */
function valueOf(reader: WireReader): AttributeValue | null {
  let value: AttributeValue | null = null;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value = reader.text();
        break;
      case 2:
        value = reader.enumeration() !== 0;
        break;
      case 3:
        value = reader.int64();
        break;
      case 4:
        value = reader.double();
        break;
      default:
        reader.skip();
    }
  }
  return value;
}
