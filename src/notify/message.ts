import type { Severity } from '../core/alert-policy.ts';
import type { Counts } from '../core/cells.ts';
import type { NotificationFacts } from '../core/notification.ts';
import { formatPercent } from '../core/objective.ts';
import type { Notification } from '../core/target.ts';
import { formatDuration } from '../core/time.ts';
import { type Cause, lastFailedLines, topCauses } from './failures.ts';
import type { Field, Link, Phrase } from './phrase.ts';
import {
  ago,
  amount,
  percent,
  plainName,
  span,
  spanAhead,
  times,
  urlPart,
  utc,
  webAddress,
  wholePercent,
  windowWords,
} from './wording.ts';

/** Where the links of a notification lead; null where there is nothing to lead to. */
export interface Links {
  /** The address Burnwatch is reached at, for the budget page. */
  readonly publicUrl: string | null;
  /** The address of one trace, with `{traceId}` where its id belongs. */
  readonly traceUrl: string | null;
}

/** What a message tells; `recovered` fired and ended before the first word of it could be sent. */
export type MessageEvent = 'opened' | 'escalated' | 'resolved' | 'recovered' | 'test';

/** What colour it has: that of its severity while it burns. */
export type Tone = Severity | 'over' | 'test';

/** One notification in words, without the markup of any target. Every text is a single clean line. */
export interface Message {
  readonly event: MessageEvent;
  readonly severity: Severity;
  readonly tone: Tone;
  /** The push text. */
  readonly headline: string;
  /** Why it came here, when it was meant for another target. */
  readonly notice: Phrase | null;
  readonly sentence: Phrase;
  readonly description: string | null;
  /** At most 10. */
  readonly fields: readonly Field[];
  readonly causes: readonly Cause[];
  readonly lastFailed: readonly Phrase[];
  readonly links: readonly Link[];
  readonly slo: string;
  readonly incident: string;
  readonly owner: string;
}

/**
 * Puts the facts of a notification into words. Pure. Several facts become one message: the latest decides what
 * it tells, and an incident that ended before its opening was sent becomes "fired and recovered". Relative
 * times count from the latest fact. No text ever holds NaN, null or undefined, whatever the facts hold.
 */
export function composeMessage(notification: Notification, links: Links): Message {
  const facts = notification.facts.at(-1)!;
  const event = eventOf(notification.facts);
  // A short incident's failures may have left the reading by the time it resolves.
  const failing = notification.facts.findLast(({ failures }) => failures.length > 0) ?? facts;
  const told = event !== 'test';
  return {
    event,
    severity: facts.severity,
    tone: toneOf(event, facts.severity),
    headline: HEADLINES[event](facts),
    notice: facts.insteadOf && [
      'Sent here because ',
      { name: plainName(facts.insteadOf.target, 80) },
      ' refused it: ',
      { name: plainName(facts.insteadOf.reason, 200) },
    ],
    sentence: SENTENCES[event](facts),
    description: facts.description === null ? null : plainName(facts.description, 300),
    fields: FIELDS[event](facts),
    causes: told ? topCauses(failing.failures, failed(failing)) : [],
    lastFailed: told ? lastFailedLines(failing.lastFailed, facts.at, links.traceUrl) : [],
    links: told ? linksOf(facts, links) : linkOf('Burnwatch', links.publicUrl),
    slo: plainName(facts.slo, 300),
    incident: plainName(facts.incident, 100),
    owner: plainName(facts.owner, 100),
  };
}

function eventOf(facts: readonly NotificationFacts[]): MessageEvent {
  const latest = facts.at(-1)!.kind;
  return latest === 'resolved' && facts.some(({ kind }) => kind === 'opened') ? 'recovered' : latest;
}

function toneOf(event: MessageEvent, severity: Severity): Tone {
  if (event === 'test') return 'test';
  return event === 'resolved' || event === 'recovered' ? 'over' : severity;
}

/** How many failures there were in the time that a fact's causes are from. */
function failed({ kind, long, during }: NotificationFacts): number {
  return kind === 'resolved' ? during.bad : long.bad;
}

