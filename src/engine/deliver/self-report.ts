import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import type { Recorder } from '../../core/ports/recorder.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import type { Delivery } from '../../core/ports/target.ts';

/** The workflow that Burnwatch reports its own deliveries as; SLO files define it like any other. */
export const OWN_WORKFLOW = 'burnwatch-notifications';

export interface SelfReportOptions {
  readonly recorder: Recorder;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes the function that reports every ended notification as an outcome of `burnwatch-notifications`:
 * delivered is a success that took from the transition to the delivery, refused is a failure, each with the
 * target as its dependency. Does nothing while no file defines that workflow.
 */
export function createSelfReport({ recorder, definitions, clock, log }: SelfReportOptions) {
  return (rows: readonly OutboxRow[], delivery: Delivery): void => {
    if (delivery.result === 'retry' || !definitions().workflows.has(OWN_WORKFLOW)) return;
    const at = clock.now();
    const outcomes = rows.map((row) => ({
      workflow: OWN_WORKFLOW,
      execution: row.id.slice(-200),
      status: delivery.result === 'delivered' ? 'succeeded' : 'failed',
      at,
      startedAt: Math.min(row.createdAt, at),
      dependency: row.target,
      ...(delivery.result === 'refused' && { error: 'refused' }),
    }));
    recorder.record(outcomes).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'the outcome of a notification could not be counted');
    });
  };
}
