import { hash53 } from '../../core/hash.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  DeadLetter,
  DeadLetterBox,
  DeadLetterReport,
  ManageDeadLetters,
  NewDeadLetter,
} from '../../core/ports/dead-letters.ts';
import { createLineLimit } from '../../core/ports/limited-log.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Recorder } from '../../core/ports/recorder.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused, quoted, refuse } from '../../core/ports/refused.ts';
import type { LetterChoice } from '../../core/ports/letter-choice.ts';
import { EVERY_LETTER, readLetterChoice } from '../../core/ports/letter-choice.ts';
import { storedDeadLetter, upgradeDeadLetter } from '../../core/ports/stored-dead-letter.ts';
import type { DeadLetterStore, StoredLetter } from '../../core/ports/store/dead-letters.ts';
import { MAX_DEAD_LETTERS } from '../../core/ports/store/dead-letters.ts';
import type { Caller } from '../../core/ports/token.ts';

export interface DeadLettersOptions {
  readonly store: DeadLetterStore;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** The most characters that one letter holds; what is longer takes several. */
const MAX_HELD = 16 * 1024;
/** Letters that one call of the store writes, reads or removes. */
const AT_ONCE = 100;
/** Letters that one request goes through. */
const PER_REQUEST = 1000;
/** Reasons that one answer lists. */
const MAX_REASONS = 100;

/** Makes what keeps dead letters and what people do with them. */
export function createDeadLetters(options: DeadLettersOptions): DeadLetterBox & ManageDeadLetters {
  const { store, recorder, clock, elapsed, log } = options;
  const keptLine = createLineLimit(elapsed);
  const goneLine = createLineLimit(elapsed);

  function note(letter: NewDeadLetter): void {
    const { source, entry, code, message, deliveries } = letter;
    const omitted = keptLine(`${source} ${code}`);
    if (omitted !== null)
      log.warn({ source, entry, code, message, deliveries, omitted }, 'a dead letter was kept');
  }

  /** The letters after `after` that are of a source, if one is given, in the order of their ids. */
  async function* walk(source: string | null, after: string | null): AsyncGenerator<DeadLetterReport> {
    for (let last = after; ;) {
      const stored = await store.deadLetters(last, AT_ONCE);
      for (const { id, about, data } of stored) {
        const letter = upgradeDeadLetter(id, about);
        if (letter && (source === null || letter.source === source)) yield { ...letter, data };
      }
      if (stored.length < AT_ONCE) return;
      last = stored.at(-1)!.id;
    }
  }

  /** Goes through what a request names: one letter, or all from some place on. Gives where it stopped. */
  async function through(
    { id, source, after }: LetterChoice,
    each: (letter: DeadLetterReport) => Promise<void>,
  ): Promise<string | null | Refused> {
    if (id !== EVERY_LETTER) {
      const stored = await store.deadLetter(id);
      const letter = stored && upgradeDeadLetter(id, stored.about);
      if (!stored || !letter) return refuse('unknown', `There is no dead letter ${quoted(id)}.`);
      await each({ ...letter, data: stored.data });
      return null;
    }
    let seen = 0;
    let last: string | null = null;
    for await (const letter of walk(source, after)) {
      if (seen++ === PER_REQUEST) return last;
      await each(letter);
      last = letter.id;
    }
    return null;
  }

  return {
    async keep(letters) {
      const deadAt = clock.now();
      const stored = letters.flatMap((letter) => storedOf(letter, deadAt));
      for (let at = 0; at < stored.length; at += AT_ONCE) {
        const gone = await store.putDeadLetters(stored.slice(at, at + AT_ONCE));
        const omitted = gone > 0 ? goneLine('gone') : null;
        if (omitted !== null)
          log.error({ gone, omitted }, `more than ${MAX_DEAD_LETTERS} dead letters: the oldest went`);
      }
      letters.forEach(note);
    },

    async deadLetters(source, after, limit) {
      const items: DeadLetterReport[] = [];
      for await (const letter of walk(source, after)) {
        if (items.length === limit) return { items, next: items.at(-1)!.id };
        items.push(letter);
      }
      return { items, next: null };
    },

    async replayDeadLetters(request, caller) {
      const wanted = readLetterChoice(request);
      if (isRefused(wanted)) return wanted;
      let replayed = 0;
      let left = 0;
      const reasons: { id: string; code: string; message: string }[] = [];
      const next = await through(wanted, async (letter) => {
        const rejection = await replayOne(letter, caller);
        if (rejection === null) replayed++;
        else if (++left <= MAX_REASONS) reasons.push({ id: letter.id, ...rejection });
      });
      return isRefusal(next) ? next : { id: wanted.id, replayed, left, reasons, next };
    },

    async dropDeadLetters(request) {
      const wanted = readLetterChoice(request);
      if (isRefused(wanted)) return wanted;
      let dropped = 0;
      let ids: string[] = [];
      const remove = async () => {
        if (ids.length > 0) dropped += await store.removeDeadLetters(ids);
        ids = [];
      };
      const next = await through(wanted, async ({ id }) => {
        if (ids.push(id) === AT_ONCE) await remove();
      });
      await remove();
      return isRefusal(next) ? next : { id: wanted.id, dropped, next };
    },
  };

  /** Null when all of a letter counts, which is then gone; else why not. */
  async function replayOne(
    letter: DeadLetter,
    caller: Caller,
  ): Promise<{ readonly code: string; readonly message: string } | null> {
    // A list has only the beginning of it; another replica may have replayed it in the meantime.
    const stored = letter.records === 0 ? null : await store.deadLetter(letter.id);
    if (!stored) return letter.records === 0 ? { code: letter.code, message: letter.message } : null;
    const records = stored.data.split('\n').map((line) => JSON.parse(line) as unknown);
    const { rejected } = await recorder.record(records, caller);
    const [first] = rejected;
    if (first) return { code: first.code, message: first.message };
    await store.removeDeadLetters([letter.id]);
    return null;
  }
}

function isRefusal(next: string | null | Refused): next is Refused {
  return typeof next === 'object' && next !== null;
}

/** A letter as it is stored: several where its lines do not fit into one. */
function storedOf(letter: NewDeadLetter, deadAt: number): StoredLetter[] {
  const { part, holds, ...about } = letter;
  const store = (data: string, records: number, index: number): StoredLetter => {
    const id = idOf(letter, `${part}.${index}`);
    return { id, about: storedDeadLetter({ id, ...about, deadAt, records }), data };
  };
  if ('text' in holds) return [store(holds.text.slice(0, MAX_HELD), 0, 0)];
  const stored: StoredLetter[] = [];
  let lines: string[] = [];
  let length = 0;
  const close = () => {
    if (lines.length > 0) stored.push(store(lines.join('\n'), lines.length, stored.length));
    lines = [];
    length = 0;
  };
  for (const line of holds.lines) {
    if (length + line.length > MAX_HELD) close();
    // A record that could count is never as long.
    if (line.length > MAX_HELD) stored.push(store(line.slice(0, MAX_HELD), 0, stored.length));
    else {
      lines.push(line);
      length += line.length + 1;
    }
  }
  close();
  return stored;
}

/** The same for the same part of the same entry, whichever replica makes it. */
function idOf({ source, entry, at }: NewDeadLetter, part: string): string {
  const time = Math.max(0, Math.floor(at)).toString(36).padStart(9, '0');
  return `${time}-${hash53(JSON.stringify([source, entry, part])).toString(36)}`;
}
