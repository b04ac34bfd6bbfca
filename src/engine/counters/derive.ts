import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { MINUTE_EXACT } from '../../core/counters/cells.ts';
import type { DerivedFrom } from '../../core/sli/sli-kinds.ts';
import {
  beginningOf,
  derivedHour,
  firstHour,
  minutesKeptFrom,
  reachInHours,
  usesSums,
  wantedBefore,
} from '../../core/sli/derived.ts';
import { hash53 } from '../../core/hash.ts';
import type { Log } from '../../core/ports/log.ts';
import type { CellHistory } from '../../core/counters/cell-history.ts';
import { hourOf } from '../../core/counters/cell-history.ts';
import type { CountedSeries, Component } from '../../core/slo/series.ts';
import { countedSeries, seriesKey, componentsOf } from '../../core/slo/series.ts';
import type { DerivedSli } from '../../core/sli/sli.ts';
import { isDerived } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { CountStore, HourCells } from '../../core/ports/store/counting.ts';
import { PartUnavailable, isStoreAway } from '../../core/ports/store/store.ts';
import { HOUR, minuteOf } from '../../core/time/duration.ts';
import type { Gap } from '../../core/time/gaps.ts';
import type { ChangeFeed, CounterCache, CounterRequest } from './counter-cache.ts';

/** Computes the counters of SLIs that are not counted as outcomes are reported: slices, freshness, schedules. */
export interface Deriver {
  /**
   * Brings the derived counters of SLOs up to `now`, or as far as an SLI can be judged: what is later is good at most. Safe to repeat; an SLI that cannot be computed is logged and does not stop the others (J4). Rejects with
   * `StoreUnavailable`; the next call catches up.
   */
  derive(slos: readonly Slo[], now: number, judging?: Judging): Promise<void>;
  /** The store was wiped or replaced: asks again since when it counts, so that what vanished is not taken for silence (J2). */
  forget(): void;
}

/** What can be said of the time up to now. */
export interface Judging {
  /** Up to which moment an SLI can be judged. */
  readonly until: (workflow: string, sli: DerivedSli) => number;
  /** Times that the clock jumped over. */
  readonly jumps: readonly Gap[];
}

export interface DeriverOptions {
  readonly store: CountStore;
  readonly counterCache: CounterCache;
  readonly log: Log;
}

/** Hours before the running one that are computed again: those whose minutes serve windows. */
const HOURS_BACK = MINUTE_EXACT / HOUR;
/** Hours of one SLI that one call computes, the latest first: those matter most. The rest waits for the next call. */
const HOURS_AT_ONCE = 24;
/** SLIs computed before the event loop gets a turn. */
const SLIS_AT_ONCE = 100;
const NO_WINDOWS: readonly number[] = [];
const NO_SUMS: ReadonlyMap<number, number> = new Map();

/** One derived SLI and how far it has been computed. */
interface Derivation {
  readonly id: SliId;
  readonly sli: DerivedSli;
  readonly bases: readonly CountedSeries[];
  readonly feeds: readonly ChangeFeed[];
  /** Hours that have to be computed. */
  readonly due: Set<number>;
  /** What was written for an hour, as a hash, so that the same is not written at every tick. */
  readonly written: Map<number, number>;
  since: number | null;
  /** The minute that was running the last time, and the one up to which was judged. */
  running: number | null;
  judged: number | null;
}

