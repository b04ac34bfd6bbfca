/** How long calls wait for a server that may have gone. */
export interface Patience {
  /** A server answered: it is there, and answers what was asked earlier than this first. */
  heard(part: string | null): void;
  /**
   * Calls `onSilent` when this part of the store, which is all of it where it has no parts, has not answered anything for as long as
   * the limit; what waits behind many others is not cut off while those are answered, until `MOST` times the limit. Gives what ends it.
   */
  wait(part: string | null, onSilent: () => void): () => void;
}

/** Someone waits for what is asked, and may long have given up. */
const MOST = 5;

/** Makes it for a limit in milliseconds. */
export function createPatience(limit: number): Patience {
  const heardAt = new Map<string | null, number>();

  return {
    heard: (part) => void heardAt.set(part, performance.now()),
    wait(part, onSilent) {
      const begun = performance.now();
      let over = false;
      let timer = setTimeout(look, limit);

      function look(): void {
        // Answers that came while this thread was busy lie there unread: sockets are read before this is called.
        setImmediate(() => {
          if (over) return;
          const silentFrom = Math.max(begun, heardAt.get(part) ?? 0);
          const left = Math.min(silentFrom + limit, begun + MOST * limit) - performance.now();
          if (left > 0) timer = setTimeout(look, left);
          else onSilent();
        });
      }

      return () => {
        over = true;
        clearTimeout(timer);
      };
    },
  };
}
