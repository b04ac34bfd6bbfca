/** Writes protobuf by its specification, apart from what the service does. */
export type Field = readonly [field: number, ...bytes: Buffer[]];

function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

export const num = (field: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);
export const bytes = (field: number, value: Buffer): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
export const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
export const message = (field: number, ...fields: Buffer[]): Buffer => bytes(field, Buffer.concat(fields));
export const hex = (field: number, value: string): Buffer => bytes(field, Buffer.from(value, 'hex'));

export function fixed64(field: number, value: bigint): Buffer {
  const written = Buffer.alloc(8);
  written.writeBigUInt64LE(BigInt.asUintN(64, value));
  return Buffer.concat([varint((field << 3) | 1), written]);
}

export function double(field: number, value: number): Buffer {
  const written = Buffer.alloc(8);
  written.writeDoubleLE(value);
  return Buffer.concat([varint((field << 3) | 1), written]);
}

/** A `KeyValue`. */
export function attribute(field: number, key: string, value: string | number | bigint | boolean): Buffer {
  const written =
    typeof value === 'string'
      ? text(1, value)
      : typeof value === 'boolean'
        ? num(2, value ? 1 : 0)
        : typeof value === 'bigint'
          ? num(3, value)
          : double(4, value);
  return message(field, text(1, key), message(2, written));
}

export interface WireSpan {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parent?: string;
  readonly name?: string;
  readonly kind?: number;
  /** Milliseconds since the epoch. */
  readonly start?: number;
  readonly end?: number;
  readonly failed?: boolean;
  readonly exception?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const nanoseconds = (milliseconds: number) => BigInt(milliseconds) * 1_000_000n;

/** A span as `ScopeSpans.spans`. */
export function wireSpan(span: WireSpan = {}): Buffer {
  const { traceId = 'ab'.repeat(16), spanId = 'cd'.repeat(8), parent, name = 'work', kind = 1 } = span;
  const { end = Date.now(), start = end - 1000, attributes = {} } = span;
  return message(
    2,
    hex(1, traceId),
    hex(2, spanId),
    text(3, 'vendor=1'),
    ...(parent === undefined ? [] : [hex(4, parent)]),
    text(5, name),
    num(6, kind),
    fixed64(7, nanoseconds(start)),
    fixed64(8, nanoseconds(end)),
    ...Object.entries(attributes).map(([key, value]) => attribute(9, key, value)),
    ...(span.exception === undefined
      ? []
      : [
          message(
            11,
            fixed64(1, nanoseconds(end)),
            text(2, 'exception'),
            attribute(3, 'exception.type', span.exception),
          ),
        ]),
    message(15, text(2, 'boom'), num(3, span.failed ? 2 : 0)),
  );
}

/** The same span in the JSON of the protocol. */
export function jsonSpan(span: WireSpan = {}): object {
  const { traceId = 'ab'.repeat(16), spanId = 'cd'.repeat(8), parent, name = 'work', kind = 1 } = span;
  const { end = Date.now(), start = end - 1000, attributes = {} } = span;
  return {
    traceId,
    spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind,
    startTimeUnixNano: String(nanoseconds(start)),
    endTimeUnixNano: String(nanoseconds(end)),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } })),
    events:
      span.exception === undefined
        ? []
        : [
            {
              name: 'exception',
              attributes: [{ key: 'exception.type', value: { stringValue: span.exception } }],
            },
          ],
    status: { code: span.failed ? 2 : 0 },
  };
}

/** An `ExportTraceServiceRequest` of spans of one service. */
export function wireTraces(service: string, ...spans: Buffer[]): Buffer {
  return message(
    1,
    message(1, attribute(1, 'service.name', service)),
    message(2, message(1, text(1, 'library')), ...spans),
  );
}

export function jsonTraces(service: string, ...spans: object[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [{ scope: { name: 'library' }, spans }],
      },
    ],
  };
}

/** An `ExportMetricsServiceRequest` of a delta of one. */
export function jsonMetrics(
  service: string,
  name: string,
  attributes: Readonly<Record<string, string>>,
): object {
  const point = {
    startTimeUnixNano: String(nanoseconds(Date.now() - 1000)),
    timeUnixNano: String(nanoseconds(Date.now())),
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } })),
    asInt: '1',
  };
  return {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeMetrics: [
          { metrics: [{ name, sum: { dataPoints: [point], aggregationTemporality: 1, isMonotonic: true } }] },
        ],
      },
    ],
  };
}
