import type { ServerResponse } from 'node:http';
import type { RecordResult } from '../../core/ports/recorder.ts';
import { sendJson, sendRejected } from '../answers/respond.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { IngestBody } from './ingest-body.ts';

/** An answer lists at most this many rejected records; if there are more, it gives their number as `rejectedCount`. */
export const MAX_REJECTED_LISTED = 1000;

/** Answers with what became of the records of a body, and counts the rejections. `ignored`: those that belong to nothing, where there may be any. */
export function sendResult(
  response: ServerResponse,
  body: IngestBody,
  result: RecordResult,
  metrics: Metrics,
  ignored: number | null = null,
): void {
  const text = answer(body, result, metrics, ignored);
  if (isNothing(body, result)) sendRejected(response, text);
  else sendJson(response, 200, text);
}

/** Whether records came and all of them were rejected. What was stored before is no rejection. */
function isNothing(body: IngestBody, { accepted, duplicates, rejected }: RecordResult): boolean {
  return accepted + duplicates === 0 && rejected.length + body.rejected.length > 0;
}

function answer(body: IngestBody, result: RecordResult, metrics: Metrics, ignored: number | null): string {
  const { accepted, duplicates } = result;
  const { positions } = body;
  const judged = positions
    ? result.rejected.map((rejection) => ({ ...rejection, index: positions[rejection.index]! }))
    : result.rejected;
  const rejected =
    body.rejected.length === 0
      ? judged
      : [...body.rejected, ...judged].toSorted((one, other) => one.index - other.index);
  noteRejected(metrics, rejected);
  const listed = rejected.length > MAX_REJECTED_LISTED ? rejected.slice(0, MAX_REJECTED_LISTED) : rejected;
  const list = listed.length === 0 ? '[]' : JSON.stringify(listed);
  const count = listed === rejected ? '' : `,"rejectedCount":${rejected.length}`;
  const conflicts = result.conflicts === undefined ? '' : `,"conflicts":${result.conflicts}`;
  const warnings = result.warnings === undefined ? '' : `,"warnings":${JSON.stringify(result.warnings)}`;
  const passedOver = ignored === null ? '' : `,"ignored":${ignored}`;
  return `{"accepted":${accepted},"duplicates":${duplicates}${conflicts}${passedOver},"rejected":${list}${count}${warnings}}`;
}

/** Counts rejections by code: one by one those of a large body would hold the event loop. */
export function noteRejected(metrics: Metrics, rejected: readonly { readonly code: string }[]): void {
  const counts = new Map<string, number>();
  for (const { code } of rejected) counts.set(code, (counts.get(code) ?? 0) + 1);
  for (const [code, count] of counts) metrics.rejected(code, count);
}
