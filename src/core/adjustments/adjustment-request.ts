import type { Adjustment } from './adjustment.ts';
import { formatDuration } from '../time/duration.ts';
import { LONGEST_INTERVAL, checkReach, recurrence } from './recurrence-request.ts';
import type { RequestFields } from './request-fields.ts';
import {
  LONGEST_NAME,
  LONGEST_TEXT,
  isObject,
  required,
  text,
  timestamp,
  unknownFields,
} from './request-fields.ts';

/** A requested adjustment, before it has an id. */
export type AdjustmentDraft = Pick<Adjustment, 'slo' | 'workflow' | 'reason' | 'createdBy' | 'when'>;

const FIELDS = [
  'slo',
  'workflow',
  'reason',
  'by',
  'from',
  'to',
  'rrule',
  'start',
  'duration',
  'durationMs',
  'timeZone',
  'until',
];
/**
 * Reads the request for an adjustment, as parsed from JSON. Answers with every problem there is, each a sentence that
 * says what would be right, when it cannot be.
 */
export function parseAdjustment(
  input: unknown,
  now: number,
): { readonly draft: AdjustmentDraft } | { readonly problems: readonly string[] } {
  if (!isObject(input)) return { problems: ['An adjustment is a JSON object.'] };
  const problems = unknownFields(input, FIELDS);
  const slo = text(input, 'slo', LONGEST_TEXT, problems);
  const workflow = text(input, 'workflow', LONGEST_TEXT, problems);
  if ((slo === null) === (workflow === null)) {
    problems.push('Give either slo (the id of one) or workflow (its name, for all its SLOs).');
  }
  const reason = required(input, 'reason', LONGEST_TEXT, problems);
  const createdBy = required(input, 'by', LONGEST_NAME, problems);
  const when =
    input['rrule'] == null ? once(input, now, problems) : recurrence(input, input['rrule'], now, problems);
  return problems.length > 0 || !when ? { problems } : { draft: { slo, workflow, reason, createdBy, when } };
}

/** Reads `{ by, reason? }`, as parsed from JSON. */
export function parseSignature(
  input: unknown,
  more: 'reason' | 'note' = 'reason',
): { readonly by: string; readonly text: string | null } | { readonly problems: readonly string[] } {
  if (!isObject(input)) return { problems: [`Send a JSON object with by and, if you like, ${more}.`] };
  const problems = unknownFields(input, ['by', more]);
  const by = required(input, 'by', LONGEST_NAME, problems);
  const said = text(input, more, LONGEST_TEXT, problems);
  return problems.length > 0 ? { problems } : { by, text: said };
}

/** Reads `{ by, note, conversation }`, as parsed from JSON. */
export function parseAcknowledgement(
  input: unknown,
):
  | { readonly by: string; readonly note: string | null; readonly conversation: boolean }
  | { readonly problems: readonly string[] } {
  if (!isObject(input))
    return { problems: ['Send a JSON object with by and, if you like, note and conversation.'] };
  const problems = unknownFields(input, ['by', 'note', 'conversation']);
  const by = required(input, 'by', LONGEST_NAME, problems);
  const note = text(input, 'note', LONGEST_TEXT, problems);
  const conversation = input['conversation'] ?? false;
  if (typeof conversation !== 'boolean') problems.push('conversation must be true or false.');
  return problems.length > 0 ? { problems } : { by, note, conversation: conversation === true };
}

/** Reads `{ by, note }`, as parsed from JSON. */
export function parseNote(
  input: unknown,
): { readonly by: string; readonly text: string } | { readonly problems: readonly string[] } {
  const signature = parseSignature(input, 'note');
  if ('problems' in signature) return signature;
  const { by, text: said } = signature;
  return said === null
    ? { problems: ['note is missing: what others should know, as a text.'] }
    : { by, text: said };
}

function once(input: RequestFields, now: number, problems: string[]): Adjustment['when'] | null {
  const stray = ['start', 'duration', 'durationMs', 'timeZone', 'until'].filter(
    (name) => input[name] != null,
  );
  if (stray.length > 0)
    problems.push(
      `${stray.join(', ')} belong to a recurring adjustment, which has rrule; this one has from and to.`,
    );
  const from = timestamp(input, 'from', problems);
  const to = timestamp(input, 'to', problems);
  if (from === null || to === null) return null;
  if (to <= from) problems.push('to must be later than from.');
  else if (to - from > LONGEST_INTERVAL)
    problems.push(`from and to must be at most ${formatDuration(LONGEST_INTERVAL)} apart.`);
  checkReach('from', from, now, problems);
  return { kind: 'once', from, to };
}
