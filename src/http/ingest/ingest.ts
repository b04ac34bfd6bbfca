import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../../core/ports/log.ts';
import type { Recorder, RecordResult } from '../../core/ports/recorder.ts';
import type { Rejections } from '../../core/ports/rejections.ts';
import { overShare, problemOf, queueFull, sendProblem } from '../answers/respond.ts';
import { createFairShare } from '../../core/fair-share.ts';
import type { Caller } from '../../core/ports/token.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { TelemetryRecorder } from '../../core/ports/telemetry-recorder.ts';
import type { TelemetrySignal } from '../metrics/metrics.ts';
import { eventsProtocol } from './cloud-events.ts';
import { sendResult } from './record-answers.ts';
import { otlpProtocols } from './otlp/otlp.ts';
import type { Protocol } from './protocol.ts';
import type { BodyFormat } from './ingest-body.ts';
import { parseIngestBody } from './ingest-body.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { RequestShares } from '../guard/request-shares.ts';
import { Disconnected, gunzip, readBody, tooLarge } from '../requests/request-body.ts';

/** What a request reports. */
export type ReportedRecords = 'outcomes' | 'measurements' | TelemetrySignal;

export interface IngestLimits {
  /** Bytes of a body as sent. */
  readonly maxBodyBytes: number;
  /** Bytes of a body unpacked. */
  readonly maxUnpackedBytes: number;
  /** Records of a body. */
  readonly maxRecords: number;
  /** Bytes of bodies, packed and unpacked, of all requests that are being handled at the same time. */
  readonly maxHeldBytes: number;
}

export const INGEST_LIMITS: IngestLimits = {
  maxBodyBytes: 8 * 1024 * 1024,
  maxUnpackedBytes: 32 * 1024 * 1024,
  maxRecords: 50_000,
  maxHeldBytes: 64 * 1024 * 1024,
};

export interface IngestOptions {
  readonly recorder: Recorder;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly telemetry: TelemetryRecorder;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly limits: IngestLimits;
  readonly requests: RequestShares;
  /** Called with each request that was turned away for want of room, and whose it was. */
  readonly dropped: (who: string, why: 'over-share' | 'queue-full') => void;
}

/** Answers a request, unless the client has gone; never throws. */
export type IngestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Makes the handler of a path. `admit` says who sends the request, or throws the `HttpProblem` to answer with; it is
 * called before anything of the body is read.
 */
export type Ingest = (kind: ReportedRecords, admit: (request: IncomingMessage) => Caller) => IngestHandler;

/**
 * Makes the handlers of requests that report records, which work on bare `node:http` because a framework would cost
 * them most of their throughput. They share the limits.
 */
export function createIngest(options: IngestOptions): Ingest {
  const { recorder, rejections, telemetry, metrics, log, limits, requests, dropped } = options;
  const held = createFairShare(limits.maxHeldBytes);
  const protocols: Readonly<Record<ReportedRecords, Protocol>> = {
    outcomes: plainRecords((records, caller) => recorder.record(records, caller)),
    measurements: plainRecords((records, caller) => recorder.recordMeasurements(records, caller)),
    ...otlpProtocols({ telemetry, metrics, maxThings: limits.maxRecords }),
    events: eventsProtocol({ telemetry, rejections, metrics, maxEvents: limits.maxRecords }),
  };

  return (kind, admit) => {
    const protocol = protocols[kind];
    return async (request, response) => {
      let reserved = 0;
      let share: string | null = null;
      const reserve = (bytes: number): void => {
        if (!held.take(share!, bytes)) {
          throw held.taken + bytes > limits.maxHeldBytes ? queueFull() : overShare();
        }
        reserved += bytes;
      };
      try {
        const caller = admit(request);
        share = requests.begin(caller);
        const take = protocol.open(request);
        const packed = isPacked(request.headers['content-encoding']);
        if (Number(request.headers['content-length'] ?? 0) > limits.maxBodyBytes) {
          throw tooLarge(limits.maxBodyBytes);
        }
        if (request.headers.expect !== undefined) response.writeContinue();
        let bytes = await readBody(request, limits.maxBodyBytes, reserve);
        if (packed && bytes.length > 0) bytes = await gunzip(bytes, limits.maxUnpackedBytes, reserve);
        if (bytes.length === 0 && !protocol.takesEmpty(request))
          throw new HttpProblem('empty-body', 'The body is empty.');
        await take(bytes, caller, response);
      } catch (error) {
        if (error instanceof Disconnected) return;
        const problem = problemOf(error);
        if (problem.code === 'internal-error') log.error({ err: error }, `Recording ${kind} failed.`);
        metrics.failedRequest(problem.code);
        if (problem.code === 'over-share' || problem.code === 'queue-full') dropped(share!, problem.code);
        protocol.refuse(request, response, problem);
      } finally {
        if (share !== null) {
          held.give(share, reserved);
          requests.end(share);
        }
      }
    };
  };

  function plainRecords(
    record: (records: readonly unknown[], caller: Caller) => Promise<RecordResult>,
  ): Protocol {
    return {
      takesEmpty: () => false,
      open(request) {
        const format = formatOf(request.headers['content-type']);
        return async (bytes, caller, response) => {
          const body = await parseIngestBody(bytes, format, limits.maxRecords);
          const result = await record(body.records, caller);
          for (const rejection of body.rejected) rejections.note({ ...rejection, workflow: null }, caller);
          sendResult(response, body, result, metrics);
        };
      },
      refuse: (_request, response, problem) => sendProblem(response, problem),
    };
  }
}

function formatOf(contentType: string | undefined): BodyFormat {
  if (contentType === 'application/json') return 'json';
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith('charset='));
  if (charset === undefined || /^charset="?utf-?8"?$/.test(charset)) {
    if (type.trim() === 'application/json') return 'json';
    if (type.trim() === 'application/x-ndjson') return 'ndjson';
  }
  throw new HttpProblem(
    'unsupported-media-type',
    'The Content-Type must be application/json or application/x-ndjson, in UTF-8.',
    { Accept: 'application/json, application/x-ndjson' },
  );
}

function isPacked(encoding: string | undefined): boolean {
  switch (encoding?.toLowerCase()) {
    case undefined:
    case 'identity':
      return false;
    case 'gzip':
    case 'x-gzip':
      return true;
    default:
      throw new HttpProblem('unsupported-encoding', 'The Content-Encoding must be gzip or identity.', {
        'Accept-Encoding': 'gzip, identity',
      });
  }
}
