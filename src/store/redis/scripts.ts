import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CELL_BYTES, HOURS_PER_BLOCK, HOUR_RETENTION, MINUTE_RETENTION } from '../../core/counters/cells.ts';
import { DEDUP_HORIZON } from '../../core/outcomes/record-fields.ts';
import {
  CHANGE_RETENTION,
  CONFLICTS,
  FAILURE_RETENTION,
  IN_FLIGHT_RETENTION,
  MAX_FAILURE_KEYS,
  MAX_LAST_FAILED,
  MAX_PARTS,
  OVERDUE_ERROR,
  TAKEN_BACK,
} from '../../core/ports/store/counting.ts';
import { MAX_COUNTED_STEPS } from '../../core/ports/store/statistics.ts';
import { SPANS } from '../../core/statistics/statistic-cells.ts';
import { OTHERS_NAME } from '../statistic-names.ts';
import { IDENTITY_LIFE } from '../dedup-buckets.ts';
import { LARGEST_SUM } from '../sums.ts';

/** A Lua script as Redis runs it, with the digest Redis caches it under. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

/** What the counting scripts must agree on with core, as the Lua table `limits`. */
const LIMITS = luaTable({
  cellBytes: CELL_BYTES,
  hoursPerBlock: HOURS_PER_BLOCK,
  minuteRetention: MINUTE_RETENTION,
  hourRetention: HOUR_RETENTION,
  flightRetention: IN_FLIGHT_RETENTION,
  changeRetention: CHANGE_RETENTION,
  failureRetention: FAILURE_RETENTION,
  dedupHorizon: DEDUP_HORIZON,
  maxFailureKeys: MAX_FAILURE_KEYS,
  maxLastFailed: MAX_LAST_FAILED,
  overdueError: OVERDUE_ERROR,
  largestSum: LARGEST_SUM,
  maxParts: MAX_PARTS,
  conflicts: CONFLICTS,
  takenBack: TAKEN_BACK,
  identityLife: IDENTITY_LIFE,
  maxCountedSteps: MAX_COUNTED_STEPS,
  othersName: OTHERS_NAME,
  spans: SPANS.map(({ span, length, serves }) => [span, length, serves]),
});

/** The scripts by name. Each file says in its header what its keys, arguments and reply are. */
export const scripts = {
  record: script(
    LIMITS,
    ...['counting.lua', 'batch.lua', 'seen.lua', 'subject.lua', 'statistics.lua', 'record.lua'].map(read),
  ),
  sweep: script(LIMITS, read('counting.lua'), read('subject.lua'), read('sweep.lua')),
  hours: script(LIMITS, read('counting.lua'), read('hours.lua')),
  changes: script(read('changes.lua')),
  lead: script(read('leader.lua')),
  resign: script(read('resign.lua')),
  commit: script(read('outbox.lua'), read('commit.lua')),
  enqueue: script(read('outbox.lua'), read('enqueue.lua')),
  dueByTarget: script(read('outbox.lua'), read('due-by-target.lua')),
  claim: script(read('outbox.lua'), read('claim.lua')),
  settle: script(read('outbox.lua'), read('settle.lua')),
  outbox: script(read('outbox.lua'), read('view.lua')),
  outboxPage: script(read('outbox.lua'), read('outbox-page.lua')),
  retryUndeliverable: script(read('outbox.lua'), read('retry-undeliverable.lua')),
  dropUndeliverable: script(read('outbox.lua'), read('drop-undeliverable.lua')),
  incidents: script(read('incidents.lua')),
  incident: script(read('incident.lua')),
  addIncidentEvent: script(read('add-incident-event.lua')),
  forgetIncidents: script(read('forget-incidents.lua')),
  putRecord: script(read('put-record.lua')),
  putLetters: script(read('put-letters.lua')),
  letters: script(read('letters.lua')),
  removeLetters: script(read('remove-letters.lua')),
  format: script(read('format.lua')),
  mark: script(read('mark.lua')),
} as const;

function read(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
}

function script(...parts: readonly string[]): Script {
  const source = parts.join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

type LuaValue = number | string | readonly LuaValue[];

function luaTable(values: Readonly<Record<string, LuaValue>>): string {
  const fields = Object.entries(values).map(([name, value]) => `${name} = ${luaValue(value)}`);
  return `local limits = { ${fields.join(', ')} }`;
}

function luaValue(value: LuaValue): string {
  return typeof value === 'object' ? `{ ${value.map(luaValue).join(', ')} }` : JSON.stringify(value);
}
