import { burnRate } from '../../src/core/budget/burn-rate.ts';
import type { Evidence } from '../../src/core/counters/evidence.ts';
import type { AlertState } from '../../src/core/alerting/incident.ts';
import { QUIET } from '../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../src/core/slo/slo.ts';
import type { MinuteHistory } from './minute-history.ts';
import { endOfMinute, evidenceOf } from './minute-history.ts';
import { textbookAt } from './textbook.ts';

/** Whether somebody is being paged, and whether there is a ticket, at the end of a minute. */
export interface Alarm {
  readonly page: boolean;
  readonly ticket: boolean;
}

/** Judges one minute after another; minutes are asked for in their order. */
export type Judge = (minute: number) => Alarm;

const SILENCE: Alarm = { page: false, ticket: false };

/**
 * Burnwatch, ticking at the end of every minute of a history. Minutes in which nothing can begin to fire are passed
 * over while nothing does, unless it is to be `thorough`.
 */
export function burnwatch(slo: Slo, history: MinuteHistory, thorough = false): Judge {
  const severities = new Map(slo.alerts.tiers.map(({ name, severity }) => [name, severity]));
  const evidenceAt = evidenceOf(history);
  let state: AlertState = QUIET;
  return (minute) => {
    const evidence = evidenceAt(minute);
    if (!thorough && state.incident === null && !mayBegin(slo, evidence)) return SILENCE;
    const now = endOfMinute(history, minute);
    state = step(slo, readTiers(slo, evidence, now), state, now).state;
    if (state.incident === null) return SILENCE;
    const firing = new Set(Object.keys(state.firing).map((name) => severities.get(name)!));
    return { page: firing.has('page'), ticket: firing.has('ticket') };
  };
}

/** Less than what any tier takes to fire, and quicker to tell. */
function mayBegin({ alerts, objective }: Slo, { sum, streak }: Evidence): boolean {
  return alerts.tiers.some((tier) => {
    if (tier.kind === 'burnRate') return (burnRate(objective, sum(tier.short)) ?? 0) >= tier.factor;
    return tier.kind !== 'outage' || streak().consecutiveBad > 0;
  });
}

/** The textbook's rules, evaluated at the end of every minute of a history. */
export function textbook(slo: Slo, history: MinuteHistory): Judge {
  return (minute) => textbookAt(history, slo.objective.errorBudget, minute);
}

/** What a judge did in a stretch of minutes. */
export interface Verdict {
  /** How often paging began. */
  readonly pages: number;
  /** How often there began to be a ticket, with or without a page. */
  readonly tickets: number;
  /** The first minute with a page, and with a page or a ticket; null without one. */
  readonly firstPage: number | null;
  readonly firstAlarm: number | null;
}

/** Follows a judge from one minute up to, without, another; no further than the first page, if that is enough. */
export function follow(judge: Judge, from: number, to: number, toFirstPage = false): Verdict {
  let [pages, tickets] = [0, 0];
  let firstPage: number | null = null;
  let firstAlarm: number | null = null;
  let before = SILENCE;
  for (let minute = from; minute < to; minute++) {
    const alarm = judge(minute);
    if (alarm.page && !before.page) pages++;
    if (alarm.ticket && !before.ticket) tickets++;
    if (alarm.page) firstPage ??= minute;
    if (alarm.page || alarm.ticket) firstAlarm ??= minute;
    if (toFirstPage && alarm.page) break;
    before = alarm;
  }
  return { pages, tickets, firstPage, firstAlarm };
}
