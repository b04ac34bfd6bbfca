import type { AlertState } from '../../src/core/incident.ts';
import { QUIET, readTiers, step } from '../../src/core/incident.ts';
import type { Slo } from '../../src/core/slo.ts';
import type { MinuteHistory } from './minute-history.ts';
import { endOfMinute, evidenceAt } from './minute-history.ts';
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
 * over, unless told to be `thorough`: while nothing fires, the latest outcome was good and no short window holds
 * a bad one.
 */
export function burnwatch(slo: Slo, history: MinuteHistory, thorough = false): Judge {
  const { tiers } = slo.alerts;
  const severities = new Map(tiers.map(({ name, severity }) => [name, severity]));
  const shortest = Math.max(...tiers.map((tier) => (tier.kind === 'burnRate' ? tier.short : 0)));
  let state: AlertState = QUIET;
  return (minute) => {
    const now = endOfMinute(history, minute);
    const evidence = evidenceAt(history, now);
    if (
      !thorough &&
      state.incident === null &&
      evidence.tail().badRun === 0 &&
      evidence.sum(shortest).bad === 0
    )
      return SILENCE;
    state = step(slo, readTiers(slo, evidence, now), state, now).state;
    if (state.incident === null) return SILENCE;
    const firing = Object.keys(state.firing).map((name) => severities.get(name)!);
    return { page: firing.includes('page'), ticket: firing.includes('ticket') };
  };
}

/** The textbook's rules, evaluated at the end of every minute of a history. */
export function textbook(slo: Slo, history: MinuteHistory): Judge {
  return (minute) => textbookAt(history, slo.objective.errorBudget, minute);
}

/** What a judge did in a stretch of minutes. */
export interface Verdict {
  /** How often paging began. */
  readonly pages: number;
  /** How often tickets began, with or without a page. */
  readonly tickets: number;
  /** The first minute with a page, and with anything at all; null without one. */
  readonly firstPage: number | null;
  readonly firstAlarm: number | null;
}

/** Watches a judge from one minute up to, without, another. */
export function watch(judge: Judge, from: number, to: number): Verdict {
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
    before = alarm;
  }
  return { pages, tickets, firstPage, firstAlarm };
}
