import type { IncomingMessage } from 'node:http';
import type { MetricPoint, TraceSpan } from '../../../core/mapping/telemetry.ts';
import type { TelemetryBatch, TelemetryRecorder } from '../../../core/ports/telemetry-recorder.ts';
import type { Caller } from '../../../core/ports/token.ts';
import { HttpProblem } from '../../answers/problems.ts';
import { sendContent, sendProblem } from '../../answers/respond.ts';
import type { Metrics, TelemetrySignal } from '../../metrics/metrics.ts';
import { createTurns } from '../ingest-body.ts';
import { noteRejected } from '../record-answers.ts';
import { noteTelemetry } from '../telemetry-counts.ts';
import type { Protocol } from '../protocol.ts';
import type { Decoded } from './decoded.ts';
import { Unread } from './decoded.ts';
import { jsonPointsOf, jsonSpansOf } from './json.ts';
import { pointsOf } from './metrics-protobuf.ts';
import type { Encoding } from './otlp-answers.ts';
import { CONTENT_TYPES, partialSuccess, statusBody } from './otlp-answers.ts';
import { spansOf } from './trace-protobuf.ts';

export interface OtlpOptions {
  readonly telemetry: TelemetryRecorder;
  readonly metrics: Metrics;
  /** Spans, or points, of a request. */
  readonly maxThings: number;
}

/** Steps that a decoder may take for each thing of the largest request: empty fields have two bytes, so that millions fit into a body. */
const STEPS_EACH = 20;

type OtlpName = Exclude<TelemetrySignal, 'events'>;

/** What differs between the paths of OTLP. */
interface OtlpSignal<Thing> {
  readonly signal: OtlpName;
  readonly decode: Readonly<Record<Encoding, (body: Buffer) => Iterable<Decoded<Thing>>>>;
  readonly batch: (caller: Caller) => TelemetryBatch<Thing>;
  /** Of the partial success, in JSON. */
  readonly rejectedField: string;
  readonly unit: string;
}

/**
 * OTLP/HTTP 1.x: the answer has the encoding of the request; what was rejected is said as a partial success; an error has
 * a `google.rpc.Status`. 429 and 503 are to be retried, all other errors are not.
 */
export function otlpProtocols(options: OtlpOptions): Readonly<Record<OtlpName, Protocol>> {
  const { telemetry } = options;
  return {
    spans: otlpProtocol<TraceSpan>(options, {
      signal: 'spans',
      decode: { protobuf: spansOf, json: jsonSpansOf },
      batch: (caller) => telemetry.spans(caller),
      rejectedField: 'rejectedSpans',
      unit: 'span',
    }),
    points: otlpProtocol<MetricPoint>(options, {
      signal: 'points',
      decode: { protobuf: pointsOf, json: jsonPointsOf },
      batch: (caller) => telemetry.points(caller),
      rejectedField: 'rejectedDataPoints',
      unit: 'data point',
    }),
  };
}

function otlpProtocol<Thing extends object>(
  { metrics, maxThings }: OtlpOptions,
  { signal, decode, batch, rejectedField, unit }: OtlpSignal<Thing>,
): Protocol {
  return {
    // No fields at all are a message of protobuf, too.
    takesEmpty: (request) => encodingOf(request) === 'protobuf',
    open(request) {
      const encoding = encodingOf(request);
      if (!encoding) {
        const types = Object.values(CONTENT_TYPES).join(', ');
        throw new HttpProblem('unsupported-media-type', `The Content-Type must be one of ${types}.`, {
          Accept: types,
        });
      }
      return async (bytes, caller, response) => {
        const things = batch(caller);
        const turn = createTurns();
        let count = 0;
        let steps = 0;
        for (const thing of decode[encoding](bytes)) {
          const wait = turn();
          if (wait) await wait;
          if (++steps > STEPS_EACH * maxThings) {
            throw new HttpProblem('too-many-records', 'A request may not consist of so many empty fields.');
          }
          if (thing === null) continue;
          if (++count > maxThings || things.size > maxThings) {
            throw new HttpProblem(
              'too-many-records',
              `A request may hold at most ${maxThings} ${unit}s; send them in several requests.`,
            );
          }
          if (thing instanceof Unread) things.reject({ code: 'invalid-field', message: thing.message });
          else things.add(thing);
        }
        const result = await things.record();
        noteRejected(metrics, result.rejected);
        noteTelemetry(metrics, signal, result, count);
        const body = partialSuccess(encoding, result.rejected, rejectedField, unit);
        sendContent(response, 200, body, CONTENT_TYPES[encoding], API_HEADERS);
      };
    },
    refuse(request, response, problem) {
      const encoding = encodingOf(request);
      if (!encoding || response.headersSent) sendProblem(response, problem);
      else {
        const headers = { ...API_HEADERS, ...problem.headers };
        sendContent(
          response,
          problem.status,
          statusBody(encoding, problem),
          CONTENT_TYPES[encoding],
          headers,
        );
      }
    },
  };
}

const API_HEADERS = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

function encodingOf({ headers }: IncomingMessage): Encoding | null {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() === CONTENT_TYPES.protobuf) return 'protobuf';
  return type.trim() === CONTENT_TYPES.json ? 'json' : null;
}
