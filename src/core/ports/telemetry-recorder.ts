import type { Ignored, MetricPoint, TraceSpan } from '../mapping/telemetry.ts';
import type { CloudEvent } from '../mapping/cloud-event.ts';
import type { Rejection } from '../outcomes/record-fields.ts';
import type { RejectedRecord } from './recorder.ts';
import type { Caller } from './token.ts';

/** What became of things that were reported and are mapped to records. */
export interface TelemetryResult {
  /** Records, of which one thing may have several. */
  readonly accepted: number;
  readonly duplicates: number;
  /** Things of which a record was rejected, each once, by their position. */
  readonly rejected: readonly RejectedRecord[];
  /** How many conflicts there are among the rejected. */
  readonly conflicts: number;
  /** Things that belong to no workflow or are none of its steps, by reason. */
  readonly ignored: ReadonlyMap<Ignored, number>;
  /** Things that are not repeats, and yet stand for the same outcome as another one before them. */
  readonly alike: number;
}

/** The things of one request, mapped one by one so that they need not all be held. */
export interface TelemetryBatch<Thing> {
  add(thing: Thing): void;
  /** Notes that the next thing is of no use, and why. */
  reject(why: Rejection): void;
  /** How many records there are so far. */
  readonly size: number;
  /** Records everything that was added. Rejects as `Recorder.record` does; sending the same again is safe (C1). */
  record(): Promise<TelemetryResult>;
}

/** Takes what programs report anyway, and records what it says of workflows. */
export interface TelemetryRecorder {
  spans(caller: Caller): TelemetryBatch<TraceSpan>;
  points(caller: Caller): TelemetryBatch<MetricPoint>;
  events(caller: Caller): TelemetryBatch<CloudEvent>;
}
