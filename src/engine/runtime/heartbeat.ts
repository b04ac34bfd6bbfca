import type { Log } from '../../core/ports/log.ts';
import { SECOND } from '../../core/time/duration.ts';

const TIMEOUT = 10 * SECOND;

/**
 * Requests an address once, so that the external watchdog knows that all is well; gives up when the signal aborts.
 * Never rejects; never logs the address.
 */
export async function beat(url: string, log: Log, stopping: AbortSignal): Promise<void> {
  try {
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), stopping]);
    const answer = await fetch(url, { method: 'POST', signal });
    await answer.body?.cancel();
    if (!answer.ok) log.warn({ status: answer.status }, 'the heartbeat was not taken');
  } catch (error) {
    if (!stopping.aborted) log.warn({ error: (error as Error).name }, 'the heartbeat could not be sent');
  }
}
