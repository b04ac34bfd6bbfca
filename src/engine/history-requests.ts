import type { Slo } from '../core/slo.ts';
import type { HistoryRequest } from './history.ts';
import { windowsOf } from './judgement.ts';

/**
 * Makes a function that says what judging SLOs asks of their history. SLOs with the same windows share one
 * array of them, and each SLO's request is made once.
 */
export function historyRequests(): (slos: readonly Slo[]) => readonly HistoryRequest[] {
  const requests = new WeakMap<Slo, HistoryRequest>();
  const shared = new Map<string, readonly number[]>();

  function requestOf(slo: Slo): HistoryRequest {
    let request = requests.get(slo);
    if (!request) {
      const windows = windowsOf(slo);
      const key = windows.join();
      if (!shared.has(key)) shared.set(key, windows);
      request = { workflow: slo.workflow, fingerprint: slo.fingerprint, windows: shared.get(key)! };
      requests.set(slo, request);
    }
    return request;
  }

  return (slos) => slos.map(requestOf);
}
