import { hash53 } from '../hash.ts';
import type { RecordKind, Rejection } from './record-fields.ts';
import {
  attributes,
  fieldsOf,
  identifier,
  invalid,
  missing,
  name,
  readAt,
  readOrReject,
} from './record-fields.ts';

/** One reported value of something that is measured now and then, such as the depth of a queue. */
export interface Measurement {
  readonly workflow: string;
  /** What was measured: `dlq-depth`. */
  readonly name: string;
  readonly value: number;
  /** When it was measured. */
  readonly at: number;
  readonly attributes: Readonly<Record<string, string>> | null;
  /** The producer's own name for it; null when it has none. */
  readonly id: string | null;
}

/** Sums of larger values would lose precision, or overflow. */
export const MAX_VALUE = 1e15;

const MEASUREMENT: RecordKind = {
  one: 'a measurement',
  every: 'every measurement',
  required: 'workflow, name and value',
  fields: new Set(['workflow', 'name', 'value', 'at', 'attributes', 'id']),
};

/**
 * Checks one record as parsed from JSON and fills in the defaults, as `parseOutcome` does.
 * Never throws; `arrival` is the time of receipt, the default of `at`.
 */
export function parseMeasurement(raw: unknown, arrival: number): Measurement | Rejection {
  return readOrReject(() => {
    const record = fieldsOf(raw, MEASUREMENT);
    return {
      workflow: name('workflow', record['workflow']) ?? throwMissing('workflow'),
      name: name('name', record['name']) ?? throwMissing('name'),
      value: readValue(record['value']),
      at: readAt(record['at'], arrival),
      attributes: attributes(record['attributes']),
      id: identifier('id', record['id']),
    };
  });
}

function readValue(value: unknown): number {
  if (value == null) return throwMissing('value');
  if (typeof value !== 'number' || !(Math.abs(value) <= MAX_VALUE)) {
    throw invalid('value', value, 'a number from -1e15 to 1e15');
  }
  return value;
}

function throwMissing(field: string): never {
  throw missing(field, MEASUREMENT);
}

/**
 * The identity of a measurement (C1): its name with its id, else with its moment and attributes. No execution has
 * the same one, since theirs do not begin with NUL.
 */
export function measurementSubject({ name, at, attributes, id }: Measurement): string {
  if (id !== null) return `\u0000m\u0000${name}\u0000${id}`;
  const sorted = Object.entries(attributes ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const labels = sorted.length === 0 ? '' : hash53(JSON.stringify(sorted)).toString(36);
  return `\u0000m\u0000${name}\u0000\u0000${at}\u0000${labels}`;
}
