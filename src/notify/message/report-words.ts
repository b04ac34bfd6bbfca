import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { ReportFacts, ReportedSlo } from '../../core/alerting/report-facts.ts';
import { DAY } from '../../core/time/duration.ts';
import { iso } from '../../core/time/timestamp.ts';
import { formatCount, formatPercent, formatSpan, formatWholeShare } from '../../core/words/figures.ts';
import type { Field, Phrase } from './phrase.ts';
import { oneLine, plainName, urlPart } from './wording.ts';

/** A table with a title, for mails and terminals: the first column is of names, the others of figures. */
export interface MessageTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Phrase[])[];
  /** What it leaves out; null: nothing. */
  readonly more: string | null;
}

/** SLOs named in a chat. */
const NAMED = 5;
const MAX_NAME = 80;

/** What became of a week or month, as the line that people see first. */
export function reportInBrief({ report }: NotificationFacts): string {
  if (!report) return 'REPORT: its figures are missing';
  const { period, owner, totals } = report;
  const word = period === 'week' ? 'WEEKLY' : 'MONTHLY';
  const whose = owner === null ? 'all teams' : plainName(owner, 60);
  return oneLine(`${word} REPORT ${whose}: ${keptOf(totals)}`, 300);
}

/** Over which days, how many promises were kept, and what was notified meanwhile. */
export function reportSentence(facts: NotificationFacts): Phrase {
  const { report } = facts;
  if (!report) return ['The figures of this report are missing.'];
  const { totals } = report;
  return [`${daysOf(report, facts.timeZone)}: ${keptOf(totals)}; ${openedOf(totals)}.`];
}

/** Which SLOs to look at, and the owner. */
export function reportFields({ report, owner }: NotificationFacts): Field[] {
  const whose: Field = { label: 'Owner', value: [{ name: plainName(owner, 100) }] };
  if (!report) return [whose];
  const { totals, slos } = report;
  const missed = slos.filter(({ spent }) => spent !== null && spent > 1);
  const spending = slos.filter(({ spent }) => spent !== null && spent > 0 && spent <= 1);
  return [
    ...spenders(`Missed (${formatCount(totals.missed)})`, missed, totals.missed),
    ...(missed.length < NAMED ? spenders('Spent most', spending.slice(0, NAMED - missed.length), 0) : []),
    ...(totals.withoutData > 0
      ? [{ label: 'Without data', value: [`${formatCount(totals.withoutData)} of ${slosOf(totals.slos)}`] }]
      : []),
    whose,
  ];
}

/** All that is told of, for those who have the room. */
export function reportTables(facts: NotificationFacts): readonly MessageTable[] {
  const { report, at, timeZone } = facts;
  if (!report) return [];
  const { slos, incidents, totals } = report;
  const opened = totals.pages + totals.tickets;
  return [
    {
      title: 'Budgets',
      columns: ['SLO', 'Promised', 'Failed', 'Spent', 'Before', 'Incidents'],
      rows: slos.map((slo): Phrase[] => [
        [{ name: plainName(slo.id, MAX_NAME) }],
        [formatPercent(slo.objective, 9)],
        [slo.total === 0 ? 'no data' : `${formatCount(slo.bad)} of ${formatCount(slo.total)}`],
        [spentOf(slo.spent)],
        [spentOf(slo.spentBefore)],
        [formatCount(slo.incidents)],
      ]),
      more: totals.slos > slos.length ? `… and ${formatCount(totals.slos - slos.length)} more SLOs` : null,
    },
    {
      title: 'Incidents',
      columns: ['SLO', 'Severity', 'Opened', 'Lasted'],
      rows: incidents.map(({ slo, severity, openedAt, resolvedAt }): Phrase[] => [
        [{ name: plainName(slo, MAX_NAME) }],
        [severity],
        [dayOf(openedAt, timeZone)],
        [resolvedAt === null ? `open for ${formatSpan(at - openedAt)}` : formatSpan(resolvedAt - openedAt)],
      ]),
      more:
        opened > incidents.length || totals.moreIncidents
          ? `… and ${formatCount(opened - incidents.length)}${totals.moreIncidents ? ' or' : ''} more`
          : null,
    },
  ].filter(({ rows }) => rows.length > 0);
}

/** Where all of it is, as paths: to be read, and as a table for a spreadsheet. */
export function reportAddresses({ report }: NotificationFacts): readonly (readonly [string, string])[] {
  if (!report) return [];
  const { period, from, owner } = report;
  const query = `period=${period}&at=${urlPart(iso(isTime(from) ? from : 0))}${owner === null ? '' : `&owner=${urlPart(owner)}`}`;
  return [
    ['Report', `/reports?${query}`],
    ['CSV', `/v1/reports?${query}&format=csv`],
  ];
}

function keptOf({ slos, met, missed, withoutData }: ReportFacts['totals']): string {
  if (slos === 0) return 'there are no SLOs';
  if (missed > 0)
    return `${formatCount(missed)} of ${slosOf(slos)} missed ${missed === 1 ? 'its' : 'their'} objective`;
  if (met === 0) return withoutData === 1 ? 'its SLO has no data' : `none of ${slosOf(slos)} has data`;
  return met === slos
    ? `${slos === 1 ? 'its SLO' : `all ${slosOf(slos)}`} kept`
    : `${formatCount(met)} of ${slosOf(slos)} kept, none missed`;
}

function openedOf({ pages, tickets, moreIncidents }: ReportFacts['totals']): string {
  if (pages + tickets === 0) return 'no incident opened';
  const number = (count: number, word: string) => `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
  return `${number(pages, 'page')} and ${number(tickets, 'ticket')}${moreIncidents ? ', or more,' : ''} opened`;
}

function slosOf(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'SLO' : 'SLOs'}`;
}

function spenders(label: string, slos: readonly ReportedSlo[], all: number): Field[] {
  if (slos.length === 0) return [];
  const named = slos
    .slice(0, NAMED)
    .flatMap(({ id, spent }, index): Phrase => [
      index > 0 ? ', ' : '',
      { name: plainName(id, MAX_NAME) },
      ` ${spentOf(spent)}`,
    ]);
  const more = Math.max(all, slos.length) - Math.min(NAMED, slos.length);
  return [{ label, value: more > 0 ? [...named, ` and ${formatCount(more)} more`] : named }];
}

/** A share of the budget. */
function spentOf(spent: number | null): string {
  return spent === null || !Number.isFinite(spent) ? '-' : formatWholeShare(Math.max(0, spent));
}

const LATEST_TIME = Date.UTC(9999, 11, 31);
const YEARS: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };

/** `Week of 16 Nov 2026 to 22 Nov 2026`, or `November 2026`, by the days of the time zone. */
function daysOf({ period, from, to }: ReportFacts, timeZone: string | null): string {
  if (!isTime(from) || !isTime(to)) return 'An unknown time';
  const zone = timeZone ?? 'UTC';
  if (period === 'month') return formatted(from, zone, { month: 'long', year: 'numeric' });
  // The last day, whatever its length.
  return `Week of ${formatted(from, zone, YEARS)} to ${formatted(Math.max(from, to - DAY / 2), zone, YEARS)}`;
}

function dayOf(moment: number, timeZone: string | null): string {
  if (!isTime(moment)) return 'an unknown time';
  const options = {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  return formatted(moment, timeZone ?? 'UTC', options).replace(',', '');
}

function isTime(moment: number): boolean {
  return moment >= 0 && moment <= LATEST_TIME;
}

function formatted(moment: number, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(moment);
}
