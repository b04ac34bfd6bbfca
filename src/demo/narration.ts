import { formatDuration, SECOND } from '../core/time/duration.ts';
import {
  FIRST_INCIDENT_AFTER,
  INCIDENT_EVERY,
  INCIDENT_LENGTH,
  OUTAGE_AFTER,
  gatewayBackAfter,
} from './incident-script.ts';

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
    `In ${formatDuration(FIRST_INCIDENT_AFTER)} a part of the payment gateway begins to time out, which is a ticket; soon nearly all of it does, which is`,
    'a page within a minute of the start, and one of the gateway in the same conversation. ana, who is on call, acknowledges them',
    'a minute later. Once the gateway works again the page is down to a ticket, and within ten minutes all is resolved.',
    '',
  ].join('\n');
}

/** What happens in an incident, and how long after its beginning. */
function scenesOf(incident: number): readonly (readonly [after: number, text: string])[] {
  return [
    [0, 'A part of the payment gateway begins to time out: orders are tried three times, then they fail.'],
    [OUTAGE_AFTER, 'Nearly all of the payment gateway times out.'],
    [
      gatewayBackAfter(incident),
      'The payment gateway works again. The circuit breaker before it still turns a few orders away.',
    ],
    [
      INCIDENT_LENGTH,
      'The circuit breaker lets all orders through. Once the failures have left the short windows, all is resolved.',
    ],
  ];
}

/** Prints a line when something happens in an incident, timed from `since`, until stopped. */
export function narrateIncidents(since: number, print: (text: string) => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  function printNext(incident: number, scene: number): void {
    const next = scenesOf(incident)[scene];
    if (!next) {
      printNext(incident + 1, 0);
      return;
    }
    const [after, text] = next;
    const at = since + FIRST_INCIDENT_AFTER + incident * INCIDENT_EVERY + after;
    timer = setTimeout(() => {
      print(`[${clockTime(Date.now())} UTC] ${text}`);
      printNext(incident, scene + 1);
    }, at - Date.now());
  }
  printNext(0, 0);
  return { stop: () => clearTimeout(timer) };
}

function clockTime(at: number): string {
  return new Date(Math.round(at / SECOND) * SECOND).toISOString().slice(11, 19);
}
