import { formatDuration, SECOND } from '../core/time/duration.ts';
import { FIRST_INCIDENT_AFTER, INCIDENT_EVERY, INCIDENT_LENGTH } from './incident-script.ts';

/** The text printed at the start: where to look, and what is about to happen. */
export function welcome(url: string, slos: number, takenPort: number | null): string {
  return [
    '',
    `Burnwatch listens on ${url}${takenPort ? ` (port ${takenPort} is taken)` : ''}`,
    `  dashboard   ${url}/`,
    `  inbox       ${url}/inbox   what Slack, PagerDuty and the mailbox would show`,
    '',
    `It watches ${slos} SLOs of a small shop: orders, clicks and invoices. All of it is made up, nothing is sent`,
    'to any other machine, and nothing is left when it ends (Ctrl-C).',
    '',
    `In ${formatDuration(FIRST_INCIDENT_AFTER)} the payment gateway begins to time out. The pages come within a minute of the start, and ana,`,
    'who is on call, acknowledges them a minute later. They are resolved some ten minutes after it works again: first the',
    'short windows empty, then all must stay well for a while.',
    '',
  ].join('\n');
}

const BEGINS = 'The payment gateway begins to time out: orders are tried three times, then they fail.';
const ENDS =
  'The payment gateway works again. Failures leave the short windows, then the pages are resolved, in some ten minutes.';

/** Prints a line when an incident begins or ends, timed from `since`, until stopped. */
export function narrateIncidents(since: number, print: (text: string) => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  function printNext(incident: number, over: boolean): void {
    const at = since + FIRST_INCIDENT_AFTER + incident * INCIDENT_EVERY + (over ? INCIDENT_LENGTH : 0);
    timer = setTimeout(() => {
      print(`[${clockTime(Date.now())} UTC] ${over ? ENDS : BEGINS}`);
      printNext(over ? incident + 1 : incident, !over);
    }, at - Date.now());
  }
  printNext(0, false);
  return { stop: () => clearTimeout(timer) };
}

function clockTime(at: number): string {
  return new Date(Math.round(at / SECOND) * SECOND).toISOString().slice(11, 19);
}
