import type { Severity } from '../slo/alert-policy.ts';
import type { NotificationFacts } from './notification.ts';
import type { WindowFacts } from './reason.ts';
import type { AttributeTest, Sli } from '../sli/sli.ts';

/** What version 0.1 stored with a notification otherwise than `NotificationFacts` says. */
export interface OlderFacts {
  readonly severity: Severity;
  readonly objective: number;
  /** The one kind of tier there was. */
  readonly tier: string;
  readonly factor: number;
  readonly long: WindowFacts;
  readonly short: WindowFacts;
  readonly sli?: {
    readonly step: string | null;
    readonly dependency: string | null;
    readonly where: Readonly<Record<string, readonly string[]>>;
    readonly withinMs: number | null;
  };
}

/** Facts as this version makes them, of facts that it or an earlier one has stored. */
export function currentFacts(stored: NotificationFacts): NotificationFacts {
  if ('reasons' in stored) return stored;
  const { tier, factor, long, short, sli, ...rest } = stored as OlderFacts;
  const added = {
    errorBudget: Math.round((1 - rest.objective) * 1e11) / 1e11,
    ...(sli && { sli: currentSli(sli) }),
    reasons: [{ kind: 'burnRate', tier, severity: rest.severity, factor, long, short }],
    pace: null,
    acknowledged: null,
    waited: null,
    members: [],
    postmortem: null,
    told: [],
  } satisfies Partial<NotificationFacts>;
  return { ...(rest as NotificationFacts), ...added };
}

function currentSli({ step, dependency, where, withinMs }: NonNullable<OlderFacts['sli']>): Sli {
  const tests = Object.entries(where).map(([name, values]): [string, AttributeTest] => [
    name,
    { op: 'in', values },
  ]);
  return {
    kind: 'outcomes',
    step,
    dependency,
    where: Object.fromEntries(tests),
    withinMs,
    good: 'succeeded',
  };
}
