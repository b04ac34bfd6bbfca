import type { IncomingHttpHeaders } from 'node:http';
import { readCloudEvent } from '../../core/mapping/cloud-event.ts';
import { isRejection } from '../../core/outcomes/record-fields.ts';
import type { Rejections } from '../../core/ports/rejections.ts';
import type { TelemetryRecorder } from '../../core/ports/telemetry-recorder.ts';
import { HttpProblem } from '../answers/problems.ts';
import { sendProblem } from '../answers/respond.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { IngestBody } from './ingest-body.ts';
import { MAX_RECORD_BYTES, createTurns, parseIngestBody } from './ingest-body.ts';
import type { Protocol } from './protocol.ts';
import { sendResult } from './record-answers.ts';
import { noteTelemetry } from './telemetry-counts.ts';

export interface EventsOptions {
  readonly telemetry: TelemetryRecorder;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly metrics: Metrics;
  /** Events of a request. */
  readonly maxEvents: number;
}

/** Gives the events of a body, as objects of the JSON format. Rejects with the `HttpProblem` to answer with. */
type ReadBody = (bytes: Buffer) => Promise<IngestBody>;

const STRUCTURED = ['application/cloudevents+json', 'application/cloudevents-batch+json'];
/** In binary mode, what a header is called that holds a context attribute. */
const PREFIX = 'ce-';
const VERSION = `${PREFIX}specversion`;

/** CloudEvents 1.0 over HTTP: one event or a batch as JSON, or one in binary mode, with its attributes in headers. */
export function eventsProtocol({ telemetry, rejections, metrics, maxEvents }: EventsOptions): Protocol {
  return {
    // In binary mode an event may have no data.
    takesEmpty: ({ headers }) => isBinary(headers),
    open({ headers }) {
      const read: ReadBody = isBinary(headers)
        ? (bytes) => Promise.resolve(binaryBody(bytes, headers))
        : (bytes) => parseIngestBody(bytes, 'json', maxEvents);
      if (!isBinary(headers) && !isStructured(headers['content-type'])) {
        throw new HttpProblem(
          'unsupported-media-type',
          `The Content-Type must be ${STRUCTURED.join(' or ')}, in UTF-8; in binary mode there is a header ${VERSION}.`,
          { Accept: STRUCTURED.join(', ') },
        );
      }
      return async (bytes, caller, response) => {
        const body = await read(bytes);
        const events = telemetry.events(caller);
        const turn = createTurns();
        for (const record of body.records) {
          const wait = turn();
          if (wait) await wait;
          const event = readCloudEvent(record);
          if (isRejection(event)) events.reject(event);
          else events.add(event);
        }
        const { conflicts, ...result } = await events.record();
        for (const rejection of body.rejected) rejections.note({ ...rejection, workflow: null }, caller);
        noteTelemetry(metrics, 'events', { conflicts, ...result }, body.records.length);
        const ignored = [...result.ignored.values()].reduce((sum, count) => sum + count, 0);
        const { accepted, duplicates, rejected } = result;
        const judged = { accepted, duplicates, rejected, ...(conflicts > 0 && { conflicts }) };
        sendResult(response, body, judged, metrics, ignored);
      };
    },
    refuse: (_request, response, problem) => sendProblem(response, problem),
  };
}

function isBinary(headers: IncomingHttpHeaders): boolean {
  return headers[VERSION] !== undefined && !isStructured(headers['content-type']);
}

function isStructured(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith('charset='));
  return STRUCTURED.includes(type.trim()) && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

function binaryBody(bytes: Buffer, headers: IncomingHttpHeaders): IngestBody {
  const attributes = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    name.startsWith(PREFIX) && typeof value === 'string' ? [[name.slice(PREFIX.length), decoded(value)]] : [],
  );
  const type = headers['content-type'];
  // Data comes last: no header may pass for it.
  const event = {
    ...Object.fromEntries(attributes),
    ...(type !== undefined && { datacontenttype: type }),
    data: dataOf(bytes, type),
    data_base64: undefined,
  };
  return { records: [event], positions: null, rejected: [] };
}

/** Header values are percent-encoded UTF-8 (HTTP protocol binding 1.0.2, section 3.1.3.2). */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Some senders do not encode what has a percent sign in it.
    return value;
  }
}

function dataOf(bytes: Buffer, contentType = ''): unknown {
  if (bytes.length === 0 || !/^\s*[a-z0-9.+-]+\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(contentType))
    return undefined;
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new HttpProblem(
      'body-too-large',
      `The data of an event may have at most ${MAX_RECORD_BYTES} bytes.`,
    );
  }
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new HttpProblem(
      'invalid-json',
      `The data of the event is not JSON: ${(error as SyntaxError).message}.`,
    );
  }
}
