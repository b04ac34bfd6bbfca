import { MINUTE } from '../time/duration.ts';

/** Keys whose latest line is remembered. */
const MAX_KEYS = 1000;

/**
 * Makes a gate for lines of a log that others can cause: of each key one line a minute. Gives how many were left out since the
 * last one, or null when this one is to be left out, too. `elapsed` gives milliseconds that pass whatever clocks say.
 */
export function createLineLimit(elapsed: () => number, pause = MINUTE): (key: string) => number | null {
  const lines = new Map<string, { at: number; omitted: number }>();
  return (key) => {
    const now = elapsed();
    const last = lines.get(key);
    if (last && now - last.at < pause) {
      last.omitted++;
      return null;
    }
    lines.delete(key);
    if (lines.size >= MAX_KEYS) lines.delete(lines.keys().next().value!);
    lines.set(key, { at: now, omitted: 0 });
    return last?.omitted ?? 0;
  };
}
