import type { AnswerMeaning } from './answer.ts';
import { readAnswer } from './answer.ts';
import type { RefusedReport } from './outcome-report.ts';

/** Where records go, and with which headers. */
export interface Destination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Something that keeps records from being counted, as given to `onProblem`. */
export interface ClientProblem {
  /** For programs: `invalid-url`, `unauthenticated`, `buffer-full`, `rejected`, `unreachable`, … */
  readonly code: string;
  /** For people; never holds the token. */
  readonly message: string;
}

export interface SenderOptions {
  readonly destination: Destination;
  /** Records held until Burnwatch has answered for them. */
  readonly bufferSize: number;
  /** The most records of one request. */
  readonly batchSize: number;
  /** How long a record waits for others. */
  readonly flushAfterMs: number;
  /** How long one request may take. */
  readonly timeoutMs: number;
  /** The first pause after a request that failed, and the longest one. */
  readonly pauseMs: readonly [first: number, longest: number];
  /** Gets what was refused; may throw. */
  readonly onRejected: (refused: readonly RefusedReport[]) => void;
  readonly onProblem: (problem: ClientProblem) => void;
}

export interface SenderCounts {
  accepted: number;
  duplicates: number;
  rejected: number;
  dropped: number;
}

/** Characters held in the buffer at most, and in one record: larger ones Burnwatch would not take either. */
const MAX_BUFFERED = 16 * 1024 * 1024;
const MAX_RECORD = 65_536;
/** Characters of one request. */
const MAX_BATCH = 2 * 1024 * 1024;
/** Bytes of an answer that are read. */
const MAX_ANSWER = 4 * 1024 * 1024;
/** While something waits for a flush, pauses are not longer than this. */
const PAUSE_IN_FLUSH = 1000;

/** Sends serialized records in order, in batches, until Burnwatch has answered for each. Nothing of it throws or rejects. */
export class Sender {
  readonly counts: SenderCounts = { accepted: 0, duplicates: 0, rejected: 0, dropped: 0 };
  private readonly options: SenderOptions;
  private readonly queue: string[] = [];
  private characters = 0;
  private batchLimit: number;
  /** Records put into the buffer, and those of them that are out of it. */
  private added = 0;
  private settled = 0;
  private pumping = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private flushes: { readonly upTo: number; readonly done: () => void }[] = [];
  private failures = 0;
  /** Until when Burnwatch asked not to be sent anything, by time that passes: a clock that is set must not make it hours. */
  private notBefore = 0;
  private wake: (() => void) | null = null;
  private request: AbortController | null = null;

  constructor(options: SenderOptions) {
    this.options = options;
    this.batchLimit = options.batchSize;
  }

  get buffered(): number {
    return this.queue.length;
  }

  /** Takes a record to be sent later, or counts it as dropped when there is no room. */
  add(record: string): void {
    const { bufferSize, batchSize, flushAfterMs, onProblem } = this.options;
    if (record.length > MAX_RECORD) {
      this.counts.dropped++;
      onProblem({ code: 'record-too-large', message: `A record has more than ${MAX_RECORD} characters.` });
      return;
    }
    if (this.queue.length >= bufferSize || this.characters + record.length > MAX_BUFFERED) {
      this.counts.dropped++;
      const message = `${this.queue.length} records wait for Burnwatch; new ones are dropped until it takes them.`;
      onProblem({ code: 'buffer-full', message });
      return;
    }
    this.queue.push(record);
    this.characters += record.length;
    this.added++;
    if (this.pumping) return;
    if (this.queue.length >= batchSize) this.schedule(0);
    else if (this.timer === null) this.schedule(flushAfterMs);
  }

  /** Resolves when all that was added before has been answered for, or after `withinMs`; says whether it has been. Keeps the process alive. */
  async flush(withinMs: number): Promise<boolean> {
    const upTo = this.added;
    if (this.settled >= upTo) return true;
    // Nothing may be sent in time.
    if (this.notBefore - performance.now() > withinMs) return false;
    return new Promise((resolve) => {
      const waiting = { upTo, done: () => finish(true) };
      const finish = (delivered: boolean): void => {
        clearTimeout(deadline);
        this.flushes = this.flushes.filter((each) => each !== waiting);
        resolve(delivered);
      };
      const deadline = setTimeout(() => finish(false), withinMs);
      this.flushes.push(waiting);
      this.wake?.();
      void this.pump();
    });
  }

  /** Drops what is still in the buffer, and ends the request under way. */
  giveUp(): void {
    const { length } = this.queue;
    if (length === 0) return;
    this.counts.dropped += length;
    this.settle(length);
    this.request?.abort();
    this.wake?.();
    const message = `${length} records could not be delivered before the end.`;
    this.options.onProblem({ code: 'undelivered', message });
  }

