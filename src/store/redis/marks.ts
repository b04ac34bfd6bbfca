import { randomUUID } from 'node:crypto';
import type { StoreExamination, StoreLoss } from '../../core/ports/store/store.ts';
import { DAY } from '../../core/time/duration.ts';
import type { Connection } from './connection.ts';
import { SERVICE_TAG, markKey, marksKey, pulseKey } from './keys.ts';
import { scripts } from './scripts.ts';
import { CLUSTER_TAGS, slotOf } from './slots.ts';

/** A pulse outlives every absence of the store in which its process goes on. */
const PULSE_KEPT = 7 * DAY;

/** What is known of the mark with a tag. */
interface Known {
  /** The identity of the store when it was seen, and the name that it keeps when that changes. */
  readonly identity: string;
  readonly name: string;
  /** The number of the last pulse that was acknowledged. */
  readonly pulse: number;
}

/**
 * Makes the function that examines a store in Redis. Each part of it holds a mark, made once, and a pulse of each process, a
 * number that grows: in a cluster under so many tags that every shard has some of them, wherever slots move. That a
 * mark was made is noted beside what all of the service needs, so that one that is missing later is a loss even to a
 * process that starts then; a mark of another identity means that this note, and the identity with it, was lost.
 */
export function storeExaminer(
  connection: Connection,
  identity: () => Promise<string>,
): () => Promise<StoreExamination> {
  const tags = connection.cluster ? [SERVICE_TAG, ...CLUSTER_TAGS] : [SERVICE_TAG];
  const owner = randomUUID();
  const known = new Map<string, Known>();
  const noted = new Set<string>();
  let pulse = 0;

  const partOf = (tag: string): string | null =>
    connection.cluster ? connection.masterOf(slotOf(tag)) : null;

  /** Leaves the mark with a tag, and gives what was lost. */
  async function leave(tag: string, current: string, number: number): Promise<StoreLoss | null> {
    const before = known.get(tag);
    const fresh = randomUUID();
    const args = [current, fresh, number, PULSE_KEPT];
    const reply = await connection.probe(scripts.mark, [markKey(tag), pulseKey(tag, owner)], args);
    const [of, name, last] = reply as [string, string, number];
    known.set(tag, { identity: current, name: name || fresh, pulse: number });
    if (name === '' && !before && !noted.has(tag)) return null;
    if (name === '' || (before && name !== before.name)) return { kind: 'wiped', part: partOf(tag) };
    if (of !== current || (before && before.identity !== current))
      return { kind: 'wiped', part: partOf(SERVICE_TAG) };
    return before && last < before.pulse ? { kind: 'rolled-back', part: partOf(tag) } : null;
  }

  async function readNotes(): Promise<void> {
    if (tags.every((tag) => noted.has(tag))) return;
    const found = await connection.call((client) => client.hgetall(marksKey));
    for (const tag of Object.keys(found)) noted.add(tag);
  }

  async function note(marked: readonly string[]): Promise<void> {
    const missing = marked.filter((tag) => !noted.has(tag));
    if (missing.length === 0) return;
    await connection.call((client) => client.hset(marksKey, ...missing.flatMap((tag) => [tag, '1'])));
    for (const tag of missing) noted.add(tag);
  }

  return async () => {
    const current = await identity();
    // Before any mark is made: another process may note one that is made now, which is not missing then.
    await readNotes();
    const number = ++pulse;
    const results = await Promise.allSettled(tags.map((tag) => leave(tag, current, number)));
    const losses = new Map<string, StoreLoss>();
    const away = new Map<string, string>();
    const marked: string[] = [];
    results.forEach((result, index) => {
      const tag = tags[index]!;
      if (result.status === 'rejected') {
        // Nothing can be judged or sent without what lies under this one.
        if (tag === SERVICE_TAG) throw result.reason;
        away.set(partOf(tag) ?? 'unknown', (result.reason as Error).message);
        return;
      }
      marked.push(tag);
      const loss = result.value;
      if (loss) losses.set(`${loss.kind} ${loss.part}`, loss);
    });
    connection.noteAway([...away.keys()]);
    // What was wiped has lost the notes as well, if they lay there.
    if (losses.size > 0) noted.clear();
    await note(marked);
    return {
      losses: [...losses.values()],
      away: [...away].map(([part, reason]) => ({ part, reason })),
    };
  };
}
