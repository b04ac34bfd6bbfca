import { SECOND } from '../core/time/duration.ts';
import type { Spool } from './spool.ts';

/** Records of a request. */
const BATCH = 500;
/** For Burnwatch to answer, and for sending all that is kept. */
export const ANSWER_WITHIN = 5 * SECOND;
/** Of an answer, enough to see what it is. */
const ANSWER_READ = 4096;

export interface Reporter {
  /** Sends what is kept of the workflow and then this record, or keeps it. Never rejects; gives whether it was sent. */
  report(record: object, name: string): Promise<boolean>;
  /** Sends what is kept of all workflows. Never rejects. */
  sendKept(): Promise<void>;
}

export interface ReporterOptions {
  readonly url: string;
  readonly token: string | null;
  /** Null: there is no place to keep anything. */
  readonly spool: Spool | null;
  /** Says what became of a record to one who wants to know. */
  readonly note: (text: string) => void;
}

export function createReporter({ url, token, spool, note }: ReporterOptions): Reporter {
  /** Whether Burnwatch stored these records, or will never take them. */
  async function post(records: readonly string[]): Promise<boolean> {
    try {
      const response = await fetch(`${url}/v1/outcomes`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-ndjson',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: records.map((record) => `${record}\n`).join(''),
        // A redirect would get the records, and they would be taken for stored.
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      const answer = await beginningOf(response);
      // Another token may be the one for this workflow.
      if (answer.includes('"code":"forbidden-workflow"')) return false;
      // Whatever else answers, it was not Burnwatch that stored it.
      return answer.startsWith('{') && answer.includes('"accepted":');
    } catch {
      return false;
    }
  }

  async function send(from: Spool | null, record: string | null, until: number): Promise<boolean> {
    let last = record;
    for (;;) {
      const kept = from?.oldest(BATCH) ?? [];
      if (kept.length === 0 && last === null) return true;
      if (!(await post([...kept.map((each) => each.record), ...(last === null ? [] : [last])]))) return false;
      last = null;
      from?.remove(kept);
      if (performance.now() >= until) return true;
    }
  }

  return {
    async report(record, name) {
      const line = JSON.stringify(record);
      if (await send(spool, line, performance.now() + ANSWER_WITHIN)) return true;
      note(
        spool?.keep(name, line)
          ? `not reported: ${url} does not take it; kept in ${spool.folder}`
          : 'not reported, and there is no place that could keep it',
      );
      return false;
    },
    async sendKept() {
      const until = performance.now() + ANSWER_WITHIN;
      for (const each of spool?.all() ?? []) {
        if (performance.now() >= until) return;
        await send(each, null, until);
        each.close();
      }
    },
  };
}

async function beginningOf(response: Response): Promise<string> {
  if (!response.body) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= ANSWER_READ) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, ANSWER_READ);
}
