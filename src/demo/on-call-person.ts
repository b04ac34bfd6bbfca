import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/ports/log.ts';
import { MINUTE, SECOND } from '../core/time/duration.ts';

/** How long the one who is on call takes to look. */
export const LOOKS_AFTER = MINUTE;
const LOOKS_EVERY = 5 * SECOND;
const ANSWER_WITHIN = 5 * SECOND;

interface OpenIncident {
  readonly id: string;
  readonly slo: string;
  readonly severity: string;
  readonly acknowledged: object | null;
}

/** Acknowledges each page a minute after it came, over HTTP as a person on call would, and says so. */
export function startOnCallPerson(
  url: string,
  print: (text: string) => void,
  log: Log,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  /** When each page that is not acknowledged was first seen, by its id; a ticket waits for its page. */
  let seen: ReadonlyMap<string, number> = new Map();

  async function look(): Promise<void> {
    const { items } = await ask<{ readonly items: readonly OpenIncident[] }>('/v1/incidents?state=open');
    const pages = items.filter(({ severity, acknowledged }) => severity === 'page' && acknowledged === null);
    const now = Date.now();
    seen = new Map(pages.map(({ id }) => [id, seen.get(id) ?? now]));
    const waiting = pages.filter(({ id }) => now - seen.get(id)! >= LOOKS_AFTER);
    for (const { id, slo } of waiting) {
      await ask(`/v1/incidents/${encodeURIComponent(id)}/ack`, {
        by: 'ana',
        note: 'the gateway times out, I call them',
      });
      print(`ana acknowledges ${slo}: nobody is reminded, and nothing escalates.`);
    }
  }

  async function ask<Answer>(path: string, body?: object): Promise<Answer> {
    const response = await fetch(url + path, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'Content-Type': 'application/json' },
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(ANSWER_WITHIN)]),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  const looking = (async () => {
    for (;;) {
      try {
        await sleep(LOOKS_EVERY, null, { signal: stopping.signal });
        await look();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn({ error: String(error) }, 'nobody could look at the incidents');
      }
    }
  })();
  return {
    stop() {
      stopping.abort();
      return looking;
    },
  };
}
