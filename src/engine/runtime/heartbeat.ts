import type { Log } from '../../core/ports/log.ts';
import type { Fetch } from '../../core/ports/outbound.ts';
import { SECOND } from '../../core/time/duration.ts';

const TIMEOUT = 10 * SECOND;

/**
 * Requests an address once, so that the external watchdog knows that all is well, but for what is `degraded`; gives up when the signal aborts.
 * Never rejects; never logs the address.
 */
export async function beat(
  url: string,
  fetch: Fetch,
  log: Log,
  stopping: AbortSignal,
  degraded: readonly string[] = [],
): Promise<void> {
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), stopping]);
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: degraded.length > 0 ? 'degraded' : 'ok', degraded }),
      signal,
    });
    if (!answer.ok) log.warn({ status: answer.status }, 'the heartbeat was not taken');
  } catch (error) {
    if (stopping.aborted) return;
    const { name, message } = error as Error;
    // Any other message may hold the address.
    const reason = name === 'ForbiddenAddress' ? message : name;
    log.warn({ error: reason }, 'the heartbeat could not be sent');
  }
}