const HEADLINES: Readonly<Record<MessageEvent, (facts: NotificationFacts) => string>> = {
  opened: (facts) => `${alert(facts)}: ${outlook(facts)}`,
  escalated: (facts) => `${alert(facts)}: ${outlook(facts)} (escalated)`,
  resolved: (facts) => `RESOLVED ${slo(facts)}: burned for ${lasted(facts)}${budgetToo(facts)}`,
  recovered: (facts) =>
    `RECOVERED ${slo(facts)}: fired and recovered within ${lasted(facts)}${budgetToo(facts)}`,
  test: (facts) => `TEST ${slo(facts)}: this is only a test, nothing is burning`,
};

function alert(facts: NotificationFacts): string {
  return `${facts.severity.toUpperCase()} ${slo(facts)}`;
}

/** The id gives way in headlines: what matters stands behind it, and push texts are cut off at the end. */
function slo(facts: NotificationFacts): string {
  return plainName(facts.slo, 90);
}

function lasted({ openedAt, at }: NotificationFacts): string {
  return span(at - openedAt);
}

function budgetToo(facts: NotificationFacts): string {
  const budget = budgetState(facts);
  return budget === null ? '' : `, ${budget}`;
}

/** `41% budget left, gone in 14h`. */
function outlook(facts: NotificationFacts): string {
  const budget = budgetState(facts);
  if (budget === null) {
    const rate = facts.long.burnRate;
    return rate === null ? 'burning its error budget' : `burning its error budget at ${times(rate)}`;
  }
  const ahead = facts.exhaustsAt === null ? 0 : facts.exhaustsAt - facts.at;
  return ahead > 0 && facts.budget.remaining > 0 ? `${budget}, gone in ${spanAhead(ahead)}` : budget;
}

function budgetState({ budget: { remainingRatio } }: NotificationFacts): string | null {
  if (remainingRatio === null) return null;
  if (remainingRatio > 0) return `${wholePercent(remainingRatio)} budget left`;
  return remainingRatio === 0 ? 'no budget left' : `budget overspent by ${wholePercent(-remainingRatio)}`;
}

const SENTENCES: Readonly<Record<MessageEvent, (facts: NotificationFacts) => Phrase>> = {
  opened: lately,
  escalated: lately,
  resolved: (facts) => ['It is over: ', ...failedOf(facts, facts.during, ' while it burned')],
  recovered: (facts) => [
    'It fired and was over before word of it could be sent: ',
    ...failedOf(facts, facts.during, ' while it burned'),
  ],
  test: () => [
    'TEST: somebody is trying whether notifications arrive here. Nothing is wrong and nobody needs to act.',
  ],
};

function lately(facts: NotificationFacts): Phrase {
  return failedOf(facts, facts.long, ` in the last ${windowWords(facts.long.duration)}`);
}

/** `312 of 2,140 executions failed in the last hour (14.6%; the objective allows 5%).` */
function failedOf(facts: NotificationFacts, { good, bad }: Counts, when: string): Phrase {
  const allowed = formatPercent(1 - facts.objective, 9);
  const total = good + bad;
  if (total === 0) return [`no ${unit(facts)} ended${when} (the objective allows ${allowed} to fail).`];
  const late = facts.sli?.withinMs ?? null;
  const verb = late === null ? ' failed' : ` failed or took longer than ${formatDuration(late)}`;
  return [
    `${amount(bad)} of ${amount(total)} ${unit(facts)}`,
    ...subject(facts),
    `${verb}${when} (${percent(bad / total)}; the objective allows ${allowed}).`,
  ];
}

/** What an SLI counts one by one: whole executions, or every try of a step. */
function unit({ sli }: NotificationFacts): 'executions' | 'attempts' {
  return sli && (sli.step !== null || sli.dependency !== null) ? 'attempts' : 'executions';
}

function subject({ sli }: NotificationFacts): Phrase {
  const step = sli?.step ?? null;
  const dependency = sli?.dependency ?? null;
  return [
    ...(step === null ? [] : [' of step ', { name: plainName(step, 128) }]),
    ...(dependency === null ? [] : [' calling ', { name: plainName(dependency, 128) }]),
  ];
}

const FIELDS: Readonly<Record<MessageEvent, (facts: NotificationFacts) => Field[]>> = {
  opened: (facts) => [...burning(facts), ...promise(facts)],
  escalated: (facts) => [...burning(facts), escalated(facts), ...promise(facts)],
  resolved: (facts) => [...summary(facts), ...promise(facts)],
  recovered: (facts) => [...summary(facts), ...promise(facts)],
  test: (facts) => [{ label: 'Sent', value: [utc(facts.at)] }, owner(facts)],
};

