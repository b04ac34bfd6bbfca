import { hash } from 'node:crypto';
import { hash53 } from '../../core/hash.ts';
import type { EndStatus } from '../../core/outcomes/outcome.ts';
import {
  attemptKey,
  IN_FLIGHT_RETENTION,
  MAX_LAST_FAILED,
  reportMark,
} from '../../core/ports/store/counting.ts';
import type {
  Conflict,
  EndGroup,
  EndSli,
  EndedSubject,
  GroupResult,
  RecordGroup,
  SliLanding,
  StartGroup,
  StartedSubject,
  Watch,
} from '../../core/ports/store/counting.ts';
import { attemptSlot, endedSlot } from '../../core/statistics/outcome-counts.ts';
import { minuteOf } from '../../core/time/duration.ts';
import { statisticName } from '../statistic-names.ts';
import { notesSteps } from '../batch-chunks.ts';
import type { Chunk } from '../batch-chunks.ts';

/** Subjects up to this long are kept as they are. */
const MAX_SHORT_BYTES = 40;

/**
 * How much one call weighs at most (see `weightOf`): so little that Redis is never busy long, and no more subjects
 * than half the values Lua can unpack at once.
 */
export const MAX_WEIGHT_PER_CALL = 2000;

/** The first argument of `record.lua` but for its groups. */
export interface RecordCall {
  readonly now: number;
  readonly buckets: readonly number[];
  readonly seenLife: number;
}

/** The arguments of `record.lua` for one call; its header says what they are. */
export function recordArguments(call: RecordCall, chunk: Chunk): string[] {
  const args: string[] = [''];
  const groups = chunk.map(({ group }) =>
    group.kind === 'start' ? addStarts(args, group) : addEnds(args, group),
  );
  args[0] = JSON.stringify({ ...call, groups });
  return args;
}

/** Adds the identities of a group, and its subjects where those are others. */
function addIdentities(
  args: string[],
  group: RecordGroup,
): { readonly keys: boolean; readonly mark: number } {
  const mark = reportMark(group);
  const keys = group.attempt !== 1 || mark !== '';
  if (keys) {
    for (const { subject } of group.subjects)
      args.push(shortSubject(attemptKey(subject, group.attempt)) + mark);
  }
  for (const { subject } of group.subjects) args.push(shortSubject(subject));
  return { keys, mark: group.count > 1 ? mark.length : 0 };
}

function addStarts(args: string[], group: StartGroup): object {
  const { subjects, count, phase, attempt } = group;
  const steps = notesSteps(group);
  const { keys } = addIdentities(args, group);
  const watches = group.watches.map(watchArguments);
  const waited = group.watches.filter(({ from }) => phase === 'started' || from === 'queued');
  const wait = Math.min(IN_FLIGHT_RETENTION, ...waited.map(({ withinMs }) => withinMs));
  const moment = phase === 'queued' ? 'q' : attempt === 1 ? 's' : 'r';
  for (const { at } of subjects) args.push(String(at + wait));
  for (const { at, execution, traceId } of subjects) {
    args.push(
      JSON.stringify({ [moment]: at, n: count, x: execution, t: traceId, p: group.step, w: watches }),
    );
  }
  if (steps) {
    for (const { parent } of subjects) args.push(parent === null ? '' : shortSubject(parent));
    for (const { at } of subjects) args.push(String(at));
  }
  const kind = {
    kind: 'start',
    n: subjects.length,
    keys,
    steps,
    step: group.step,
    ...statisticsArguments(group),
  };
  if (group.landings.length === 0) return kind;
  return {
    ...kind,
    count,
    own: landingArguments(group.landings),
    failure: NO_NAMES,
    latest: latest(group.landings, subjects),
  };
}

function addEnds(args: string[], group: EndGroup): object {
  const { subjects, landings, own, attempt, status, willRetry, count } = group;
  const failure = [group.failure.step, group.failure.dependency, group.failure.error];
  const slis = group.slis.map(sliArguments);
  const columns = addIdentities(args, group);
  const name = hash53(JSON.stringify([status, failure, slis])).toString(36);
  const template = name.padStart(TEMPLATE_DIGITS, '0');
  const knowsStart = subjects.some(({ startedAt }) => startedAt !== null);
  let receipts = '';
  for (const { at, startedAt } of subjects) {
    receipts += template + digitsOf(at);
    if (knowsStart) receipts += startedAt === null ? NO_DIGITS : digitsOf(startedAt);
  }
  args.push(receipts, JSON.stringify(details(subjects)));
  return {
    kind: 'end',
    n: subjects.length,
    step: group.step,
    ...columns,
    attempt,
    status,
    retry: willRetry,
    count,
    template,
    width: TEMPLATE_DIGITS + (knowsStart ? 2 : 1) * MOMENT_DIGITS,
    slis,
    landings: landings !== null && landingArguments(landings),
    own: own.length > 0 && landingArguments(own),
    failure,
    latest: latest([...(landings ?? []), ...own], subjects),
    ...statisticsArguments(group),
    ...(landings && attempt === 1 && count === 1 && !willRetry && { slots: slotsOf(group) }),
  };
}