  private schedule(afterMs: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.pump(), afterMs);
    this.timer.unref();
  }

  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    while (this.queue.length > 0) {
      const asked = this.notBefore - performance.now();
      if (asked > 0) await this.pause(asked, true);
      else await this.sendBatch();
    }
    this.pumping = false;
  }

  private async sendBatch(): Promise<void> {
    const batch = this.nextBatch();
    const before = this.settled;
    const meaning = await this.post(batch);
    // Given up meanwhile.
    if (this.settled !== before) return;
    if (meaning.kind === 'again') {
      await this.failed(meaning);
      return;
    }
    this.failures = 0;
    if (meaning.kind === 'stored') {
      this.counts.accepted += meaning.accepted;
      this.counts.duplicates += meaning.duplicates;
      this.counts.rejected += meaning.rejectedCount;
      this.settle(batch.length);
      this.refused(meaning.rejected.map(({ index, ...why }) => ({ record: batch[index], ...why })));
    } else if (meaning.kind === 'too-large' && batch.length > 1) {
      this.batchLimit = Math.ceil(batch.length / 2);
    } else {
      const { code, message } = meaning;
      this.counts.rejected += batch.length;
      this.settle(batch.length);
      this.refused(batch.map((record) => ({ record, code, message })));
    }
  }

  private nextBatch(): readonly string[] {
    let size = 0;
    let characters = 0;
    while (size < this.queue.length && size < this.batchLimit) {
      characters += this.queue[size]!.length;
      if (size > 0 && characters > MAX_BATCH) break;
      size++;
    }
    return this.queue.slice(0, size);
  }

  private settle(count: number): void {
    for (const record of this.queue.splice(0, count)) this.characters -= record.length;
    this.settled += count;
    for (const { upTo, done } of this.flushes) if (this.settled >= upTo) done();
  }

  private refused(
    list: readonly {
      readonly record: string | undefined;
      readonly code: string;
      readonly message: string;
    }[],
  ): void {
    if (list.length === 0) return;
    const { code, message } = list[0]!;
    this.options.onProblem({ code: 'rejected', message: `Burnwatch rejected records (${code}): ${message}` });
    this.options.onRejected(
      list.flatMap(({ record, ...why }) =>
        record === undefined ? [] : [{ record: JSON.parse(record) as Record<string, unknown>, ...why }],
      ),
    );
  }

  private async failed({
    afterMs,
    code,
    message,
    lasting,
  }: AnswerMeaning & { kind: 'again' }): Promise<void> {
    this.options.onProblem({ code, message });
    const [first, longest] = this.options.pauseMs;
    const pause = lasting ? longest : Math.min(longest, first * 2 ** Math.min(this.failures, 20));
    this.failures++;
    if (afterMs !== null) this.notBefore = performance.now() + afterMs * (1 + Math.random() / 10);
    // Half of the pause is left to chance, so that producers that failed together do not come back together.
    else await this.pause(pause * (0.5 + Math.random() / 2), false);
  }

  /** Waits without keeping the process alive. A flush cuts the client's own pauses short, and not those that Burnwatch asked for. */
  private async pause(ms: number, asked: boolean): Promise<void> {
    const length = !asked && this.flushes.length > 0 ? Math.min(ms, PAUSE_IN_FLUSH) : ms;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, length);
      timer.unref();
      this.wake = () => {
        if (asked && this.queue.length > 0) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }

  private async post(batch: readonly string[]): Promise<AnswerMeaning> {
    const { destination, timeoutMs } = this.options;
    const controller = new AbortController();
    this.request = controller;
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await fetch(destination.url, {
        method: 'POST',
        headers: destination.headers,
        body: batch.join('\n'),
        // Whatever sends it elsewhere is not Burnwatch.
        redirect: 'manual',
        signal: controller.signal,
      });
      const { status, headers } = response;
      const body = await readText(response);
      const retryAfter = headers.get('retry-after');
      return readAnswer({ status, retryAfter, body }, batch.length, Date.now());
    } catch (error) {
      return {
        kind: 'again',
        afterMs: null,
        lasting: false,
        code: 'unreachable',
        message: unreachable(error),
      };
    } finally {
      clearTimeout(timer);
      this.request = null;
    }
  }
}

/** The text of an answer; of one that is longer than any of Burnwatch, the beginning. */
async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  // Leaving the loop ends the request.
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_ANSWER) break;
  }
  return text;
}

/** Why a request failed, without the words of the error: they may hold the address or a header. */
function unreachable(error: unknown): string {
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } };
  const why = typeof cause?.code === 'string' ? cause.code : String(name);
  return `Burnwatch cannot be reached (${why}).`;
}
