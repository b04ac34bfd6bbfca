import type { Log } from '../../core/ports/log.ts';
import { SECOND } from '../../core/time/duration.ts';

const TIMEOUT = 10 * SECOND;

/** Requests an address once, so that whoever watches it hears that all is well. Never rejects; never logs the address. */
export async function beat(url: string, log: Log): Promise<void> {
  try {
    const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(TIMEOUT) });
    await answer.body?.cancel();
    if (!answer.ok) log.warn({ status: answer.status }, 'the heartbeat was not taken');
  } catch (error) {
    log.warn({ error: (error as Error).name }, 'the heartbeat could not be sent');
  }
}
