import type {
  AttributeValue,
  MetricPoint,
  PointKind,
  TelemetryAttributes,
} from '../../../core/mapping/telemetry.ts';
import type { Decoded } from './decoded.ts';
import { MAX_ATTRIBUTES, MAX_METRIC_NAME, MAX_THING_BYTES, NO_VALUE, Unread, pointKind } from './decoded.ts';
import { addAttribute, groupsOf } from './trace-protobuf.ts';
import type { WireReader } from './wire.ts';

/** Reads the points of sums and gauges of an `ExportMetricsServiceRequest`; those of other metrics come as null. */
export function* pointsOf(body: Buffer): Generator<Decoded<MetricPoint>, void> {
  for (const found of groupsOf(body)) {
    yield null;
    if (found === null) continue;
    const { group, resource } = found;
    while (group.next()) {
      // ScopeMetrics.metrics
      if (group.field === 2) yield* readMetric(group.message(), resource);
      else group.skip();
      yield null;
    }
  }
}

function* readMetric(
  reader: WireReader,
  resource: TelemetryAttributes,
): Generator<Decoded<MetricPoint>, void> {
  let metric = '';
  let data: { readonly points: WireReader; readonly isSum: boolean } | null = null;
  while (reader.next()) {
    yield null;
    if (reader.field === 1) metric = reader.text(MAX_METRIC_NAME);
    // Of a oneof the last one counts.
    else if (reader.field === 5 || reader.field === 7)
      data = { points: reader.message(), isSum: reader.field === 7 };
    else reader.skip();
  }
  if (!data) return;
  const { points, isSum } = data;
  // What the points mean may stand behind them. They are walked twice, since holding them all would cost many times their bytes.
  const kind = isSum ? yield* kindOfSum(points.copy()) : 'value';
  while (points.next()) {
    if (points.field === 1) yield readPoint(points.message(), metric, kind, resource);
    else {
      points.skip();
      yield null;
    }
  }
}

function* kindOfSum(sum: WireReader): Generator<null, PointKind> {
  let temporality = 0;
  let monotonic = false;
  while (sum.next()) {
    yield null;
    if (sum.field === 2) temporality = sum.enumeration();
    else if (sum.field === 3) monotonic = sum.enumeration() !== 0;
    else sum.skip();
  }
  return pointKind(temporality, monotonic);
}

function readPoint(
  reader: WireReader,
  metric: string,
  kind: PointKind,
  resource: TelemetryAttributes,
): Decoded<MetricPoint> {
  if (reader.left > MAX_THING_BYTES)
    return new Unread(`A point may have at most ${MAX_THING_BYTES} bytes, not ${reader.left}.`);
  const attributes = new Map<string, AttributeValue>();
  let startNs = 0;
  let timeNs = 0;
  let value: number | null = null;
  let flags = 0;
  let attributeCount = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 2:
        startNs = reader.fixed64();
        break;
      case 3:
        timeNs = reader.fixed64();
        break;
      case 4:
        value = reader.double();
        break;
      case 6:
        value = reader.sfixed64();
        break;
      case 7:
        if (++attributeCount > MAX_ATTRIBUTES)
          return new Unread(`A point may have at most ${MAX_ATTRIBUTES} attributes.`);
        addAttribute(reader.message(), attributes);
        break;
      case 8:
        flags = reader.enumeration();
        break;
      default:
        reader.skip();
    }
  }
  if (value === null || flags % 2 === NO_VALUE) return null;
  return { metric, kind, value, startNs, timeNs, attributes, resource };
}
