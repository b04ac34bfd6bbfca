import { hash53 } from '../../core/hash.ts';
import type { Rejection } from '../../core/outcomes/record-fields.ts';
import { DEDUP_HORIZON, isName } from '../../core/outcomes/record-fields.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { createLineLimit } from '../../core/ports/limited-log.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Ping, Pings } from '../../core/ports/pings.ts';
import type { Rejections } from '../../core/ports/rejections.ts';
import type { Recorder } from '../../core/ports/recorder.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { PingedExecution } from '../../core/ports/stored-ping.ts';
import { storedPing, upgradePing } from '../../core/ports/stored-ping.ts';
import type { Caller } from '../../core/ports/token.ts';
import { iso } from '../../core/time/timestamp.ts';
import { MINUTE } from '../../core/time/duration.ts';

export interface PingsOptions {
  readonly recorder: Pick<Recorder, 'record' | 'refusal'>;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly elapsed: () => number;
  readonly log: Log;
  /** For tests; else `MAX_KEPT`. */
  readonly limit?: number;
}

/** The same ping without an execution again within this time is the same ping: a retry, or the preview of a link. */
const REPEAT = MINUTE;
/** Workflows and steps with pings that name no execution; past this many, those that are over are forgotten, and without any, new ones pair with nothing. */
const MAX_KEPT = 1000;
/** Two replicas may want to change the same at once; each of them gets its turn long before this. */
const TRIES = 20;

/**
 * Makes what takes pings. Those without an execution are about the one that is open: the last one that such a ping started, at most as
 * long ago as duplicates are remembered. It is kept in the store, so that the next ping may reach another replica.
 */
export function createPings(options: PingsOptions): Pings {
  const { recorder, rejections, store, clock, elapsed, log, limit = MAX_KEPT } = options;
  const lineOf = createLineLimit(elapsed);

  async function record(ping: Ping, execution: string, caller: Caller): Promise<Rejection | null> {
    const { workflow, meaning, step, attempt, message } = ping;
    if (meaning.kind === 'log') return note(ping, execution, caller);
    const { rejected } = await recorder.record(
      [
        {
          workflow,
          execution,
          status: meaning.status,
          error: meaning.error,
          step,
          attempt: attempt === null ? null : Number(attempt),
          attributes: message === null ? null : { message },
        },
      ],
      caller,
    );
    return rejected[0] ?? null;
  }

  function note({ workflow, step, message }: Ping, execution: string | null, caller: Caller): null {
    const omitted = lineOf(workflow);
    if (omitted !== null)
      log.info(
        { workflow, execution, step, message, token: caller.name, omitted },
        'a producer says something',
      );
    return null;
  }

  async function find(id: string): Promise<{ all: readonly StoredRecord[]; own: StoredRecord | null }> {
    const all = await store.records('pings');
    return { all, own: all.find((stored) => stored.id === id) ?? null };
  }

  async function takeOpen(ping: Ping, caller: Caller): Promise<Rejection | null> {
    const { workflow, step, meaning } = ping;
    const id = hash53(JSON.stringify([workflow, step])).toString(36);
    for (let tries = 0; tries < TRIES; tries++) {
      const now = clock.now();
      const { all, own } = await find(id);
      const last = own && upgradePing(own.value);
      if (meaning.kind === 'log') return note(ping, last?.endedAt === null ? last.execution : null, caller);
      const next = nextExecution(last, meaning.status === 'started', now);
      const isKept = own !== null || all.length < limit || (await forget(all, now));
      // Known before anything counts, so that the same ping again finds the same execution, whatever became of the first.
      if (
        isKept &&
        next !== last &&
        !(await store.putRecord('pings', id, own?.revision ?? 0, storedPing(next)))
      )
        continue;
      const rejection = await record(ping, next.execution, caller);
      if (rejection === null && meaning.status !== 'started' && next.endedAt === null)
        await close(id, next, now);
      return rejection;
    }
    throw new StoreUnavailable('the pings of a workflow change all the time');
  }

  /** Notes that an execution has ended, unless the next one has begun. */
  async function close(id: string, { execution }: PingedExecution, now: number): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { own } = await find(id);
      const last = own && upgradePing(own.value);
      if (!own || last?.execution !== execution || last.endedAt !== null) return;
      if (await store.putRecord('pings', id, own.revision, storedPing({ ...last, endedAt: now }))) return;
    }
  }

  /** Makes room; gives whether there is any. */
  async function forget(all: readonly StoredRecord[], now: number): Promise<boolean> {
    let removed = false;
    for (const { id, revision, value } of all) {
      const last = upgradePing(value);
      if (last && now - Math.max(last.startedAt ?? 0, last.endedAt ?? 0) > DEDUP_HORIZON)
        removed = (await store.putRecord('pings', id, revision, null)) || removed;
    }
    return removed;
  }

  return {
    async take(ping, caller) {
      // Nothing is kept for what would be rejected.
      const refusal = recorder.refusal(ping.workflow, caller);
      if (refusal) {
        rejections.note({ workflow: isName(ping.workflow) ? ping.workflow : null, ...refusal }, caller);
        return refusal;
      }
      return ping.execution === null ? takeOpen(ping, caller) : record(ping, ping.execution, caller);
    },
  };
}

/** The execution that a ping without one is about, after the one before; the same object when nothing changes. */
function nextExecution(last: PingedExecution | null, starts: boolean, now: number): PingedExecution {
  if (last) {
    const isRecent = (at: number | null, time: number) => at !== null && Math.abs(now - at) < time;
    const isOpen = last.endedAt === null && isRecent(last.startedAt, DEDUP_HORIZON);
    if (starts ? isOpen && isRecent(last.startedAt, REPEAT) : isOpen || isRecent(last.endedAt, REPEAT))
      return last;
  }
  return { execution: `ping-${iso(now)}`, startedAt: starts ? now : null, endedAt: starts ? null : now };
}
