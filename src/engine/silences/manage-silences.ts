import { randomBytes } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { isOver } from '../../core/alerting/silence.ts';
import type { Silence } from '../../core/alerting/silence.ts';
import type { SilenceDraft } from '../../core/alerting/silence-request.ts';
import { parseSilence } from '../../core/alerting/silence-request.ts';
import { storedSilence } from '../../core/alerting/stored-silence.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ListPlace } from '../../core/ports/list-page.ts';
import { listPage } from '../../core/ports/list-page.ts';
import type { Log } from '../../core/ports/log.ts';
import type { IncidentReport } from '../../core/ports/queries.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused, quoted, refuse } from '../../core/ports/refused.ts';
import type { ManageSilences, SilencePreview, SilenceReport } from '../../core/ports/silences.ts';
import { SILENCE_STATES } from '../../core/ports/silences.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Caller } from '../../core/ports/token.ts';
import { boundsOf, may, mayAll, mayName } from '../../core/ports/token.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { DAY } from '../../core/time/duration.ts';
import type { Recurrences } from '../adjustments/recurrence.ts';
import type { SilenceSurroundings } from './silence-report.ts';
import { describeSilence, slosOf } from './silence-report.ts';
import type { KeptSilence, Silences } from './silences.ts';

export interface ManageSilencesOptions {
  readonly store: RecordStore;
  readonly silences: Silences;
  readonly recurrences: Recurrences;
  readonly definitions: () => Definitions;
  readonly incidents: () => Promise<readonly IncidentReport[]>;
  readonly clock: Clock;
  readonly log: Log;
}

/** All that are not over are looked at for every transition. */
export const MAX_SILENCES = 1000;
/** Those that are over are listed for so long. */
const KEPT_AFTER_END = 90 * DAY;
/** A record that others change at the same moment is read again this often. */
const TRIES = 5;
const NAMED = 10;

/** Creates, ends, previews and lists silences. */
export function createManageSilences(options: ManageSilencesOptions): ManageSilences {
  const { store, silences, recurrences, definitions, clock, log } = options;

  async function surroundings(now: number): Promise<SilenceSurroundings> {
    return { slos: allSlos(definitions()), incidents: await options.incidents(), recurrences, now };
  }

  /** Whether a caller may know of a silence: it can read something of what that mutes, or made it. */
  function isKnownTo(silence: Silence, { slos }: SilenceSurroundings, caller: Caller): boolean {
    if (mayAll(caller, 'read') || isOwn(silence, caller)) return true;
    return slosOf(silence, slos).some((slo) => mayName(caller, slo));
  }

  async function listed(around: SilenceSurroundings, caller: Caller): Promise<readonly SilenceReport[]> {
    const reports: SilenceReport[] = [];
    for (const { silence } of await silences.all()) {
      // Thousands of SLOs are matched for each (G2).
      await yieldToEventLoop();
      if (isKnownTo(silence, around, caller)) reports.push(describeSilence(silence, around, caller));
    }
    return reports;
  }

  async function drafted(
    request: unknown,
    caller: Caller,
    around: SilenceSurroundings,
    id?: string,
  ): Promise<Silence | Refused> {
    const { now } = around;
    const parsed = parseSilence(request, caller.name, now, (id) => timeZoneOf(id, around));
    if ('problems' in parsed) return refuse('invalid', ...parsed.problems);
    const draft = withSloOf(parsed.draft, around.incidents, caller);
    if (isRefused(draft)) return draft;
    const silence: Silence = {
      id: id ?? `${now.toString(36)}-${randomBytes(4).toString('hex')}`,
      ...draft,
      within: boundsOf(caller, 'respond'),
      actor: caller.name,
      createdAt: now,
      ended: null,
    };
    return reachProblem(silence, around, caller) ?? ruleProblem(draft) ?? silence;
  }

  function timeZoneOf(id: string, { incidents }: SilenceSurroundings): string {
    const owner = incidents.find((incident) => incident.id === id)?.owner;
    return (owner === undefined ? null : definitions().teams.get(owner)?.timeZone) ?? 'UTC';
  }

  function ruleProblem({ when }: SilenceDraft): Refused | null {
    if (when.kind !== 'recurring') return null;
    try {
      return recurrences.first(when) === null
        ? refuse('invalid', 'rrule has no occurrence between start and until.')
        : null;
    } catch (error) {
      return refuse('invalid', `rrule has no occurrence, or takes too long to compute: ${String(error)}.`);
    }
  }

  /** Makes room: those that were over long ago are not listed any more. */
  async function forgetOld(all: readonly KeptSilence[], now: number): Promise<number> {
    let left = 0;
    for (const { silence, revision } of all) {
      if (!isOver(silence, now)) left++;
      else if (isOver(silence, now - KEPT_AFTER_END) && (silence.ended?.at ?? 0) < now - KEPT_AFTER_END)
        await store.putRecord('silences', silence.id, revision, null);
    }
    return left;
  }

  async function createSilence(
    request: unknown,
    caller: Caller,
    id?: string,
  ): Promise<SilenceReport | Refused> {
    const around = await surroundings(clock.now());
    const silence = await drafted(request, caller, around, id);
    if (isRefused(silence)) return silence;
    if ((await forgetOld(await silences.all(), around.now)) >= MAX_SILENCES)
      return refuse('too-many', `There are ${MAX_SILENCES} silences already; end some, or use globs.`);
    if (!(await store.putRecord('silences', silence.id, 0, storedSilence(silence)))) {
      const first = (await silences.all()).find((kept) => kept.silence.id === silence.id);
      if (!first) throw new StoreUnavailable('a silence is being changed by others');
      return describeSilence(first.silence, around, caller);
    }
    log.info({ silence }, 'a silence was created');
    return describeSilence(silence, around, caller);
  }

  async function previewSilence(request: unknown, caller: Caller): Promise<SilencePreview | Refused> {
    const around = await surroundings(clock.now());
    const silence = await drafted(request, caller, around);
    if (isRefused(silence)) return silence;
    const { id: _id, createdAt: _at, ended: _ended, ...preview } = describeSilence(silence, around, caller);
    return preview;
  }

  async function endSilence(id: string, caller: Caller): Promise<SilenceReport | Refused> {
    for (let tries = 0; tries < TRIES; tries++) {
      const around = await surroundings(clock.now());
      const kept = (await silences.all()).find(({ silence }) => silence.id === id);
      if (!kept || !isKnownTo(kept.silence, around, caller))
        return refuse('unknown', `There is no silence ${quoted(id)}; GET /v1/silences lists them.`);
      const { silence, revision } = kept;
      if (!mayEnd(silence, around, caller))
        return refuse('forbidden', 'This token may not respond to everything that this silence mutes.');
      if (silence.ended || isOver(silence, around.now)) return describeSilence(silence, around, caller);
      const { name, address } = caller;
      const closing = { at: around.now, by: name ?? address, actor: name, reason: null };
      const ended: Silence = { ...silence, ended: closing };
      if (await store.putRecord('silences', id, revision, storedSilence(ended))) {
        log.info({ silence: ended }, 'a silence was ended');
        return describeSilence(ended, around, caller);
      }
    }
    throw new StoreUnavailable('a silence is being changed by others');
  }

  return {
    createSilence,
    previewSilence,
    endSilence,
    async silences({ state, ...page }, caller) {
      const all = await listed(await surroundings(clock.now()), caller);
      const wanted = all.filter((report) => state === null || report.state === state);
      return listPage(wanted, placeOf, page);
    },
    async silence(id, caller) {
      const around = await surroundings(clock.now());
      const kept = (await silences.all()).find(({ silence }) => silence.id === id);
      if (!kept || !isKnownTo(kept.silence, around, caller)) return null;
      return describeSilence(kept.silence, around, caller);
    },
  };
}

