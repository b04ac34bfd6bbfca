import { hash } from 'node:crypto';
import { IN_FLIGHT_RETENTION, MAX_LAST_FAILED } from '../../core/ports/store/counting.ts';
import type {
  EndGroup,
  EndSli,
  EndUnit,
  SliLanding,
  StartGroup,
  StartUnit,
} from '../../core/ports/store/counting.ts';
import { notesSteps } from '../batch-chunks.ts';
import type { Piece } from '../batch-chunks.ts';

/** Units up to this long are kept as they are. */
const MAX_SHORT_BYTES = 40;

/**
 * How much one call weighs at most (see `weightOf`): so little that Redis is never busy long, and no more units
 * than half the values Lua can unpack at once.
 */
export const MAX_WEIGHT_PER_CALL = 2000;

/** The arguments of `record.lua` for one call; its header says what they are. */
export function recordArguments(now: number, seenLife: number, pieces: readonly Piece[]): string[] {
  const args: string[] = [''];
  const groups = pieces.map(({ group }) =>
    group.kind === 'start' ? addStarts(args, group) : addEnds(args, group),
  );
  args[0] = JSON.stringify({ now, seenLife, groups });
  return args;
}

function addStarts(args: string[], group: StartGroup): object {
  const { units, count, watched } = group;
  const steps = notesSteps(group);
  for (const { unit } of units) args.push(`s${shortUnit(unit)}`);
  if (watched) {
    const watches = group.watches.map(({ fingerprint, withinMs }) => [fingerprint, withinMs]);
    const wait = Math.min(IN_FLIGHT_RETENTION, ...group.watches.map(({ withinMs }) => withinMs));
    for (const { at } of units) args.push(String(at + wait));
    for (const { at, execution, traceId, step } of units) {
      args.push(JSON.stringify({ s: at, n: count, x: execution, t: traceId, p: step, w: watches }));
    }
  }
  if (steps) {
    for (const { parent } of units) args.push(parent === null ? '' : shortUnit(parent));
    for (const { step } of units) args.push(step ?? '');
    for (const { at } of units) args.push(String(at));
  }
  const kind = { kind: 'start', n: units.length, watched, steps };
  return group.landings.length === 0 ? kind : { ...kind, count, ...alike(group.landings, NO_NAMES, units) };
}

function addEnds(args: string[], group: EndGroup): object {
  const { units, landings } = group;
  const failure = [group.failure.step, group.failure.dependency, group.failure.error];
  for (const { unit } of units) args.push(`e${shortUnit(unit)}`);
  // One argument for what is seldom looked at: a call costs by the argument.
  args.push(JSON.stringify(endColumns(units)));
  return {
    kind: 'end',
    n: units.length,
    status: group.status,
    count: group.count,
    slis: group.slis.map(sliArguments),
    ...(landings ? alike(landings, failure, units) : { landings: false, failure, latest: [] }),
  };
}

const NO_NAMES = [null, null, null];

/** What all units of a group share that lands alike. */
function alike(
  landings: readonly SliLanding[],
  failure: readonly (string | null)[],
  units: readonly (StartUnit | EndUnit)[],
): object {
  return {
    landings: landings.map(({ fingerprint, minute, good, value }) =>
      value === null ? [fingerprint, minute, good] : [fingerprint, minute, good, value],
    ),
    failure,
    latest: landings.some(({ good }) => !good) ? latest(units) : [],
  };
}

function sliArguments({ fingerprint, withinMs, verdict, startIn }: EndSli): unknown[] {
  if (startIn) return [fingerprint, withinMs ?? false, verdict, ...startIn];
  return verdict === null ? [fingerprint, withinMs ?? false] : [fingerprint, withinMs ?? false, verdict];
}

/** What `record.lua` takes ends that it looks at one by one from; false for a column that says nothing. */
function endColumns(units: readonly EndUnit[]): unknown[] {
  return [
    units.map(({ at }) => at),
    units.some(({ startedAt }) => startedAt !== null) && units.map(({ startedAt }) => startedAt ?? false),
    units.some(({ unit, execution }) => unit !== execution || shortUnit(unit) !== unit) &&
      units.map(({ execution }) => execution),
    units.some(({ traceId }) => traceId !== null) && units.map(({ traceId }) => traceId ?? false),
  ];
}

/** The units that may be among the last failed, as `record.lua` takes them. */
function latest(units: readonly (StartUnit | EndUnit)[]): unknown[] {
  return units
    .map(({ at, execution, traceId }, offset) => [offset, at, execution, traceId] as const)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MAX_LAST_FAILED);
}

/**
 * The name of a unit in Redis: itself, or 128 bits of its digest when it is longer than that. The mark in
 * front of a digest is a control character, which no execution begins with, so that the two never meet.
 */
function shortUnit(unit: string): string {
  // A UTF-16 unit is at most 3 bytes, so short ones need no counting.
  if (unit.length * 3 <= MAX_SHORT_BYTES || Buffer.byteLength(unit) <= MAX_SHORT_BYTES) return unit;
  return `\u0001${hash('sha256', unit, 'base64url').slice(0, 22)}`;
}
