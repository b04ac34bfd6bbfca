import type { Severity } from '../../core/slo/alert-policy.ts';
import type { EndCause, TransitionKind } from '../../core/alerting/incident.ts';
import type { NotificationFacts, ServiceKind, Stuck } from '../../core/alerting/notification.ts';
import { isOfService, latestFacts, toldFacts, wakes } from '../../core/alerting/notification.ts';
import { formatPercent } from '../../core/words/figures.ts';
import type { Notification } from '../../core/ports/target.ts';
import type { SignLink } from '../../core/ports/incident-links.ts';
import { acknowledgedBy, takenOn } from './acknowledged-words.ts';
import { actionLinks } from './action-links.ts';
import { budgetLeft, runsOut } from './budget-words.ts';
import { burningField, likelyCauseField, standingValueField } from './cause-words.ts';
import { deliveryFields, deliverySentence } from './delivery-words.ts';
import { gateFields, gateSentence } from './gate-words.ts';
import { failedFor, headlineOf, incidentLasted } from './headline.ts';
import { lossSentence } from './loss-words.ts';
import { noticesOf } from './notices.ts';
import { timesOf } from './times.ts';
import { type Cause, lastFailedLines, topCauses } from './failures.ts';
import { sliWords, onlyWhere } from './sli-words.ts';
import type { Field, Link, Phrase } from './phrase.ts';
import { MINUTE } from '../../core/time/duration.ts';
import { handOverOf } from '../../core/sli/hand-over.ts';
import { failedOf, failuresOf, isSilence, reasonFields, reasonSentence } from './reasons.ts';
import { reportAddresses, reportFields, reportSentence, reportTables } from './report-words.ts';
import type { MessageTable } from './report-words.ts';
import { othersFields, togetherField, worstFirst } from './several-incidents.ts';
import { oneLine, plainName, urlPart, webAddress } from './wording.ts';
import {
  formatCount,
  formatShare,
  formatSpan,
  formatRate,
  formatWholeShare,
} from '../../core/words/figures.ts';

/** Where the links of a notification lead; null where there is nothing to lead to. */
export interface Links {
  /** The address Burnwatch is reached at, for the budget page. */
  readonly publicUrl: string | null;
  /** The address of one trace, with `{traceId}` where its id belongs. */
  readonly traceUrl: string | null;
  /** Makes the links by which readers act on an incident; null or absent: there are none. */
  readonly signLink?: SignLink | null;
}

/** What a message is about; `recovered` fired and ended before the first notification could be sent. */
export type MessageEvent = TransitionKind | 'acknowledged' | 'recovered' | ServiceKind;

/** What colour it has: that of its severity while it burns, unless all it says is that somebody looks after it. */
export type Tone = Severity | 'acknowledged' | 'over' | 'test';

/** One notification in words, without the markup of any target. Every text is a single clean line. */
export interface Message {
  readonly event: MessageEvent;
  readonly severity: Severity;
  readonly tone: Tone;
  /** The push text. */
  readonly headline: string;
  /** What stands out: why it came here, when it was meant for another target; that a postmortem is required. */
  readonly notices: readonly Phrase[];
  readonly sentence: Phrase;
  readonly description: string | null;
  readonly fields: readonly Field[];
  readonly causes: readonly Cause[];
  readonly lastFailed: readonly Phrase[];
  /** What is too long for a chat. */
  readonly tables: readonly MessageTable[];
  readonly links: readonly Link[];
  readonly slo: string;
  readonly incident: string;
  readonly owner: string;
}

/**
 * Puts the facts of a notification into words. Pure. Of several incidents, the worst one is told and the others are
 * listed.
 */
export function composeMessage(notification: Notification, links: Links): Message {
  const [worst, ...others] = worstFirst(notification.facts);
  const message = messageOfIncident({ ...notification, facts: worst! }, links);
  if (others.length === 0) return message;
  const incidents = links.publicUrl === null ? null : `${withoutSlashes(links.publicUrl)}/incidents`;
  return {
    ...message,
    headline: oneLine(`${others.length + 1} incidents: ${message.headline}`, 400),
    fields: [...othersFields(others), ...message.fields],
    links: [...message.links, ...linkOf('Incidents', incidents)],
  };
}

/**
 * The words for the facts of one incident. Several facts become one message: the latest decides what
 * it says, and an incident that ended before its opening was sent becomes "fired and recovered". Relative
 * times count from the latest fact. No text ever holds NaN, null or undefined, whatever the facts hold.
 */