function placeOf({ state, createdAt, id }: SilenceReport): ListPlace {
  return [SILENCE_STATES.indexOf(state), -createdAt, id];
}

function isOwn({ actor }: Silence, { name }: Caller): boolean {
  return actor !== null && actor === name;
}

/** Who may respond to all that it mutes may end it; of what no file defines any more takes the right to all. */
function mayEnd(silence: Silence, { slos }: SilenceSurroundings, caller: Caller): boolean {
  if (mayAll(caller, 'respond') || isOwn(silence, caller)) return true;
  const found = slosOf(silence, slos);
  return found.length > 0 && found.every((slo) => may(caller, 'respond', slo));
}

/** A silence of an incident is one of its SLO as well, so that it can be told whose it is when the incident is over. */
function withSloOf(
  draft: SilenceDraft,
  incidents: readonly IncidentReport[],
  caller: Caller,
): SilenceDraft | Refused {
  const { incident } = draft.matching;
  if (incident === null) return draft;
  const open = incidents.filter((one) => mayName(caller, one));
  const found = open.find(({ id }) => id === incident);
  if (found) return { ...draft, matching: { ...draft.matching, slo: draft.matching.slo ?? found.slo } };
  const named = open.slice(0, NAMED).map(({ id, slo }) => `${id} (${slo})`);
  const others = named.length === 0 ? 'no incident is open' : `open are: ${named.join(', ')}`;
  return refuse('unknown', `No incident ${quoted(incident)} is open; ${others}.`);
}

function reachProblem(silence: Silence, { slos }: SilenceSurroundings, caller: Caller): Refused | null {
  if (slosOf(silence, slos).length > 0) return null;
  const nameable = slos.filter((slo) => mayName(caller, slo));
  if (slosOf({ ...silence, within: null }, nameable).length > 0)
    return refuse('forbidden', 'This token may not respond to any of the SLOs that this matches.');
  const names = nameable.slice(0, NAMED).map(({ id }) => id);
  const more = nameable.length > NAMED ? ` and ${nameable.length - NAMED} more` : '';
  return refuse(
    'invalid',
    `No loaded SLO matches all of this; workflow, slo, owner and labels are globs, where * is any text. There are: ${names.join(', ') || 'none'}${more}.`,
  );
}
