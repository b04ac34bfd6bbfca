import type { EndCause, TransitionKind } from '../../core/alerting/incident.ts';
import type { NotificationFacts, ServiceKind } from '../../core/alerting/notification.ts';
import { formatSpan } from '../../core/words/figures.ts';
import { budgetState } from './budget-words.ts';
import { deliveryInBrief } from './delivery-words.ts';
import type { Cause } from './failures.ts';
import { gateInBrief } from './gate-words.ts';
import { lossInBrief } from './loss-words.ts';
import { missedWords } from './missed-words.ts';
import { reportInBrief } from './report-words.ts';
import { failingNow, isSilence, outlookOf } from './reasons.ts';
import { oneLine, plainName, shorten } from './wording.ts';

/** Push texts are cut after about as many characters: all up to the cause fits in. */
const PUSH_LENGTH = 80;
/** An SLO is recognised by so much of its id. */
const LEAST_NAME = 18;
/** Lengths of a step and an error class in a headline; what leaves the SLO its name is taken. */
const CAUSE_NAMES = [
  [32, 32],
  [16, 16],
  [16, 0],
  [8, 0],
] as const;
/** A cause of fewer failures says little of all. */
const MAIN_CAUSE = 0.5;

/** The headline of a notification: which SLO, what fails now and why, and then what it costs. */
export function headlineOf(
  event: TransitionKind | 'acknowledged' | 'recovered' | ServiceKind,
  facts: NotificationFacts,
  causes: readonly Cause[],
): string {
  switch (event) {
    case 'opened':
      return burning(standing(facts), facts, causes);
    case 'escalated':
      return burning(standing(facts), facts, causes, 'escalated');
    case 'deescalated':
      return burning('DOWN TO TICKET', facts, causes, facts.cause && endCause(facts.cause));
    case 'unacknowledged':
      return burning(
        'UNACKNOWLEDGED',
        facts,
        causes,
        facts.waited === null ? null : `waiting for ${formatSpan(facts.waited)}`,
      );
    case 'reminder':
      return isSilence(facts)
        ? burning('STILL SILENT', facts, causes)
        : burning('STILL BURNING', facts, causes, `open for ${incidentLasted(facts)}`);
    case 'acknowledged':
      return about('ACKNOWLEDGED', facts, takenBy(facts), `open for ${incidentLasted(facts)}`);
    case 'resolved':
      if (facts.cause) return about('CLOSED', facts, endCause(facts.cause));
      return isSilence(facts)
        ? about('RESOLVED', facts, `data is arriving again after ${incidentLasted(facts)}`)
        : about('RESOLVED', facts, `failed for ${failedFor(facts)}`, budgetState(facts));
    case 'recovered':
      if (facts.cause) return about('CLOSED', facts, endCause(facts.cause));
      return about(
        'RECOVERED',
        facts,
        `fired and recovered within ${incidentLasted(facts)}`,
        budgetState(facts),
      );
    case 'data-loss':
      return about('DATA LOSS', facts, lossInBrief(facts));
    case 'delivery-failing':
      return about('NOTIFICATIONS FAIL', facts, deliveryInBrief(facts));
    case 'delivery-restored':
      return about('RESTORED', facts, deliveryInBrief(facts));
    case 'report':
      return reportInBrief(facts);
    case 'gate-overridden':
      return gateInBrief(facts);
    case 'test':
      return about('TEST', facts, 'this is only a test, nothing is burning');
    default:
      return event satisfies never;
  }
}

function standing({ severity, folded }: NotificationFacts): string {
  return folded ? 'FOLDED IN' : severity.toUpperCase();
}

function takenBy({ acknowledged }: NotificationFacts): string {
  return acknowledged ? `by ${plainName(acknowledged.by, 60)}` : 'someone looks after it';
}

/** Why an incident ended or came down, if not because it is over, in a few words. */
export function endCause(cause: EndCause): string {
  switch (cause) {
    case 'definition-changed':
      return 'definition changed';
    case 'removed':
      return 'SLO removed from the files';
    default:
      return cause satisfies never;
  }
}

/** How long an incident that is over was open, or has been. */
export function incidentLasted({ openedAt, at }: NotificationFacts): string {
  return formatSpan(at - openedAt);
}

/** How long outcomes really failed; as long as the incident was open where that is not known. */
export function failedFor(facts: NotificationFacts): string {
  const { began, failedUntil } = facts;
  return began === null || failedUntil === null ? incidentLasted(facts) : formatSpan(failedUntil - began);
}

function burning(
  event: string,
  facts: NotificationFacts,
  causes: readonly Cause[],
  aside: string | null = null,
): string {
  const now = failingNow(facts);
  if (now === null) return about(event, facts, outlookOf(facts), aside);
  const because =
    facts.recovering || missedWords(facts) ? '' : mainCause(causes, roomFor(event, now) - LEAST_NAME);
  return about(event, facts, `${now}${because}`, aside, outlook(facts));
}

/** What is left of the budget, and when it is gone; what is recovering does not carry on as it did. */
function outlook(facts: NotificationFacts): string | null {
  if (isSilence(facts)) return null;
  return facts.recovering ? budgetState(facts) : outlookOf(facts);
}

/** ` at charge-card (timeout)`, of what most failures have in common, in at most `room` characters. */
function mainCause(causes: readonly Cause[], room: number): string {
  const name = (label: Cause['label']) =>
    causes.find((cause) => cause.label === label && cause.share >= MAIN_CAUSE)?.name ?? null;
  const [step, dependency, error] = [name('Step'), name('Dependency'), name('Error')];
  const place = step ?? dependency;
  for (const [forPlace, forError] of CAUSE_NAMES) {
    const where = place === null ? '' : `${step === null ? ' calling' : ' at'} ${shorten(place, forPlace)}`;
    const why = error === null || forError === 0 ? '' : ` (${shorten(error, forError)})`;
    if (where.length + why.length <= room) return `${where}${why}`;
  }
  return '';
}

/** How much of a push text is left for the name and the cause. */
function roomFor(event: string, now: string): number {
  return PUSH_LENGTH - event.length - now.length - ' : '.length;
}

/** `PAGE orders/done: ` and what there is to say, the first of it within the length of a push text. */
function about(
  event: string,
  { slo }: NotificationFacts,
  first: string,
  ...others: readonly (string | null)[]
): string {
  const name = shortenMiddle(plainName(slo, 300), Math.max(LEAST_NAME, roomFor(event, first)));
  const rest = others.filter((other) => other !== null).map((other) => `, ${other}`);
  return oneLine(`${event} ${name}: ${first}${rest.join('')}`, 400);
}

/** Both ends of an id matter: which workflow, and which of its SLOs. */
function shortenMiddle(text: string, limit: number): string {
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  const head = Math.ceil((limit - 1) / 2);
  const tail = characters.slice(characters.length - (limit - 1 - head)).join('');
  const nextWord = tail.search(/[-/_.]/u) + 1;
  // Half a word looks like another one.
  const shown = nextWord > 0 && nextWord < tail.length / 2 ? tail.slice(nextWord) : tail;
  return `${characters.slice(0, head).join('')}…${shown}`;
}
