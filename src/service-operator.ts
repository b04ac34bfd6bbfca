import type { ButtonPresses } from './core/ports/button-presses.ts';
import type { Target } from './core/ports/target.ts';
import type { ReadLink } from './core/ports/incident-links.ts';
import { createFollowLinks } from './engine/incidents/follow-links.ts';
import { createButtonPresses } from './engine/incidents/button-presses.ts';
import { createTakenPresses } from './engine/incidents/taken-presses.ts';
import { acknowledgeAloud, createToldInChats } from './engine/incidents/told-in-chats.ts';
import type { Clock } from './core/ports/clock.ts';
import type { Log } from './core/ports/log.ts';
import type { ManageDeadLetters } from './core/ports/dead-letters.ts';
import type { ManageDataLosses, Operator } from './core/ports/operator.ts';
import type { Store } from './core/ports/store/store.ts';
import type { TargetAdapter } from './core/ports/target.ts';
import type { Definitions } from './core/slo/slo.ts';
import type { Adjustments } from './engine/adjustments/adjustments.ts';
import { createManageAdjustments } from './engine/adjustments/manage-adjustments.ts';
import type { Annotations } from './engine/annotations/annotations.ts';
import { createManageOutbox } from './engine/deliver/manage-outbox.ts';
import { createReceipts } from './engine/deliver/receipts.ts';
import { createTestTargets } from './engine/deliver/target-test.ts';
import { createGateOverrides } from './engine/gate/gate-overrides.ts';
import type { createManageIncidents } from './engine/incidents/open-incidents.ts';
import type { createPeriodReports } from './engine/reports/period-report.ts';
import { createManageSilences } from './engine/silences/manage-silences.ts';
import type { Silences } from './engine/silences/silences.ts';

export interface OperatorOptions {
  readonly store: Store;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  readonly adjustments: Adjustments;
  readonly annotations: Annotations;
  readonly incidents: ReturnType<typeof createManageIncidents>;
  readonly silences: Silences;
  readonly losses: ManageDataLosses;
  readonly deadLetters: ManageDeadLetters;
  readonly reports: ReturnType<typeof createPeriodReports>;
  /** The live targets. */
  readonly targets: () => readonly Target[];
  readonly targetOf: (name: string) => TargetAdapter | null;
  readonly readLink: ReadLink;
}

/** What people can do to the service over HTTP, and by buttons in chats. */
export interface OperatorSide {
  readonly operator: Operator;
  readonly presses: ButtonPresses;
}

/** Puts together what people can do to the service. What they do to incidents is told in the chats that tell those. */
export function createOperator(options: OperatorOptions): OperatorSide {
  const { clock, adjustments, annotations, incidents, losses, deadLetters, reports } = options;
  const { recurrences } = adjustments;
  const manageSilences = createManageSilences({
    ...options,
    recurrences,
    incidents: () => incidents.incidents(),
  });
  const receipts = createReceipts(options.store, clock);
  const chats = createToldInChats({ ...options, receipts });
  const taken = createTakenPresses(options.store, clock);
  const acknowledge = acknowledgeAloud(incidents, chats, clock);
  const operator: Operator = {
    ...createManageAdjustments(options),
    ...annotations,
    ...incidents,
    ...createGateOverrides(options),
    ...manageSilences,
    acknowledge,
    ...createFollowLinks({
      read: options.readLink,
      incidents: { ...incidents, acknowledge },
      silences: manageSilences,
      store: options.store,
      clock,
    }),
    ...reports,
    losses: () => losses.losses(),
    acknowledgeLoss: (id, request, caller) => losses.acknowledgeLoss(id, request, caller),
    ...deadLetters,
    ...createManageOutbox(options),
    ...createTestTargets(options),
  };
  return { operator, presses: createButtonPresses({ ...options, manageSilences, chats, taken }) };
}
