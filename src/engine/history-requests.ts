import type { Slo } from '../core/slo.ts';
import { minuteOf } from '../core/time.ts';
import type { HistoryRequest } from './history.ts';
import { windowsOf } from './judgement.ts';

/**
 * Makes a function that says what judging SLOs asks of their history. SLOs with the same windows share one array of
 * them; what an SLO with rolling windows only asks is made once, with calendar windows once a minute.
 */
export function historyRequests(): (slos: readonly Slo[], now: number) => readonly HistoryRequest[] {
  const requests = new WeakMap<Slo, { readonly minute: number | null; readonly request: HistoryRequest }>();
  const shared = new Map<string, readonly number[]>();

  function requestOf(slo: Slo, now: number): HistoryRequest {
    const known = requests.get(slo);
    if (known && (known.minute === null || known.minute === minuteOf(now))) return known.request;
    const windows = windowsOf(slo, now);
    const key = windows.join();
    if (!shared.has(key)) shared.set(key, windows);
    const request = { workflow: slo.workflow, fingerprint: slo.fingerprint, windows: shared.get(key)! };
    const rolls = [slo.window, ...slo.otherWindows].every(({ kind }) => kind === 'rolling');
    requests.set(slo, { minute: rolls ? null : minuteOf(now), request });
    return request;
  }

  return (slos, now) => slos.map((slo) => requestOf(slo, now));
}