function messageOfIncident(notification: Notification, links: Links): Message {
  const all = toldFacts(notification.facts);
  const facts = latestFacts(notification.facts);
  const event = eventOf(all);
  // A short incident's failures may have left the reading by the time it resolves.
  const failing = all.findLast(({ failures }) => failures.length > 0) ?? facts;
  const real = !isOfService(event);
  const causes = real || event === 'report' ? topCauses(failing.failures, failed(failing)) : [];
  return {
    event,
    severity: wakes(facts) ? 'page' : 'ticket',
    tone: toneOf(event, facts),
    headline: headlineOf(event, facts, causes),
    notices: noticesOf(notification),
    sentence: capitalized(SENTENCES[event](facts)),
    description:
      facts.description === null || event === 'acknowledged' ? null : plainName(facts.description, 300),
    fields: FIELDS[event](facts),
    causes,
    lastFailed: real ? lastFailedLines(failing.lastFailed, timesOf(facts), links.traceUrl) : [],
    tables: reportTables(facts),
    links: linksOf(facts, links),
    slo: plainName(facts.slo, 300),
    incident: plainName(facts.incident, 100),
    owner: plainName(facts.owner, 100),
  };
}

/** The latest change decides, but "it still burns" is not news to those who were not notified yet. */
function eventOf(facts: readonly NotificationFacts[]): MessageEvent {
  const latest = facts.at(-1)!.kind;
  if (latest === 'resolved') return facts.some(({ kind }) => kind === 'opened') ? 'recovered' : latest;
  if (latest !== 'reminder') return latest;
  return facts.findLast(({ kind }) => kind !== 'reminder')?.kind ?? latest;
}

/** Whether a message says that its incident is over. */
export function isOver(event: MessageEvent): boolean {
  return event === 'resolved' || event === 'recovered' || event === 'delivery-restored';
}

function toneOf(event: MessageEvent, facts: NotificationFacts): Tone {
  if (event === 'test' || event === 'acknowledged') return event;
  return isOver(event) || facts.report?.totals.missed === 0 ? 'over' : wakes(facts) ? 'page' : 'ticket';
}

/** How many failures there were in the time that a fact's causes are from; 0 when that is not known. */
function failed({ kind, reasons, failing, during }: NotificationFacts): number {
  if (kind === 'resolved') return during.bad;
  return failing?.bad ?? (reasons[0] ? failuresOf(reasons[0]) : 0);
}

/** What ended without recovering says nothing of recovery. */
const CLOSED: Readonly<Record<EndCause, Phrase>> = {
  'definition-changed': [
    'The definition of the SLO changed, and under the new one no tier fires; that does not say it recovered.',
  ],
  removed: ['No SLO file defines this SLO any more, so the incident is closed and nothing watches it.'],
};

const SENTENCES: Readonly<Record<MessageEvent, (facts: NotificationFacts) => Phrase>> = {
  opened: why,
  escalated: why,
  deescalated: (facts) => [
    facts.cause ? 'Under the new definition of the SLO it no longer pages. ' : 'It no longer pages. ',
    ...capitalized(why(facts)),
  ],
  unacknowledged: why,
  reminder: why,
  acknowledged: takenOn,
  resolved(facts) {
    if (facts.cause) return CLOSED[facts.cause];
    return isSilence(facts)
      ? ['It is over: data comes again.']
      : ['It is over: ', ...failedOf(facts, facts.during, whileItFailed(facts))];
  },
  recovered(facts) {
    if (facts.cause) return CLOSED[facts.cause];
    return [
      'It fired and recovered before this notification could be sent: ',
      ...failedOf(facts, facts.during, whileItFailed(facts)),
    ];
  },
  test: () => [
    'TEST: someone is checking that notifications arrive here. Nothing is wrong; no action needed.',
  ],
  'data-loss': lossSentence,
  'delivery-failing': deliverySentence,
  'delivery-restored': deliverySentence,
  report: reportSentence,
  'gate-overridden': gateSentence,
};

function why(facts: NotificationFacts): Phrase {
  const [reason] = facts.reasons;
  const sentence = reason
    ? reasonSentence(facts, reason)
    : failedOf(facts, facts.during, sinceItBegan(facts));
  return [...sentence, ...afterEvent(facts)];
}

/** What was noted just before it began. The link is a name of others as well, and goes beside the others. */
function afterEvent({ after, began }: NotificationFacts): Phrase {
  if (!after || began === null) return [];
  const minutes = Math.floor((began - after.at) / MINUTE);
  const when = minutes < 1 ? 'right' : minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return [` It began ${when} after `, { name: plainName(after.text, 200) }, '.'];
}

