import { iso } from '../../core/time/timestamp.ts';
import type { Watched } from '../../core/alerting/tier-kind.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import { DAY, HOUR, MINUTE } from '../../core/time/duration.ts';
import type { EvaluationAccount } from '../../core/alerting/stored-evaluation.ts';
import {
  EVALUATION_RECORD,
  storedEvaluation,
  upgradeEvaluation,
} from '../../core/alerting/stored-evaluation.ts';
import { isIntakeRecord, upgradeIntake } from '../../core/alerting/stored-intake.ts';
import type { TimeSpan } from '../../core/time/breaks.ts';
import { breaksBetween, settledUntil, openBreaks } from '../../core/time/breaks.ts';
import type { Gap } from '../../core/time/gaps.ts';
import { watchedTime, withGap } from '../../core/time/gaps.ts';
import { SETTLING, createClockDoubt } from '../../core/time/clock-doubt.ts';

/** What a tick may believe of the time since the one before. */
export interface TickContext {
  /** By the workflows that an SLO is about. */
  readonly watched: (workflows: readonly string[]) => Watched;
  /** How far the clock was moved since the last tick, in milliseconds; 0 when it was not. */
  readonly clockMoved: number;
  /** Whether nothing new may be concluded, since the clock was set; for two minutes at most. */
  readonly inconclusive: boolean;
  /**
   * Up to which moment deadlines have certainly passed, and producers had a fair chance to report what they are about.
   * `slowest` gives the longest deadline (milliseconds) of what is judged. Only workflows that a source can feed wait for one that
   * stands still.
   */
  readonly settledUntil: (workflow: string, slowest: () => number) => number;
  /** Times that the clock jumped over when it was set forward. */
  readonly jumps: readonly Gap[];
}

/** Tracks gaps in evaluation and breaks in the intake of outcomes across restarts and leader changes (J4). */
export interface EvaluationGaps {
  /** To be asked once at the beginning of each tick. */
  begin(now: number): Promise<TickContext>;
  /** Stores the account; to be called at the end of each tick. */
  end(now: number): Promise<void>;
}

export interface EvaluationGapsOptions {
  readonly store: RecordStore;
  readonly term: () => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  /** When this replica could take outcomes, up to this moment, see `Intake`; since the first tick if absent. */
  readonly intake?: () => readonly TimeSpan[];
  /** When each source that this replica reads got on, see `Intake`; none if absent. */
  readonly sourceSpans?: () => ReadonlyMap<string, readonly TimeSpan[]>;
  /** The names of the sources that can feed a workflow; none if absent. */
  readonly sourcesOf?: (workflow: string) => readonly string[];
  /** Milliseconds that deadlines wait after a break at least; a minute if absent. */
  readonly breakGrace?: number;
  readonly log: Log;
}

/** A clock that differs by more than this from the time that passed was moved. */
const CLOCK_TOLERANCE = MINUTE;
/** Ticks that follow each other within this are no break, nor within twice what they usually take. */
const BREAK = MINUTE;
/** Versions up to 0.1 store an account only this often. */
const SAVE_INTERVAL = MINUTE;
/** No condition looks further back. */
const GAPS_KEPT = 100 * DAY;
/** A replica whose times lie further ahead has another clock: nothing can be made of them. */
const CLOCKS_DIFFER = MINUTE;
/** What replicas say is removed this long after it mattered last. */
const INTAKE_KEPT = HOUR;

const NO_SOURCES: readonly string[] = [];

/** When outcomes could be taken at all, and when each source got on. */
interface KnownSpans {
  readonly spans: readonly TimeSpan[];
  readonly ofSources: ReadonlyMap<string, readonly TimeSpan[]>;
}

function before(gaps: readonly Gap[], now: number): readonly Gap[] {
  return gaps.flatMap(([from, to]): Gap[] => (from < now ? [[from, Math.min(to, now)]] : []));
}

