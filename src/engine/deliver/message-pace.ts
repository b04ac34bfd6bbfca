import type { MessagePace } from '../../core/ports/target.ts';

/** Counts the messages that places where people read may still get, see `MessagePace`. */
export interface MessagePaces {
  /** How many messages a target may get now; it need not be a whole number. */
  left(target: string, now: number): number;
  /** It was tried to send one. */
  sent(target: string, pace: MessagePace, now: number): void;
  /** The targets that were sent something and may get fewer messages than so many. */
  below(count: number, now: number): readonly string[];
}

interface Allowance {
  readonly pace: MessagePace;
  readonly left: number;
  readonly at: number;
}

/** Kept in memory: after a restart or a change of the leader every target has its whole burst again. */
export function createMessagePaces(): MessagePaces {
  const allowances = new Map<string, Allowance>();

  function leftOf({ pace, left, at }: Allowance, now: number): number {
    // A clock that was set back must not silence a target.
    return now < at ? pace.burst : Math.min(pace.burst, left + (now - at) / pace.refill);
  }

  return {
    left(target, now) {
      const known = allowances.get(target);
      return known ? leftOf(known, now) : Infinity;
    },
    sent(target, pace, now) {
      const known = allowances.get(target);
      const left = known ? Math.min(pace.burst, leftOf(known, now)) : pace.burst;
      allowances.set(target, { pace, left: left - 1, at: now });
    },
    below: (count, now) =>
      [...allowances].filter(([, known]) => leftOf(known, now) < count).map(([target]) => target),
  };
}
