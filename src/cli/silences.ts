import type { Environment } from '../config/setting-reader.ts';
import type { SilenceReport } from '../core/ports/silences.ts';
import { formatCount, formatTime } from '../core/words/figures.ts';
import { parseLabels } from '../core/slo/labels.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';
import type { Cell } from './terminal-table.ts';
import { terminalTable } from './terminal-table.ts';

/** Which silences, as on the command line; they are the parameters of `GET /v1/silences`. */
export interface SilenceListOptions {
  readonly state?: string;
  readonly after?: string;
}

/** A silence as on the command line: the fields of `POST /v1/silences`, but labels as `name=glob`. */
export interface SilenceOptions {
  readonly label?: readonly string[];
  readonly preview?: true;
  readonly [field: string]: unknown;
}

/** A silence as the API writes it. */
interface ListedSilence extends Pick<
  SilenceReport,
  'id' | 'state' | 'matching' | 'reason' | 'createdBy' | 'mutes'
> {
  readonly occurrence: { readonly from: string; readonly to: string } | null;
}

const HEADING = ['STATE', 'WHAT', 'FROM', 'UNTIL', 'MUTES NOW', 'BY', 'ID', 'WHY'] as const;
const LISTED = 100;

/** `burnwatch silences list`. */
export function silenceTable(
  choice: SilenceListOptions,
  { format, colored }: { readonly format: string; readonly colored: boolean },
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const query = new URLSearchParams({ ...choice, limit: String(LISTED) });
    const page = await ask<{ items: readonly ListedSilence[]; next: string | null }>(
      `/v1/silences?${query.toString()}`,
    );
    if (format === 'json') return { ok: true, text: JSON.stringify(page, null, 2) };
    if (page.items.length === 0) return { ok: true, text: 'There are no such silences.' };
    const table = terminalTable(HEADING, page.items.map(rowOf), colored);
    return { ok: true, text: page.next === null ? table : `${table}\nThere are more: --after ${page.next}` };
  });
}

/** `burnwatch silences add`: makes one, or says what it would mute. */
export function addSilence(
  { label, preview, ...fields }: SilenceOptions,
  env: Environment,
): Promise<VerbAnswer> {
  // What is no label is refused by the service.
  const request = { ...fields, ...(label && { labels: parseLabels(label.join()) ?? {} }) };
  return withService(env, async (ask) => {
    const path = preview ? '/v1/silences/preview' : '/v1/silences';
    const silence = await ask<ListedSilence>(path, request);
    const made = preview ? 'It would mute' : `The silence ${silence.id} mutes`;
    return { ok: true, text: `${made} ${reachOf(silence)}${periodOf(silence)}.` };
  });
}

/** `burnwatch silences end`. */
export function endSilence(id: string, env: Environment): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    await ask(`/v1/silences/${encodeURIComponent(id)}`, undefined, 'DELETE');
    return { ok: true, text: `The silence ${id} has ended.` };
  });
}

function rowOf(silence: ListedSilence): readonly Cell[] {
  const { id, state, matching, occurrence, reason, createdBy } = silence;
  const { labels, ...others } = matching;
  const what = Object.entries({ ...others, ...labels }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${value}`],
  );
  return [
    { text: state, ...(state === 'active' && { tone: 'warning' as const }) },
    { text: what.join(' ') },
    { text: occurrence ? timeOf(occurrence.from) : '-' },
    { text: occurrence ? timeOf(occurrence.to) : '-' },
    { text: state === 'ended' ? '-' : reachOf(silence) },
    { text: createdBy },
    { text: id },
    { text: reason },
  ];
}

function reachOf({ mutes: { slos, sloCount, incidentCount } }: ListedSilence): string {
  const named = sloCount === 1 ? slos[0]! : `${formatCount(sloCount)} SLOs`;
  const incidents = incidentCount === 1 ? '1 open incident' : `${formatCount(incidentCount)} open incidents`;
  return `${named}, ${incidents}`;
}

function periodOf({ occurrence }: ListedSilence): string {
  return occurrence ? `, from ${timeOf(occurrence.from)} to ${timeOf(occurrence.to)}` : '';
}

function timeOf(text: string): string {
  return formatTime(Date.parse(text));
}