/** Makes the tracker; what is stored is read again in every term. */
export function createEvaluationGaps(options: EvaluationGapsOptions): EvaluationGaps {
  const { store, term, elapsed, intake, breakGrace = MINUTE, log } = options;
  const { sourceSpans, sourcesOf = () => NO_SOURCES } = options;
  const clock = createClockDoubt();
  let gaps: readonly Gap[] = [];
  let jumps: readonly Gap[] = [];
  let revision = 0;
  // What a newer version of Burnwatch stored is neither understood nor overwritten.
  let newer = false;
  let readInTerm: number | null = null;
  let firstAt: number | null = null;
  let began = 0;
  let othersLastAt: number | null = null;
  // Of the last tick that got to its end: what failed has not listened either.
  let last: { readonly at: number; readonly elapsed: number } | null = null;
  let interval = 0;
  // Of elapsed time: until when the clock is not believed, and since when nothing was concluded for that.
  let settledFrom = -Infinity;
  let heldSince: number | null = null;
  let heldUntil: number | null = null;

  function accountOf(record: StoredRecord | undefined): EvaluationAccount | null {
    revision = record?.revision ?? 0;
    const account = record ? upgradeEvaluation(record.value) : null;
    newer = record !== undefined && account === null;
    if (newer)
      log.error({ record: record!.id }, 'a newer version of Burnwatch stored when it evaluated; left alone');
    return account;
  }

  function missed(from: number, to: number): void {
    if (to > from) gaps = withGap(gaps, [from, to], to - GAPS_KEPT);
  }

  /** Whether the time since the last tick is to be held back, for two minutes at most, however often the clock is set. */
  function isInconclusive(moved: boolean, passed: number): boolean {
    if (!moved && passed >= settledFrom) {
      heldSince = null;
      return false;
    }
    heldSince ??= passed;
    if (passed - heldSince < SETTLING) return true;
    heldSince = null;
    settledFrom = passed;
    return false;
  }

  /** Says in the log when deadlines begin to wait, and when they do no more. */
  function noteHold(until: number, now: number): void {
    const next = until < now ? until : null;
    if (next !== null && heldUntil === null)
      log.warn(
        { since: iso(next) },
        'outcomes could not be taken for a while; deadlines wait until producers could report again',
      );
    if (next === null && heldUntil !== null) log.info({}, 'deadlines are judged up to now again');
    heldUntil = next;
  }

  /** When any replica could take outcomes; the last evaluation of another leader is a sign of that, too. */
  async function readSpans(records: readonly StoredRecord[], now: number): Promise<KnownSpans> {
    const stored = records
      .filter(({ id }) => isIntakeRecord(id))
      .map((record) => ({ record, spans: [], ...upgradeIntake(record.value) }));
    firstAt ??= now;
    const spans = [
      ...(intake?.() ?? [[Math.min(firstAt, now), now] as const]),
      ...(othersLastAt === null ? [] : [[othersLastAt, othersLastAt] as const]),
      ...stored.flatMap(({ spans }) => spans),
    ].filter(([, to]) => to <= now + CLOCKS_DIFFER);
    const needed = settledUntil(breaksBetween(spans, now), breakGrace, now) - INTAKE_KEPT;
    for (const { record, spans } of stored) {
      const until = Math.max(...spans.map(([, to]) => to));
      if (until < needed || until > now + DAY)
        await store.putRecord('evaluation', record.id, record.revision, null);
    }
    const ofSources = new Map<string, TimeSpan[]>();
    const own = sourceSpans?.() ?? [];
    for (const [name, times] of [...own, ...stored.flatMap(({ sources }) => Object.entries(sources ?? {}))])
      ofSources.set(name, [
        ...(ofSources.get(name) ?? []),
        ...times.filter(([, to]) => to <= now + CLOCKS_DIFFER),
      ]);
    return { spans, ofSources };
  }

  return {
    async begin(now) {
      const passed = elapsed();
      began = passed;
      clock.look(now, passed);
      const records = await store.records('evaluation');
      const record = records.find(({ id }) => id === EVALUATION_RECORD);
      let clockMoved = 0;
      if (readInTerm !== term() || !last) {
        const account = accountOf(record);
        othersLastAt = account?.lastAt ?? null;
        readInTerm = term();
        gaps = account?.gaps ?? [];
        jumps = account?.jumps ?? [];
        if (account && now - account.lastAt > BREAK + SAVE_INTERVAL) {
          missed(account.lastAt, now);
          log.warn({ since: iso(account.lastAt) }, 'nothing was evaluated for a while');
        }
      } else {
        const wall = now - last.at;
        const real = passed - last.elapsed;
        if (Math.abs(wall - real) > CLOCK_TOLERANCE) {
          clockMoved = wall - real;
          settledFrom = passed + SETTLING;
          missed(last.at, now);
          // Set back, it comes to what it jumped over before.
          jumps = clockMoved > 0 ? withGap(jumps, [last.at, now], now - GAPS_KEPT) : before(jumps, now);
          log.warn({ by: clockMoved }, 'the clock was set; nothing new fires or resolves for two minutes');
        } else if (real > Math.max(BREAK, 2 * interval)) {
          missed(last.at, now);
        }
      }
      const back = last !== null && now < last.at;
      const inconclusive = isInconclusive(clockMoved !== 0 || back, passed);
      const { spans, ofSources } = await readSpans(records, now);
      const breaksOf = (sources: readonly string[], at: number): readonly TimeSpan[] => [
        ...breaksBetween(spans, at),
        ...sources.flatMap((name) => breaksBetween(ofSources.get(name) ?? [], at)),
      ];
      const known = new Map<string, number>();
      const until = (sources: readonly string[], at: number): number => {
        const key = `${at} ${sources.join(' ')}`;
        let moment = known.get(key);
        if (moment === undefined)
          known.set(key, (moment = settledUntil(breaksOf(sources, at), breakGrace, at)));
        return moment;
      };
      noteHold(until(NO_SOURCES, now), now);
      // Until a grace is over, silence from before it may only mean that its end could not be reported yet.
      const listened = new Map<string, number>();
      const listenedBy = (sources: readonly string[]): number => {
        const key = sources.join(' ');
        let moment = listened.get(key);
        if (moment === undefined) {
          const open = openBreaks(breaksOf(sources, now), breakGrace, now);
          listened.set(key, (moment = Math.max(...open.map(([, to]) => to))));
        }
        return moment;
      };
      return {
        watched(workflows) {
          const since = Math.max(...workflows.map((workflow) => listenedBy(sourcesOf(workflow))));
          return (from) => watchedTime(gaps, Math.max(from, since), now);
        },
        clockMoved,
        inconclusive,
        jumps,
        settledUntil: (workflow, slowest) => until(sourcesOf(workflow), now - clock.ahead(passed, slowest())),
      };
    },

    async end(now) {
      if (last) interval = began - last.elapsed;
      last = { at: now, elapsed: began };
      if (newer) return;
      const account = storedEvaluation({ lastAt: now, gaps, jumps });
      if (await store.putRecord('evaluation', EVALUATION_RECORD, revision, account)) revision++;
      // Another leader wrote it.
      else readInTerm = null;
    },
  };
}
