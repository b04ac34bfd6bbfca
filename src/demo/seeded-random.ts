/**
 * Numbers from 0 up to 1 like `Math.random`, but the same ones for the same seed (mulberry32), so that one demo
 * looks like the next.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A trace id: 32 hexadecimal digits. */
export function randomTraceId(random: () => number): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** One of several, each as likely as the others. */
export function pick<T>(random: () => number, among: readonly [T, ...T[]]): T {
  return among[Math.floor(random() * among.length)] ?? among[0];
}