function sinceItBegan(facts: NotificationFacts): string {
  return facts.began === null ? ' since it began' : ` since ${timesOf(facts).at(facts.began)}`;
}

function whileItFailed(facts: NotificationFacts): string {
  const { began, failedUntil } = facts;
  if (began === null || failedUntil === null) return sinceItBegan(facts);
  return ` from ${timesOf(facts).period(began, failedUntil)}`;
}

function capitalized([first, ...rest]: Phrase): Phrase {
  return typeof first === 'string'
    ? [first.charAt(0).toUpperCase() + first.slice(1), ...rest]
    : [first!, ...rest];
}

const FIELDS: Readonly<Record<MessageEvent, (facts: NotificationFacts) => Field[]>> = {
  opened: (facts) => [...burning(facts), ...promise(facts)],
  escalated: (facts) => [...burning(facts), escalated(facts), ...promise(facts)],
  deescalated: (facts) => [...burning(facts), deescalated(facts), ...promise(facts)],
  unacknowledged: (facts) => [...burning(facts), ...waited(facts), ...promise(facts)],
  reminder: (facts) => [...burning(facts), ...promise(facts)],
  acknowledged: (facts) => [
    { label: 'Open since', value: [timesOf(facts).ago(facts.openedAt)] },
    owner(facts),
  ],
  resolved: (facts) => [...(facts.cause === 'removed' ? [] : summary(facts)), ...promise(facts)],
  recovered: (facts) => [...(facts.cause === 'removed' ? [] : summary(facts)), ...promise(facts)],
  test: (facts) => [{ label: 'Sent', value: [timesOf(facts).at(facts.at)] }, owner(facts)],
  'data-loss': (facts) => [{ label: 'Found', value: [timesOf(facts).at(facts.at)] }, owner(facts)],
  'delivery-failing': (facts) => [...deliveryFields(facts), owner(facts)],
  'delivery-restored': (facts) => [owner(facts)],
  report: reportFields,
  'gate-overridden': gateFields,
};

function owner(facts: NotificationFacts): Field {
  return { label: 'Owner', value: [{ name: plainName(facts.owner, 100) }] };
}

function promise(facts: NotificationFacts): Field[] {
  const objective = `${formatPercent(facts.objective, 9)} over ${plainName(facts.window, 40)}`;
  const parts = spendsMost(facts);
  // A composite has no attributes of its own to select by.
  const which = parts.length > 0 ? parts : onlyWhere(facts);
  return [owner(facts), { label: 'Objective', value: [objective] }, ...which];
}

/** The parts of a composite that have spent anything, the one that spends most first. */
function spendsMost({ members }: NotificationFacts): Field[] {
  const spending = members.filter(({ share }) => share !== null && share > 0).slice(0, 3);
  if (spending.length === 0) return [];
  const value = spending.flatMap(({ name, share }, index): Phrase => [
    index > 0 ? ', ' : '',
    { name: plainName(name, 128) },
    ` ${formatWholeShare(share!)}`,
  ]);
  return [{ label: 'Spends most', value }];
}

function escalated(facts: NotificationFacts): Field {
  return {
    label: 'Escalated',
    value: [`${timesOf(facts).at(facts.at)}, ${incidentLasted(facts)} after it opened`],
  };
}

function deescalated(facts: NotificationFacts): Field {
  return { label: 'No page since', value: [`${timesOf(facts).at(facts.at)}; a ticket tier still fires`] };
}

function waited({ waited: vainly }: NotificationFacts): Field[] {
  return vainly === null ? [] : [{ label: 'Acknowledged', value: [`not yet, after ${formatSpan(vainly)}`] }];
}

function burning(facts: NotificationFacts): Field[] {
  return [
    ...burningField(facts),
    ...togetherField(facts),
    ...reasonFields(facts),
    ...likelyCauseField(facts),
    ...standingValueField(facts),
    { label: 'Budget left', value: budgetLeft(facts) },
    ...(isSilence(facts) || facts.recovering ? [] : runsOut(facts)),
    since(facts),
    ...stuck(facts),
    ...waitingEnds(facts),
  ];
}

/** Places named; further ones are in the dashboard. */
const PLACES_NAMED = 3;

