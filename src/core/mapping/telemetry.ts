/** A value of an attribute; lists and maps are not looked at. */
export type AttributeValue = string | number | boolean;
export type TelemetryAttributes = ReadonlyMap<string, AttributeValue>;

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** One operation of a trace that has ended, as far as mappings look at it. */
export interface TraceSpan {
  /** 32 hexadecimal digits in lower case. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  /** Whether it has no parent. */
  readonly isRoot: boolean;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Whether its status is an error. */
  readonly failed: boolean;
  /** The type of the latest exception recorded on it. */
  readonly exception: string | null;
  readonly attributes: TelemetryAttributes;
  /** What is said of the program that made it. */
  readonly resource: TelemetryAttributes;
}

/**
 * What a number of a metric means. `delta`: how much a count grew since the point before. `total`: a count since the program
 * started. `value`: something that goes up and down. `change`: by how much such a value changed.
 */
export type PointKind = 'delta' | 'total' | 'value' | 'change';

/**
 * Nanoseconds since the epoch as whole milliseconds. As doubles the former are 128 ns off at most, before or after the
 * millisecond that the producer meant.
 */
export function wholeMilliseconds(nanoseconds: number): number {
  return Math.floor((nanoseconds + 500) / 1e6);
}

/** One number of a metric. */
export interface MetricPoint {
  readonly metric: string;
  readonly kind: PointKind;
  readonly value: number;
  /** Nanoseconds since the epoch, as precise as a double is; 0 when it was not said. */
  readonly startNs: number;
  readonly timeNs: number;
  readonly attributes: TelemetryAttributes;
  readonly resource: TelemetryAttributes;
}

/** Why something that arrived belongs to nothing here; it is counted and otherwise ignored. */
export type Ignored = 'no-workflow' | 'not-mapped';

/** A record as its producer would have sent it, before its fields are looked at. */
export type PlainRecord = Readonly<Record<string, unknown>>;

/** What something stands for. */
export interface MappedRecords {
  readonly kind: 'outcomes' | 'measurements';
  readonly records: readonly PlainRecord[];
}

export type Mapped = MappedRecords | Ignored;

/** Something belongs to a workflow and yet cannot be counted: thrown by mappings, and answered as its rejection. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}
