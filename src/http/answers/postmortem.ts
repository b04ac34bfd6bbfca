import type { IncidentDetail } from '../../core/ports/incident-reports.ts';
import { iso } from '../../core/time/timestamp.ts';
import { formatShare, formatSpan } from '../../core/words/figures.ts';
import { costWords, failureWords, lengthWords, timelineOf } from './incident-words.ts';

/** The beginning of a postmortem in Markdown: the questions that matter, with what is known filled in. */
export function postmortem(incident: IncidentDetail, now: number, link: string): string {
  const { slo, owner, severity, openedAt, began, resolvedAt, acknowledged, cost } = incident;
  return [
    `# Postmortem: ${text(slo)}, ${iso(openedAt).slice(0, 10)}`,
    list([
      `Incident: ${link}`,
      `Owner: ${text(owner)}`,
      `Severity: ${severity}`,
      `Began ${iso(began)}, noticed ${iso(openedAt)} (${formatSpan(Math.max(0, openedAt - began))} later)`,
      resolvedAt === null
        ? `Not resolved; open for ${lengthWords(openedAt, null, now)}`
        : `Resolved ${iso(resolvedAt)}, after ${lengthWords(openedAt, resolvedAt, now)}`,
      acknowledged === null
        ? 'No one acknowledged it'
        : `Acknowledged by ${text(acknowledged.by)} after ${formatSpan(Math.max(0, acknowledged.at - openedAt))}`,
      cost === null ? 'Cost: not known' : `Cost: ${costWords(cost)}`,
      incident.postmortemAbove === null
        ? 'The error budget policy asks for no postmortem of it'
        : `The error budget policy asks for a postmortem: it spent more than ${formatShare(incident.postmortemAbove)} of the budget`,
    ]),
    '## What happened?',
    OPEN,
    '## Which step failed, and why?',
    whatFailed(incident),
    OPEN,
    '## What did we not observe?',
    list(notObserved(incident)),
    OPEN,
    '## What was the recovery path?',
    incident.runbook === null ? 'The SLO names no runbook.' : `Runbook: ${text(incident.runbook)}`,
    OPEN,
    '## What can we prevent?',
    similarWords(incident),
    OPEN,
    '## Timeline',
    list(timelineOf(incident).map(({ at, words }) => `${iso(at)} ${text(words)}`)),
    '## Actions',
    '| What | Who | Until |\n| --- | --- | --- |\n| | | |',
    '',
  ].join('\n\n');
}

/** What people fill in. */
const OPEN = '_To be written._';

function whatFailed({ failures, likelyCause, standsOut, stuck, lastFailed }: IncidentDetail): string {
  const total = failures.reduce((sum, { count }) => sum + count, 0);
  const lines = [
    ...failures.map(
      (failure) =>
        `${formatShare(failure.count / total)} of the failures that are kept: ${text(failureWords(failure) ?? 'no step, dependency or error was reported')}`,
    ),
    ...(likelyCause
      ? [
          `Likely cause: ${text(likelyCause.dependency)}, which ${formatShare(likelyCause.failures)} of the failures called`,
        ]
      : []),
    ...(standsOut
      ? [`Stands out: ${text(standsOut.attribute)} ${text(standsOut.value ?? 'without a value')}`]
      : []),
    ...stuck.map(
      ({ step, count, oldest }) =>
        `Stuck${step === null ? '' : ` in ${text(step)}`}: ${count}${oldest === null ? '' : `, the oldest since ${iso(oldest)}`}`,
    ),
    ...(lastFailed.length > 0
      ? [`Failed last: ${lastFailed.map(({ execution }) => text(execution)).join(', ')}`]
      : []),
  ];
  return lines.length === 0 ? 'No step, dependency or error was reported with what failed.' : list(lines);
}

function notObserved({ failures, began, openedAt, events }: IncidentDetail): string[] {
  const undelivered = events.filter(({ kind }) => kind === 'undeliverable');
  const unnamed = failures.some(({ step, error }) => step === null && error === null);
  return [
    `It took ${formatSpan(Math.max(0, openedAt - began))} from the first failures to the alert. Is that soon enough?`,
    ...(unnamed ? ['Some failures were reported without a step or an error: which were they?'] : []),
    ...(undelivered.length > 0
      ? [`Notifications did not arrive: ${undelivered.length} could not be delivered. Who missed them?`]
      : []),
  ];
}

function similarWords({ similar }: IncidentDetail): string {
  if (similar.length === 0) return 'No similar incident of the 90 days before it is known.';
  return `Similar incidents before it:\n\n${list(
    similar.map(({ id, slo, openedAt }) => `${iso(openedAt)} ${text(slo)} (${text(id)})`),
  )}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** What others chose, so that it is no markup: links, headings, tables and HTML stay what they are. */
function text(chosen: string): string {
  return chosen
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#+!|~&]/g, (character) => `\\${character}`);
}