/** Where executions hang, so that one knows where to look first. */
function stuck(facts: NotificationFacts): Field[] {
  if (facts.stuck.length === 0) return [];
  const value = facts.stuck
    .slice(0, PLACES_NAMED)
    .flatMap((place, index): Phrase => [index > 0 ? '; ' : '', ...stuckAt(facts, place)]);
  const more = facts.stuck.length - PLACES_NAMED;
  return [{ label: 'Stuck', value: more > 0 ? [...value, `; and in ${more} more places`] : value }];
}

function stuckAt(facts: NotificationFacts, { of, step, count, oldest }: Stuck): Phrase {
  const since =
    oldest === null ? '' : `, ${count === 1 ? '' : 'the oldest '}since ${timesOf(facts).at(oldest)}`;
  const executions = `${formatCount(count)} ${count === 1 ? 'execution' : 'executions'}`;
  const named = (name: string) => ({ name: plainName(name, 128) });
  const handOver = step === null ? null : handOverOf(step);
  if (handOver) return [`${executions} between `, named(handOver.from), ' and ', named(handOver.to), since];
  if (step === null) return [`${executions} before any step`, since];
  return of === 'step'
    ? [`${executions} with `, named(step), ' not ended', since]
    : [`${executions} in `, named(step), since];
}

/** What is not counted, so that no one takes the figures for all there is. */
function waitingEnds({ waiting }: NotificationFacts): Field[] {
  if (waiting === 0) return [];
  const ends = waiting === 1 ? 'end waits for its start and counts' : 'ends wait for their start and count';
  return [{ label: 'Not judged', value: [`${formatCount(waiting)} ${ends} for no deadline yet`] }];
}

/** Since when outcomes fail, when that was noticed, and who looks after it. */
function since(facts: NotificationFacts): Field {
  const { failing, acknowledged, openedAt, at } = facts;
  const times = timesOf(facts);
  const taken = acknowledged ? acknowledgedBy(', acknowledged by ', acknowledged, times) : [];
  if (!failing) return { label: 'Since', value: [times.ago(openedAt), ...taken] };
  const opened = at > openedAt ? `, opened ${times.at(openedAt)}` : '';
  return { label: 'Failing since', value: [`${times.ago(failing.since)}${opened}`, ...taken] };
}

function summary(facts: NotificationFacts): Field[] {
  const { during, budget, peakBurnRate } = facts;
  const { units, may } = sliWords(facts);
  const share = budget.allowed > 0 ? `${formatShare(during.bad / budget.allowed)}: ` : '';
  const spent = `${share}${formatCount(during.bad)} of the ${formatCount(budget.allowed)} ${units} allowed to ${may}`;
  return [
    ...togetherField(facts),
    ...failedFrom(facts),
    {
      label: 'Open for',
      value: [`${incidentLasted(facts)}, ${timesOf(facts).period(facts.openedAt, facts.at)}`],
    },
    ...(peakBurnRate > 0 ? [{ label: 'Peak burn rate', value: [formatRate(peakBurnRate)] }] : []),
    ...(isSilence(facts) ? [] : [{ label: 'Budget spent', value: [spent] }]),
    { label: 'Budget left', value: budgetLeft(facts) },
  ];
}

function failedFrom(facts: NotificationFacts): Field[] {
  const { began, failedUntil } = facts;
  if (began === null || failedUntil === null || isSilence(facts)) return [];
  return [
    { label: 'Failed for', value: [`${failedFor(facts)}, ${timesOf(facts).period(began, failedUntil)}`] },
  ];
}

function linksOf(facts: NotificationFacts, { publicUrl, signLink = null }: Links): Link[] {
  const { runbook, slo, after, kind, loss } = facts;
  if (kind === 'report' && publicUrl !== null)
    return reportAddresses(facts).flatMap(([label, path]) =>
      linkOf(label, `${withoutSlashes(publicUrl)}${path}`),
    );
  if (isOfService(kind) && !loss?.ofIncident) return linkOf('Burnwatch', publicUrl);
  const path = slo.split('/').map(urlPart).join('/');
  const base = publicUrl === null ? null : withoutSlashes(publicUrl);
  return [
    ...actionLinks(facts, base, signLink),
    ...linkOf('Runbook', runbook),
    ...linkOf('Budget', base === null ? null : `${base}/slos/${path}`),
    ...linkOf('What came before', after?.link ?? null),
  ];
}

function withoutSlashes(address: string): string {
  return address.replace(/(?<!\/)\/+$/, '');
}

function linkOf(label: string, address: string | null): Link[] {
  const url = address === null ? null : webAddress(address);
  return url === null ? [] : [{ label, url }];
}
