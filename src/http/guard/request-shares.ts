import { createFairShare } from '../../core/fair-share.ts';
import type { Caller } from '../../core/ports/token.ts';
import { shareOf } from '../../core/ports/token.ts';
import { HttpProblem } from '../answers/problems.ts';

/** The requests that are being handled, by the token or address they came from. */
export interface RequestShares {
  /**
   * Counts one in, and gives under which name, for `end`. Throws the `HttpProblem` to answer with when the caller has its share of
   * those that may be handled at once. A request whose body comes slowly, or whose answer is read slowly, is handled all that time.
   */
  begin(caller: Caller): string;
  end(who: string): void;
}

/** `onDropped` is called with each request that was turned away, and whose it was. */
export function createRequestShares(limit: number, onDropped: (who: string) => void): RequestShares {
  const requests = createFairShare(limit);
  return {
    begin(caller) {
      const who = shareOf(caller);
      if (requests.take(who, 1)) return who;
      onDropped(who);
      throw new HttpProblem(
        'too-many-requests',
        'This token or address has too many requests under way at once; what is left is kept for others. Send the same again.',
        { 'Retry-After': '1' },
      );
    },
    end: (who) => requests.give(who, 1),
  };
}
