import type { IncidentSummary } from '../core/ports/incident-reports.ts';
import { formatRelative, formatSpan } from '../core/words/figures.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';
import type { Cell } from './terminal-table.ts';
import { terminalTable } from './terminal-table.ts';

/** Which incidents, as on the command line; they are the parameters of `GET /v1/incidents`. */
export interface IncidentOptions {
  readonly state?: string;
  readonly owner?: string;
  readonly workflow?: string;
  readonly after?: string;
}

/** An incident as the API writes it. */
interface ListedIncident extends Pick<
  IncidentSummary,
  'id' | 'slo' | 'owner' | 'severity' | 'state' | 'topFailure'
> {
  readonly openedAt: string;
  readonly resolvedAt: string | null;
  readonly acknowledged: { readonly by: string } | null;
}

const HEADING = [
  'STATE',
  'SEVERITY',
  'SLO',
  'OWNER',
  'OPENED',
  'LASTED',
  'ACKNOWLEDGED',
  'ID',
  'FAILED',
] as const;
const LISTED = 100;

/** `burnwatch incidents`: the open ones, or those of the past. */
export function incidentTable(
  choice: IncidentOptions,
  { format, colored, now }: { readonly format: string; readonly colored: boolean; readonly now: number },
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const query = new URLSearchParams({ ...choice, limit: String(LISTED) });
    const page = await ask<{ items: readonly ListedIncident[]; next: string | null }>(
      `/v1/incidents?${query.toString()}`,
    );
    if (format === 'json') return { ok: true, text: JSON.stringify(page, null, 2) };
    const { state = 'open' } = choice;
    if (page.items.length === 0)
      return { ok: true, text: `There are no ${state === 'all' ? '' : `${state} `}incidents.` };
    const table = terminalTable(
      HEADING,
      page.items.map((incident) => rowOf(incident, now)),
      colored,
    );
    return { ok: true, text: page.next === null ? table : `${table}\nThere are more: --after ${page.next}` };
  });
}

/** Who looks after an incident, as on the command line. */
export interface AcknowledgeOptions {
  readonly by?: string;
  readonly note?: string;
  readonly conversation?: true;
}

interface Taken {
  readonly by: string;
  readonly at: string;
}

/** `burnwatch ack`: someone looks after an incident; the one who is logged in, unless `by` says who. */
export function acknowledgeIncident(
  incident: string,
  { by = '', note, conversation }: AcknowledgeOptions,
  env: Environment,
): Promise<VerbAnswer> {
  const who = by || env['USER'] || env['LOGNAME'];
  if (!who) return Promise.resolve({ ok: false, text: 'Say who looks after it: --by <name>.' });
  return withService(env, async (ask) => {
    const path = `/v1/incidents/${encodeURIComponent(incident)}/ack`;
    const known = await ask<Taken & { readonly others?: readonly (Taken & { readonly slo: string })[] }>(
      path,
      { by: who, note, conversation },
    );
    // The first one holds, whoever asks for it again.
    const own = `Acknowledged by ${known.by}, ${known.at}: reminders and escalation stop.`;
    if (!known.others) return { ok: true, text: own };
    const others = known.others.map(({ slo, by: taker, at }) => `  ${slo}: by ${taker}, ${at}`);
    const heading = `Of its conversation, ${others.length === 0 ? 'no other incident is open' : 'also'}`;
    return {
      ok: true,
      text: [own, others.length === 0 ? `${heading}.` : `${heading}:`, ...others].join('\n'),
    };
  });
}

function rowOf(incident: ListedIncident, now: number): readonly Cell[] {
  const { id, slo, owner, severity, state, openedAt, resolvedAt, acknowledged, topFailure } = incident;
  const opened = Date.parse(openedAt);
  const isOpen = state === 'open';
  const lasted = resolvedAt === null ? (isOpen ? now - opened : null) : Date.parse(resolvedAt) - opened;
  const { step = null, dependency = null, error = null } = topFailure ?? {};
  const failed = [step, dependency, error].filter((part) => part !== null).join(' · ');
  return [
    { text: state, ...(isOpen ? {} : { tone: 'good' as const }) },
    {
      text: severity,
      ...(isOpen && { tone: severity === 'page' ? ('bad' as const) : ('warning' as const) }),
    },
    { text: slo },
    { text: owner },
    { text: formatRelative(opened, now) },
    { text: lasted === null ? '-' : formatSpan(Math.max(0, lasted)) },
    { text: acknowledged?.by ?? '-' },
    { text: id },
    { text: failed || '-' },
  ];
}