/** Under which name a group is counted in statistics. */
function statisticsArguments({ statistics, step }: RecordGroup): object {
  return statistics === 'none' ? {} : { name: statisticName(step), named: statistics === 'named' };
}

/** What ends of which nothing else is known add to statistics: minute, slot and how many, in turn. */
function slotsOf({ statistics, status, attempt, subjects }: EndGroup): readonly number[] {
  if (statistics === 'none') return [];
  // A number for a minute and a slot, so that what is the same is put together quickly.
  const counts = new Map<number, number>();
  const add = (at: number, slot: number): void => {
    const key = minuteOf(at) * SLOTS + slot;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { at, startedAt } of subjects) {
    add(at, endedSlot(status, startedAt === null ? null : at - startedAt));
    add(at, attemptSlot(attempt));
  }
  return [...counts].flatMap(([key, count]) => [Math.floor(key / SLOTS), key % SLOTS, count]);
}

/** More than there are slots. */
const SLOTS = 2 ** 16;

const NO_NAMES = [null, null, null];
const MOMENT_DIGITS = 8;
const NO_DIGITS = ' '.repeat(MOMENT_DIGITS);
const TEMPLATE_DIGITS = 11;

/** Every two digits to the base of 36. */
const PAIRS = Array.from({ length: 36 ** 2 }, (_, number) => number.toString(36).padStart(2, '0'));
const LAST_DIGITS = 36 ** 4;
let leading = { number: -1, digits: '' };

/** A moment as `seen.lua` keeps it. Of moments of one call all but the last digits are mostly the same. */
function digitsOf(moment: number): string {
  const number = Math.floor(moment / LAST_DIGITS);
  const last = moment % LAST_DIGITS;
  if (number !== leading.number)
    leading = { number, digits: number.toString(36).padStart(MOMENT_DIGITS - 4, '0') };
  return leading.digits + PAIRS[Math.floor(last / PAIRS.length)]! + PAIRS[last % PAIRS.length]!;
}

function landingArguments(landings: readonly SliLanding[]): unknown[] {
  return landings.map(({ fingerprint, minute, good, value }) =>
    value === null ? [fingerprint, minute, good] : [fingerprint, minute, good, value],
  );
}

function watchArguments({ fingerprint, withinMs, from }: Watch): unknown[] {
  return from === 'started' ? [fingerprint, withinMs] : [fingerprint, withinMs, 0, null, 1];
}

function sliArguments({ fingerprint, withinMs, from, startIn }: EndSli): unknown[] {
  const queued = from === 'queued' ? 1 : 0;
  if (startIn) return [fingerprint, withinMs ?? false, queued, ...startIn];
  return queued === 1 ? [fingerprint, withinMs ?? false, queued] : [fingerprint, withinMs ?? false];
}

/** What `record.lua` needs of ends that it looks at one by one; false for a column that says nothing. */
function details(subjects: readonly EndedSubject[]): unknown[] {
  return [
    subjects.some(({ subject, execution }) => subject !== execution || shortSubject(subject) !== subject) &&
      subjects.map(({ execution }) => execution),
    subjects.some(({ traceId }) => traceId !== null) && subjects.map(({ traceId }) => traceId ?? false),
  ];
}

/** The subjects that may be among the last failed, as `record.lua` takes them. */
function latest(
  landings: readonly SliLanding[],
  subjects: readonly (StartedSubject | EndedSubject)[],
): unknown[] {
  if (landings.every(({ good }) => good)) return [];
  return subjects
    .map(({ at, execution, traceId }, offset) => [offset, at, execution, traceId] as const)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MAX_LAST_FAILED);
}

const ALL_COUNTED: GroupResult = { known: [], waiting: [], conflicts: [] };

/** What `record.lua` answers of a group. */
export type RecordReply = 0 | readonly [known: number[], waiting: number[], conflicts: (number | string)[]];

export function readResult(reply: RecordReply): GroupResult {
  if (reply === 0) return ALL_COUNTED;
  const [known, waiting, pairs] = reply;
  const conflicts: Conflict[] = [];
  for (let i = 0; i < pairs.length; i += 2)
    conflicts.push({ offset: Number(pairs[i]), recorded: pairs[i + 1] as EndStatus });
  return { known, waiting, conflicts };
}

/**
 * The name of a subject in Redis: itself, or 128 bits of its digest when it is longer than that. The mark in
 * front of a digest is a control character, which no execution begins with, so that the two never meet.
 */
export function shortSubject(subject: string): string {
  // A UTF-16 unit is at most 3 bytes, so short ones need no counting.
  if (subject.length * 3 <= MAX_SHORT_BYTES || Buffer.byteLength(subject) <= MAX_SHORT_BYTES) return subject;
  return `\u0001${hash('sha256', subject, 'base64url').slice(0, 22)}`;
}