function owner(facts: NotificationFacts): Field {
  return { label: 'Owner', value: [{ name: plainName(facts.owner, 100) }] };
}

function promise(facts: NotificationFacts): Field[] {
  const objective = `${formatPercent(facts.objective, 9)} over ${plainName(facts.window, 40)}`;
  return [owner(facts), { label: 'Objective', value: [objective] }, ...only(facts)];
}

/** Which part of the outcomes is judged at all, where it is only a part. */
function only({ sli }: NotificationFacts): Field[] {
  const conditions = Object.entries(sli?.where ?? {}).map(
    ([name, values]) => `${name}: ${values.join(', ')}`,
  );
  return conditions.length === 0
    ? []
    : [{ label: 'Only', value: [{ name: plainName(conditions.join('; '), 200) }] }];
}

function escalated(facts: NotificationFacts): Field {
  return { label: 'Escalated', value: [`${utc(facts.at)}, ${lasted(facts)} after it opened as a ticket`] };
}

function burning(facts: NotificationFacts): Field[] {
  const [long, short] = [formatDuration(facts.long.duration), formatDuration(facts.short.duration)];
  const rate = (burn: number | null) => (burn === null ? 'no outcomes' : times(burn));
  const verb = facts.severity === 'page' ? 'pages' : 'opens a ticket';
  return [
    {
      label: 'Burn rate',
      value: [`${rate(facts.long.burnRate)} over ${long}, ${rate(facts.short.burnRate)} over ${short}`],
    },
    {
      label: 'Tier',
      value: [{ name: plainName(facts.tier, 60) }, ` ${verb} when both reach ${times(facts.factor)}`],
    },
    { label: 'Budget left', value: budgetLeft(facts) },
    ...runsOut(facts),
    { label: 'Since', value: [ago(facts.openedAt, facts.at)] },
  ];
}

function summary(facts: NotificationFacts): Field[] {
  const { during, budget } = facts;
  const share = budget.allowed > 0 ? `${percent(during.bad / budget.allowed)}: ` : '';
  return [
    {
      label: 'Lasted',
      value: [`${lasted(facts)}, ${utc(facts.openedAt)} to ${utc(facts.at)}`],
    },
    { label: 'Peak burn rate', value: [times(facts.peakBurnRate)] },
    {
      label: 'Budget spent',
      value: [
        `${share}${amount(during.bad)} of the ${amount(budget.allowed)} ${unit(facts)} allowed to fail`,
      ],
    },
    { label: 'Budget left', value: budgetLeft(facts) },
  ];
}

function budgetLeft(facts: NotificationFacts): Phrase {
  const { allowed, remaining, remainingRatio } = facts.budget;
  if (remainingRatio === null) return ['no outcomes to tell from'];
  const of = `${amount(allowed)} ${unit(facts)}`;
  if (remainingRatio === 0) return [`none: the ${of} allowed to fail have failed`];
  return remainingRatio < 0
    ? [`overspent by ${percent(-remainingRatio)}: ${amount(-remaining)} more than the ${of} allowed to fail`]
    : [`${percent(remainingRatio)}: ${amount(remaining)} of ${of} may still fail`];
}

function runsOut({ budget, exhaustsAt, at }: NotificationFacts): Field[] {
  if (budget.remainingRatio !== null && budget.remaining <= 0) return [];
  return [{ label: 'Runs out', value: [exhaustsAt === null ? 'not at this pace' : inTime(exhaustsAt, at)] }];
}

function inTime(exhaustsAt: number, at: number): string {
  const ahead = spanAhead(exhaustsAt - at);
  return ahead === 'over a year' ? `in ${ahead}` : `in ${ahead}, ${utc(exhaustsAt)}`;
}

function linksOf({ runbook, slo }: NotificationFacts, { publicUrl }: Links): Link[] {
  const path = slo.split('/').map(urlPart).join('/');
  const budget = publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/slos/${path}`;
  return [...linkOf('Runbook', runbook), ...linkOf('Budget', budget)];
}

function linkOf(label: string, address: string | null): Link[] {
  const url = address === null ? null : webAddress(address);
  return url === null ? [] : [{ label, url }];
}
