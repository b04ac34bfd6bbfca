import type { Clock } from './core/ports/clock.ts';
import type { Log } from './core/ports/log.ts';
import type { ManageDeadLetters } from './core/ports/dead-letters.ts';
import type { ManageDataLosses, Operator } from './core/ports/operator.ts';
import type { Store } from './core/ports/store/store.ts';
import type { Definitions } from './core/slo/slo.ts';
import type { Adjustments } from './engine/adjustments/adjustments.ts';
import { createManageAdjustments } from './engine/adjustments/manage-adjustments.ts';
import type { Annotations } from './engine/annotations/annotations.ts';
import { createManageOutbox } from './engine/deliver/manage-outbox.ts';
import { createGateOverrides } from './engine/gate/gate-overrides.ts';
import type { createManageIncidents } from './engine/incidents/open-incidents.ts';
import type { createPeriodReports } from './engine/reports/period-report.ts';
import { createManageSilences } from './engine/silences/manage-silences.ts';
import type { Silences } from './engine/silences/silences.ts';

export interface OperatorOptions {
  readonly store: Store;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
  readonly adjustments: Adjustments;
  readonly annotations: Annotations;
  readonly incidents: ReturnType<typeof createManageIncidents>;
  readonly silences: Silences;
  readonly losses: ManageDataLosses;
  readonly deadLetters: ManageDeadLetters;
  readonly reports: ReturnType<typeof createPeriodReports>;
}

/** Puts together what people can do to the service. */
export function createOperator(options: OperatorOptions): Operator {
  const { adjustments, annotations, incidents, losses, deadLetters, reports } = options;
  const { recurrences } = adjustments;
  return {
    ...createManageAdjustments(options),
    ...annotations,
    ...incidents,
    ...createGateOverrides(options),
    ...createManageSilences({ ...options, recurrences, incidents: () => incidents.incidents() }),
    ...reports,
    losses: () => losses.losses(),
    acknowledgeLoss: (id, request, caller) => losses.acknowledgeLoss(id, request, caller),
    ...deadLetters,
    ...createManageOutbox(options),
  };
}
