import { MINUTE } from '../time/duration.ts';

/** Keys whose latest line is remembered. */
const MAX_KEYS = 1000;
/** Lines a minute of all keys together: who can choose keys must not be able to fill a log. */
const MAX_LINES = 60;

/**
 * Makes a gate for lines of a log that others can cause: of each key one line a minute, and so many of all. Gives how many of the
 * key were left out since its last one, or null when this one is to be left out, too. `elapsed` gives milliseconds that pass
 * whatever clocks say.
 */
export function createLineLimit(elapsed: () => number, pause = MINUTE): (key: string) => number | null {
  const lines = new Map<string, { at: number; omitted: number }>();
  let begun = -Infinity;
  let written = 0;
  return (key) => {
    const now = elapsed();
    const last = lines.get(key);
    if (last && now - last.at < pause) {
      last.omitted++;
      return null;
    }
    if (now - begun >= pause) [begun, written] = [now, 0];
    const isFull = written >= MAX_LINES;
    lines.delete(key);
    if (lines.size >= MAX_KEYS) lines.delete(lines.keys().next().value!);
    lines.set(key, isFull ? { at: -Infinity, omitted: (last?.omitted ?? 0) + 1 } : { at: now, omitted: 0 });
    if (isFull) return null;
    written++;
    return last?.omitted ?? 0;
  };
}
