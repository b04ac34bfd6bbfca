import { seriesKey } from '../../core/slo/series.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import { minuteOf } from '../../core/time/duration.ts';
import type { CounterRequest } from './counter-cache.ts';
import { windowsOf } from '../../core/alerting/tier-kinds.ts';

/** More different sets of windows than definitions use: those of SLOs that are gone. */
const MAX_SHARED = 1000;

/**
 * Makes a function that says which windows judging an SLO asks of the history of a series. SLOs with the same windows
 * share one array of them; those of calendar windows, whose lengths grow, are made anew once a minute.
 */
export function counterRequests(): (slo: Slo, series: SliId, now: number) => CounterRequest {
  interface Known {
    /** When it was made, for calendar windows; else null. */
    readonly minute: number | null;
    readonly windows: readonly number[];
    readonly requests: Map<string, CounterRequest>;
  }
  const bySlo = new WeakMap<Slo, Known>();
  const shared = new Map<string, readonly number[]>();
  /** Those of calendar windows are shared for a minute. */
  const sharedNow = new Map<string, readonly number[]>();
  let minuteOfShared = 0;

  function knownOf(slo: Slo, now: number): Known {
    const known = bySlo.get(slo);
    const minute = minuteOf(now);
    if (known && (known.minute === null || known.minute === minute)) return known;
    const rolls = [slo.window, ...slo.otherWindows].every(({ kind }) => kind === 'rolling');
    if (minute !== minuteOfShared) sharedNow.clear();
    minuteOfShared = minute;
    const windows = share(rolls ? shared : sharedNow, windowsOf(slo, now));
    const made: Known = { minute: rolls ? null : minute, windows, requests: new Map() };
    bySlo.set(slo, made);
    return made;
  }

  return (slo, series, now) => {
    const { windows, requests } = knownOf(slo, now);
    const key = seriesKey(series);
    const { workflow, fingerprint } = series;
    let request = requests.get(key);
    if (!request) requests.set(key, (request = { workflow, fingerprint, windows }));
    return request;
  };
}

function share(shared: Map<string, readonly number[]>, windows: readonly number[]): readonly number[] {
  const key = windows.join();
  const known = shared.get(key);
  if (known) return known;
  if (shared.size >= MAX_SHARED) shared.clear();
  shared.set(key, windows);
  return windows;
}