export function createDeriver({ store, counterCache, log }: DeriverOptions): Deriver {
  const derivations = new Map<string, Derivation>();
  let known: readonly Slo[] = [];

  /** Follows what the SLOs are, which changes when the files do. */
  function follow(slos: readonly Slo[]): void {
    if (slos.length === known.length && slos.every((slo, index) => slo === known[index])) return;
    known = slos;
    const components = new Map<string, Component>();
    for (const component of slos.flatMap(componentsOf)) {
      if (isDerived(component.sli)) components.set(seriesKey(component), component);
    }
    for (const [key, { feeds }] of derivations) {
      if (components.has(key)) continue;
      for (const feed of feeds) feed.close();
      derivations.delete(key);
    }
    for (const [key, component] of components)
      if (!derivations.has(key)) derivations.set(key, begin(component));
  }

  function begin({ workflow, fingerprint, sli }: Component): Derivation {
    const bases = countedSeries({ workflow, sli });
    return {
      id: { workflow, fingerprint },
      sli: sli as DerivedSli,
      bases,
      feeds: bases.map((base) => counterCache.follow(base)),
      due: new Set(),
      written: new Map(),
      since: null,
      running: null,
      judged: null,
    };
  }

  async function readBeginnings(now: number): Promise<void> {
    const unknown = [...derivations.values()].filter(({ since }) => since === null);
    if (unknown.length === 0) return;
    const moments = await store.registerSlis(
      unknown.flatMap(({ id, bases }) => [id, ...bases]),
      now,
    );
    let at = 0;
    for (const derivation of unknown) {
      const [own, ...bases] = moments.slice(at, (at += 1 + derivation.bases.length)) as [number, ...number[]];
      derivation.since = beginningOf(derivation.sli, own, bases);
    }
  }

  /** Notes which hours have to be computed: those that time has passed through, and those after a change. */
  function noteDue(derivation: Derivation, now: number, until: Judging['until']): void {
    const { sli, feeds, due, written } = derivation;
    const running = minuteOf(now);
    const judged = Math.min(running, minuteOf(until(derivation.id.workflow, sli)));
    const first = Math.max(hourOf(running) - HOURS_BACK, firstHour(sli, derivation.since!));
    // After the clock was set back, what was computed for the future is taken back.
    const last = Math.max(hourOf(running), hourOf(derivation.running ?? 0));
    const add = (from: number, to: number): void => {
      for (let hour = Math.max(from, first); hour <= Math.min(to, last); hour++) due.add(hour);
    };
    for (const feed of feeds) {
      const changed = feed.take();
      if (changed === null) {
        written.clear();
        add(first, last);
      }
      for (const hour of changed ?? []) add(hour, hour + reachInHours(sli));
    }
    if (derivation.running !== running || derivation.judged !== judged) {
      const before = Math.min(derivation.running ?? running, derivation.judged ?? judged);
      add(hourOf(Math.min(before, judged)), last);
      derivation.running = running;
      derivation.judged = judged;
    }
    for (const hour of due) if (hour < first) due.delete(hour);
    for (const hour of written.keys()) if (hour < first) written.delete(hour);
  }

  async function work(part: readonly Derivation[], now: number, jumps: readonly Gap[]): Promise<void> {
    const jobs = part.map((derivation) => ({ derivation, hours: latestDue(derivation) }));
    // First the hours, which then say the minutes of which of them it takes.
    await counterCache.refresh(
      jobs.flatMap(({ derivation, hours }) =>
        derivation.bases.map((base): CounterRequest => hoursRequest(derivation.sli, base, hours)),
      ),
      now,
    );
    await counterCache.refresh(
      jobs.flatMap(({ derivation: { sli, bases }, hours }) =>
        bases.map((base): CounterRequest => {
          const past = cellHistory(base, now);
          const wanted = new Set(hours.flatMap((hour) => wantedBefore(sli, hour, past)));
          return { ...base, windows: NO_WINDOWS, minutesOf: [...wanted] };
        }),
      ),
      now,
    );
    await Promise.all(jobs.map(({ derivation, hours }) => workOut(derivation, hours, now, jumps)));
  }

  async function workOut(
    derivation: Derivation,
    hours: readonly number[],
    now: number,
    jumps: readonly Gap[],
  ): Promise<void> {
    const { id, sli, bases, due, written } = derivation;
    // Of some of the executions no slice, gap or run can be told; it waits until all can be read.
    if (bases.some((base) => counterCache.readShare(base) < 1)) return;
    try {
      for (const series of bases) {
        const failure = counterCache.failure(series);
        if (failure) throw failure;
      }
      const from: DerivedFrom = {
        bases: bases.map((base) => cellHistory(base, now)),
        sums: await readSums(derivation, hours),
        since: derivation.since!,
        running: derivation.judged!,
        jumps,
      };
      const changed: HourCells[] = [];
      const hashes = new Map<number, number>();
      for (const hour of hours) {
        const cells = derivedHour(sli, hour, from);
        const hash = hash53(cells.join());
        if (written.get(hour) === hash) continue;
        hashes.set(hour, hash);
        // From before it was defined there is nothing to take back.
        const isNews = written.has(hour) || (hour + 1) * HOUR > derivation.since!;
        if (isNews || cells.some((count) => count > 0)) changed.push({ hour, cells });
      }
      if (changed.length > 0) await store.writeHours(id, changed, now);
      for (const [hour, hash] of hashes) written.set(hour, hash);
      for (const hour of hours) due.delete(hour);
    } catch (error) {
      if (isStoreAway(error)) throw error;
      if (error instanceof PartUnavailable) return;
      log.error({ ...id, error: String(error) }, 'an SLI could not be computed; the others are');
    }
  }

  async function readSums(
    { sli, bases }: Derivation,
    hours: readonly number[],
  ): Promise<ReadonlyMap<number, number>> {
    if (!usesSums(sli)) return NO_SUMS;
    return store.readSums(bases[0]!, hours[0]! * HOUR, (hours.at(-1)! + 1) * HOUR - 1);
  }

  function cellHistory(base: CountedSeries, now: number): CellHistory {
    const { hour, minutes } = counterCache.series(base);
    return { hour, minutes: (of) => minutes(of) ?? null, minutesFrom: minutesKeptFrom(now) };
  }

  return {
    forget() {
      follow([]);
    },
    async derive(slos, now, { until, jumps } = { until: () => now, jumps: [] }) {
      follow(slos);
      if (derivations.size === 0) return;
      const all = [...derivations.values()];
      await readBeginnings(now);
      await counterCache.refresh(
        all.flatMap(({ bases }) => bases.map((base): CounterRequest => ({ ...base, windows: NO_WINDOWS }))),
        now,
      );
      for (const derivation of all) noteDue(derivation, now, until);
      const due = all.filter((derivation) => derivation.due.size > 0);
      for (let at = 0; at < due.length; at += SLIS_AT_ONCE) {
        if (at > 0) await yieldToEventLoop();
        await work(due.slice(at, at + SLIS_AT_ONCE), now, jumps);
      }
    },
  };
}

/** The latest hours that are due, oldest first. */
function latestDue({ due }: Derivation): number[] {
  return [...due].toSorted((one, other) => one - other).slice(-HOURS_AT_ONCE);
}

/** The hours that some hours of a derived SLI depend on, and the minutes of those themselves. */
function hoursRequest(sli: DerivedSli, base: CountedSeries, hours: readonly number[]): CounterRequest {
  const { workflow, fingerprint } = base;
  const first = hours[0]! - reachInHours(sli);
  return { workflow, fingerprint, windows: NO_WINDOWS, minutesOf: hours, hours: [first, hours.at(-1)!] };
}
