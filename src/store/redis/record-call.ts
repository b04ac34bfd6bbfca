import { hash } from 'node:crypto';
import { IN_FLIGHT_RETENTION, MAX_LAST_FAILED } from '../../core/ports/store/counting.ts';
import type {
  EndGroup,
  EndSli,
  EndedSubject,
  SliLanding,
  StartGroup,
  StartedSubject,
} from '../../core/ports/store/counting.ts';
import { notesSteps } from '../batch-chunks.ts';
import type { Chunk } from '../batch-chunks.ts';

/** Units up to this long are kept as they are. */
const MAX_SHORT_BYTES = 40;

/**
 * How much one call weighs at most (see `weightOf`): so little that Redis is never busy long, and no more subjects
 * than half the values Lua can unpack at once.
 */
export const MAX_WEIGHT_PER_CALL = 2000;

/** The arguments of `record.lua` for one call; its header says what they are. */
export function recordArguments(now: number, seenLife: number, chunk: Chunk): string[] {
  const args: string[] = [''];
  const groups = chunk.map(({ group }) =>
    group.kind === 'start' ? addStarts(args, group) : addEnds(args, group),
  );
  args[0] = JSON.stringify({ now, seenLife, groups });
  return args;
}

function addStarts(args: string[], group: StartGroup): object {
  const { subjects, count, watched } = group;
  const steps = notesSteps(group);
  for (const { subject } of subjects) args.push(`s${shortSubject(subject)}`);
  if (watched) {
    const watches = group.watches.map(({ fingerprint, withinMs }) => [fingerprint, withinMs]);
    const wait = Math.min(IN_FLIGHT_RETENTION, ...group.watches.map(({ withinMs }) => withinMs));
    for (const { at } of subjects) args.push(String(at + wait));
    for (const { at, execution, traceId, step } of subjects) {
      args.push(JSON.stringify({ s: at, n: count, x: execution, t: traceId, p: step, w: watches }));
    }
  }
  if (steps) {
    for (const { parent } of subjects) args.push(parent === null ? '' : shortSubject(parent));
    for (const { step } of subjects) args.push(step ?? '');
    for (const { at } of subjects) args.push(String(at));
  }
  const kind = { kind: 'start', n: subjects.length, watched, steps };
  return group.landings.length === 0
    ? kind
    : { ...kind, count, ...alike(group.landings, NO_NAMES, subjects) };
}

function addEnds(args: string[], group: EndGroup): object {
  const { subjects, landings } = group;
  const failure = [group.failure.step, group.failure.dependency, group.failure.error];
  for (const { subject } of subjects) args.push(`e${shortSubject(subject)}`);
  // One argument for what is rarely needed: each argument of a call costs time.
  args.push(JSON.stringify(endColumns(subjects)));
  return {
    kind: 'end',
    n: subjects.length,
    status: group.status,
    count: group.count,
    slis: group.slis.map(sliArguments),
    ...(landings ? alike(landings, failure, subjects) : { landings: false, failure, latest: [] }),
  };
}

const NO_NAMES = [null, null, null];

/** What all subjects of a group share that lands alike. */
function alike(
  landings: readonly SliLanding[],
  failure: readonly (string | null)[],
  subjects: readonly (StartedSubject | EndedSubject)[],
): object {
  return {
    landings: landings.map(({ fingerprint, minute, good, value }) =>
      value === null ? [fingerprint, minute, good] : [fingerprint, minute, good, value],
    ),
    failure,
    latest: landings.some(({ good }) => !good) ? latest(subjects) : [],
  };
}

function sliArguments({ fingerprint, withinMs, verdict, startIn }: EndSli): unknown[] {
  if (startIn) return [fingerprint, withinMs ?? false, verdict, ...startIn];
  return verdict === null ? [fingerprint, withinMs ?? false] : [fingerprint, withinMs ?? false, verdict];
}

/** What `record.lua` takes ends that it looks at one by one from; false for a column that says nothing. */
function endColumns(subjects: readonly EndedSubject[]): unknown[] {
  return [
    subjects.map(({ at }) => at),
    subjects.some(({ startedAt }) => startedAt !== null) &&
      subjects.map(({ startedAt }) => startedAt ?? false),
    subjects.some(({ subject, execution }) => subject !== execution || shortSubject(subject) !== subject) &&
      subjects.map(({ execution }) => execution),
    subjects.some(({ traceId }) => traceId !== null) && subjects.map(({ traceId }) => traceId ?? false),
  ];
}

/** The subjects that may be among the last failed, as `record.lua` takes them. */
function latest(subjects: readonly (StartedSubject | EndedSubject)[]): unknown[] {
  return subjects
    .map(({ at, execution, traceId }, offset) => [offset, at, execution, traceId] as const)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MAX_LAST_FAILED);
}

/**
 * The name of a subject in Redis: itself, or 128 bits of its digest when it is longer than that. The mark in
 * front of a digest is a control character, which no execution begins with, so that the two never meet.
 */
function shortSubject(subject: string): string {
  // A UTF-16 unit is at most 3 bytes, so short ones need no counting.
  if (subject.length * 3 <= MAX_SHORT_BYTES || Buffer.byteLength(subject) <= MAX_SHORT_BYTES) return subject;
  return `\u0001${hash('sha256', subject, 'base64url').slice(0, 22)}`;
}
