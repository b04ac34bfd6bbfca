import type { Counts } from '../counters/cells.ts';
import { HOUR_RETENTION } from '../counters/cells.ts';
import type { Evidence } from '../counters/evidence.ts';
import { endOfPeriod, startOfPeriod, windowLength } from '../time/calendar.ts';
import { DAY, HOUR } from '../time/duration.ts';
import type { CalendarWindow, RollingWindow, TimeWindow } from '../time/time-window.ts';
import type { ErrorBudget } from './error-budget.ts';
import { errorBudget } from './error-budget.ts';
import type { Objective } from './objective.ts';

/** As much of what the counters say as a budget is read of. */
export type BudgetEvidence = Pick<Evidence, 'sum' | 'since' | 'firstAt'>;

/** The budget of a time window, and what it was read of. */
export interface WindowBudget extends ErrorBudget {
  /** What the window holds so far. */
  readonly counts: Counts;
  /** How many outcomes it is going to hold, of which `allowed` is a share; null where it holds them all already. */
  readonly expectedTotal: number | null;
  /** Milliseconds until it holds all that it is going to: until a calendar period ends, or a young rolling window is full. */
  readonly ahead: number;
}

/** What is counted on for the rest of a window. */
interface Outlook {
  readonly ahead: number;
  /** How many outcomes a millisecond are usual. */
  readonly usualPace: number;
  /** Since when there are outcomes whose pace that is. */
  readonly since: number;
}

/** The time before a calendar period whose volume is the usual one: four whole weeks, so that weekends weigh as they do. */
const USUAL_TIME = 28 * DAY;
/** Less of it than a whole week says little of a month. */
const LEAST_USUAL_TIME = 7 * DAY;

/**
 * The budget of a window at `now`: `1 - objective` of what it is going to hold. For a rolling window that is what it holds.
 * One that is not full yet, because a calendar period still runs or counting began within it, is going to hold what was
 * counted so far and the usual pace for the time left, so that a few failures at its beginning do not read as the end of
 * it; when it is full, the numbers are those of what was counted.
 *
 * The usual pace of a calendar period is that of the 28 days before it (of those that were counted and are kept, at least
 * 7), else its own; that of a young rolling window its own. `remainingRatio` is null, so that nothing is low, exhausted or
 * frozen, while a young history has neither a day of outcomes behind it nor so many that one may fail.
 */
export function windowBudget(
  objective: Objective,
  window: TimeWindow,
  evidence: BudgetEvidence,
  now: number,
): WindowBudget {
  const counts = evidence.sum(windowLength(window, now));
  const total = counts.good + counts.bad;
  const outlook =
    window.kind === 'calendar'
      ? outlookOfPeriod(window, total, evidence, now)
      : outlookOfYoung(window, total, evidence, now);
  if (!outlook) {
    const { allowed, spent, remaining, remainingRatio } = errorBudget(objective, counts);
    return { allowed, spent, remaining, remainingRatio, counts, expectedTotal: null, ahead: 0 };
  }
  const { ahead, usualPace, since } = outlook;
  const expectedTotal = total + Math.round(usualPace * ahead);
  const { allowed, spent, remaining, remainingRatio: ratio } = errorBudget(objective, counts, expectedTotal);
  const isKnown = now - since >= DAY || total * objective.budgetParts >= objective.parts;
  const remainingRatio = isKnown ? ratio : null;
  return { allowed, spent, remaining, remainingRatio, counts, expectedTotal, ahead };
}

/** The lengths in milliseconds that `windowBudget` sums up. */
export function budgetWindows(window: TimeWindow, now: number): readonly number[] {
  const length = windowLength(window, now);
  return window.kind === 'rolling' ? [length] : [length, length + usualTime(window, now)];
}

function outlookOfPeriod(
  window: CalendarWindow,
  total: number,
  evidence: BudgetEvidence,
  now: number,
): Outlook {
  const start = startOfPeriod(window, now);
  const ahead = endOfPeriod(window, now) - now;
  const before = usualTime(window, now);
  const { good, bad } = evidence.sum(windowLength(window, now) + before);
  const from = Math.max(start - before, evidence.since);
  const counted = good + bad - total;
  if (counted > 0 && start - from >= LEAST_USUAL_TIME)
    return { ahead, usualPace: counted / (start - from), since: from };
  return { ahead, ...ownPace(good + bad, from, evidence, now) };
}

function outlookOfYoung(
  { duration }: RollingWindow,
  total: number,
  evidence: BudgetEvidence,
  now: number,
): Outlook | null {
  const ahead = Math.min(duration, evidence.since + duration - now);
  return ahead > 0 ? { ahead, ...ownPace(total, evidence.since, evidence, now) } : null;
}

/** The pace of outcomes since the first one that came after a moment. What is younger than an hour counts as an hour. */
function ownPace(
  total: number,
  from: number,
  { firstAt }: BudgetEvidence,
  now: number,
): Pick<Outlook, 'usualPace' | 'since'> {
  const since = total === 0 ? from : Math.max(from, firstAt?.(from) ?? from);
  return { usualPace: total / Math.max(now - since, HOUR), since };
}

/** How much of the time before a period is read: what is kept of it. */
function usualTime(window: CalendarWindow, now: number): number {
  return Math.min(USUAL_TIME, HOUR_RETENTION - windowLength(window, now));
}
