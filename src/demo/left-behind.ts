import { HOUR, MINUTE, SECOND } from '../core/time/duration.ts';
import type { ReportedOutcome } from './reported-outcome.ts';

/** Orders of some hours ago that never went on: how long ago they began, and the last step that they were in. */
const LEFT_BEHIND = [
  { ago: 5 * HOUR + 12 * MINUTE, order: 'order-90417', hangs: true },
  { ago: 5 * HOUR + 9 * MINUTE, order: 'order-90431', hangs: true },
  { ago: 5 * HOUR + 3 * MINUTE, order: 'order-90466', hangs: true },
  { ago: 4 * HOUR + 41 * MINUTE, order: 'order-90512', hangs: false },
] as const;

/**
 * Orders whose worker died while it charged a card, and one that was charged and whose message to shipping got lost: what a page
 * of a workflow is to name. Too few, and too long ago, for an alert.
 */
export function leftBehind(
  now: number,
): (period: { readonly from: number; readonly to: number }) => ReportedOutcome[] {
  return ({ from, to }) =>
    LEFT_BEHIND.filter(({ ago }) => from <= now - ago && now - ago < to).flatMap(({ ago, order, hangs }) => {
      const began = now - ago;
      const of = { workflow: 'order-fulfillment', execution: order };
      const reserved = { ...of, step: 'reserve-stock', dependency: 'warehouse' };
      const charged = { ...of, step: 'charge-card', at: began + 2 * SECOND };
      return [
        { ...of, status: 'started', at: began },
        { ...reserved, status: 'succeeded', at: began + SECOND, durationMs: 400 },
        { ...charged, status: 'started' },
        ...(hangs
          ? []
          : [
              {
                ...charged,
                dependency: 'payment-gateway',
                status: 'succeeded' as const,
                at: began + 3 * SECOND,
              },
            ]),
      ];
    });
}
