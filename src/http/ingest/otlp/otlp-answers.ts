import type { RejectedRecord } from '../../../core/ports/recorder.ts';
import type { HttpProblem } from '../../answers/problems.ts';
import { writeMessage } from './wire.ts';

/** How a request is written, and so is its answer. */
export type Encoding = 'protobuf' | 'json';

export const CONTENT_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** Messages that are quoted in a partial success; SDKs log them as one line. */
const QUOTED = 3;

/** An `Export…ServiceResponse`: empty when nothing was rejected, else with how many and why. */
export function partialSuccess(
  encoding: Encoding,
  rejected: readonly RejectedRecord[],
  field: string,
  unit: string,
): Buffer {
  const message = messageOf(rejected, unit);
  if (encoding === 'json') {
    const success = { [field]: String(rejected.length), errorMessage: message };
    return Buffer.from(JSON.stringify(rejected.length === 0 ? {} : { partialSuccess: success }));
  }
  if (rejected.length === 0) return Buffer.alloc(0);
  return writeMessage([
    [
      1,
      writeMessage([
        [1, rejected.length],
        [2, message],
      ]),
    ],
  ]);
}

function messageOf(rejected: readonly RejectedRecord[], unit: string): string {
  const byCode = new Map<string, { count: number; readonly message: string }>();
  for (const { code, message } of rejected) {
    const known = byCode.get(code);
    if (known) known.count++;
    else byCode.set(code, { count: 1, message });
  }
  const kinds = [...byCode].toSorted(([, one], [, other]) => other.count - one.count);
  const quoted = kinds
    .slice(0, QUOTED)
    .map(([code, { count, message }]) => `${count} ${code}, such as: ${message}`);
  const others = kinds.length > QUOTED ? ` And ${kinds.length - QUOTED} other codes.` : '';
  const units = rejected.length === 1 ? `1 ${unit} was` : `${rejected.length} ${unit}s were`;
  return `${units} rejected. ${quoted.join(' ')}${others}`;
}

/** Codes of gRPC for those of HTTP. */
const GRPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 3,
  415: 3,
  421: 3,
  429: 8,
  431: 3,
  500: 13,
  503: 14,
};
const UNKNOWN = 2;

/** The `google.rpc.Status` of an error. */
export function statusBody(encoding: Encoding, { status, code, message }: HttpProblem): Buffer {
  const grpc = GRPC_CODES[status] ?? UNKNOWN;
  const text = `${code}: ${message}`;
  return encoding === 'json'
    ? Buffer.from(JSON.stringify({ code: grpc, message: text }))
    : writeMessage([
        [1, grpc],
        [2, text],
      ]);
}
