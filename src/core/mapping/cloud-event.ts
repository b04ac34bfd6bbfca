import type { Rejection } from '../outcomes/record-fields.ts';
import { Rejected, readOrReject } from '../outcomes/record-fields.ts';
import type { AttributeValue, TelemetryAttributes } from './telemetry.ts';

/** One event of CloudEvents 1.0, as far as mappings look at it. */
export interface CloudEvent {
  /** Together with `source` the same for a repeat and for no other event. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  /** RFC 3339, as it was sent; null when it was not said. */
  readonly time: string | null;
  /** All context attributes, those above and extensions, by name. */
  readonly attributes: TelemetryAttributes;
  /** What was parsed of JSON; undefined when it is something else. */
  readonly data: unknown;
}

/** Identities and names longer than this are no event's. */
const MAX_TEXT = 1024;
/** Context attributes that are looked at; events travel with a few. */
const MAX_ATTRIBUTES = 100;
/** What the JSON format adds to the context attributes. */
const DATA: ReadonlySet<string> = new Set(['data', 'data_base64']);

/** Reads an event from the object that it is in the JSON format (CloudEvents 1.0.2, JSON Event Format). Never throws. */
export function readCloudEvent(raw: unknown): CloudEvent | Rejection {
  return readOrReject(() => read(raw));
}

function read(raw: unknown): CloudEvent {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new Rejected('not-an-object', 'An event is a JSON object.');
  const event = raw as Readonly<Record<string, unknown>>;
  const version = required(event, 'specversion');
  if (version !== '1.0') throw new Rejected('invalid-field', 'specversion must be 1.0.');
  const attributes = new Map<string, AttributeValue>();
  for (const [name, value] of Object.entries(event)) {
    if (DATA.has(name) || !isValue(value)) continue;
    if (attributes.size === MAX_ATTRIBUTES)
      throw new Rejected('invalid-field', `An event may have at most ${MAX_ATTRIBUTES} context attributes.`);
    attributes.set(name, value);
  }
  return {
    id: required(event, 'id'),
    source: required(event, 'source'),
    type: required(event, 'type'),
    subject: optional(event, 'subject'),
    time: optional(event, 'time'),
    attributes,
    data: event['data'],
  };
}

function isValue(value: unknown): value is AttributeValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function required(event: Readonly<Record<string, unknown>>, name: string): string {
  const text = optional(event, name);
  if (text === null)
    throw new Rejected(
      'missing-field',
      `${name} is missing; every event has specversion, id, source and type.`,
    );
  return text;
}

function optional(event: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = event[name];
  if (value == null || value === '') return null;
  if (typeof value !== 'string' || value.length > MAX_TEXT)
    throw new Rejected('invalid-field', `${name} must be a text of 1 to ${MAX_TEXT} characters.`);
  return value;
}
