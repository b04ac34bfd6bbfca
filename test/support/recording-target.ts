import { SECOND } from '../../src/core/time/duration.ts';
import type { Delivery, Notification, Target } from '../../src/core/ports/target.ts';

/** What a recording target does with one notification. */
export type Answer = (notification: Notification, signal: AbortSignal) => Delivery | Promise<Delivery>;

/** A target that keeps what it is sent and answers as it was told to; delivered, unless `answer` says otherwise. */
export interface RecordingTarget extends Target {
  interval: number;
  readonly sent: readonly Notification[];
  answer: Answer;
}

export function recordingTarget(
  name: string,
  answer: Answer = () => ({ result: 'delivered' }),
): RecordingTarget {
  const sent: Notification[] = [];
  return {
    name,
    kind: 'log',
    interval: SECOND,
    sent,
    answer,
    async send(notification, signal) {
      sent.push(notification);
      return this.answer(notification, signal);
    },
    close: () => Promise.resolve(),
  };
}
