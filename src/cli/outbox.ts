import type {
  NotificationReport,
  OutboxDropReport,
  OutboxRetryReport,
} from '../core/ports/outbox-reports.ts';
import { timesAt } from '../core/words/times.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';

/** Which notifications, as on the command line; they are the parameters of `GET /v1/outbox`. */
export interface OutboxOptions {
  readonly state?: string;
  readonly after?: string;
}

/** A notification as the API writes it. */
interface ListedNotification extends Omit<NotificationReport, 'createdAt' | 'waitsUntil'> {
  readonly createdAt: string;
  /** Absent from a service of an earlier version. */
  readonly waitsUntil?: { readonly at: string; readonly timeZone: string } | null;
}

const OUTBOX = '/v1/outbox';
const LISTED = 100;

/** `burnwatch outbox list`: what a running service could not deliver, oldest first, or what it has still to send. */
export function listOutbox(choice: OutboxOptions, format: string, env: Environment): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const query = new URLSearchParams({ ...choice, limit: String(LISTED) });
    const page = await ask<{ items: readonly ListedNotification[]; next: string | null }>(
      `${OUTBOX}?${query.toString()}`,
    );
    if (format === 'json') return { ok: true, text: JSON.stringify(page, null, 2) };
    if (page.items.length === 0)
      return { ok: true, text: `There are no ${choice.state ?? 'undeliverable'} notifications.` };
    const lines = page.items.map(
      ({ id, createdAt, target, slo, severity, kind, attempts, lastError, waitsUntil }) =>
        `${id}  ${createdAt}  ${severity} ${kind} of ${slo} to ${target}\n    ` +
        `tries: ${attempts}${lastError === null ? '' : `; ${lastError}`}` +
        (waitsUntil
          ? `; waits until ${timesAt(Date.parse(createdAt), waitsUntil.timeZone).at(Date.parse(waitsUntil.at))}: quiet hours`
          : ''),
    );
    const more = page.next === null ? [] : [`There are more: --after ${page.next}`];
    return { ok: true, text: [...lines, ...more].join('\n') };
  });
}

/** `burnwatch outbox retry`: has one undeliverable notification or all sent again; not `ok` when some are left. */
export function retryOutbox(id: string, env: Environment): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    let retried = 0;
    let left = 0;
    const reasons: string[] = [];
    for (let after: string | undefined; ;) {
      const report: OutboxRetryReport = await ask(`${OUTBOX}/retry`, { id, after });
      retried += report.retried;
      left += report.left;
      for (const reason of report.reasons) reasons.push(`${reason.id}: ${reason.message}`);
      if (report.next === null) break;
      after = report.next;
    }
    const more = left > reasons.length ? [`and ${left - reasons.length} more`] : [];
    return {
      ok: left === 0,
      text: [`${retried} to be sent again, ${left} left.`, ...reasons, ...more].join('\n'),
    };
  });
}

/** `burnwatch outbox drop`: removes one undeliverable notification or all. */
export function dropOutbox(id: string, env: Environment): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    let dropped = 0;
    for (let after: string | undefined; ;) {
      const report: OutboxDropReport = await ask(`${OUTBOX}/drop`, { id, after });
      dropped += report.dropped;
      if (report.next === null) return { ok: true, text: `${dropped} dropped.` };
      after = report.next;
    }
  });
}
