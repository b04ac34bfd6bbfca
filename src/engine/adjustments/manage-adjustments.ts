import { randomBytes } from 'node:crypto';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Adjustment } from '../../core/adjustments/adjustment.ts';
import { intervalsOf } from '../../core/adjustments/adjustment.ts';
import { storedAdjustment, upgradeAdjustment } from '../../core/adjustments/stored-adjustment.ts';
import type { AdjustmentDraft } from '../../core/adjustments/adjustment-request.ts';
import { parseAdjustment, parseSignature } from '../../core/adjustments/adjustment-request.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { ManageAdjustments } from '../../core/ports/operator.ts';
import type { AdjustmentReport } from '../../core/ports/queries.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { quoted, refuse } from '../../core/ports/refused.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Caller, Subject } from '../../core/ports/token.ts';
import { may, mayAll, mayName } from '../../core/ports/token.ts';
import type { Definitions, Workflow } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { describeAdjustment } from './adjustment-report.ts';
import type { Adjustments } from './adjustments.ts';

export interface ManageAdjustmentsOptions {
  readonly store: RecordStore;
  readonly adjustments: Adjustments;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
}

/** All adjustments are read again and again, and none is ever erased. */
export const MAX_ADJUSTMENTS = 5000;
/** A record that others change at the same moment is read again this often. */
const TRIES = 5;
const NAMED = 10;
/** Adjustments described before others get a turn of the event loop. */
const DESCRIBED_AT_ONCE = 200;

/** Creates, ends, withdraws and lists adjustments. */
export function createManageAdjustments(options: ManageAdjustmentsOptions): ManageAdjustments {
  const { store, adjustments, definitions, clock, log } = options;
  const describe = (adjustment: Adjustment, now: number) =>
    describeAdjustment(adjustment, adjustments.recurrences, now);

  async function adjust(request: unknown, caller: Caller): Promise<AdjustmentReport | Refused> {
    const now = clock.now();
    const parsed = parseAdjustment(request, now);
    if ('problems' in parsed) return refuse('invalid', ...parsed.problems);
    const { draft } = parsed;
    const problem = scopeProblem(draft, definitions(), caller) ?? ruleProblem(draft);
    if (problem) return problem;
    await adjustments.reload(clock.now());
    if (adjustments.index().all.length >= MAX_ADJUSTMENTS) {
      return refuse('too-many', `There are ${MAX_ADJUSTMENTS} adjustments already; use recurring ones.`);
    }
    const id = `${now.toString(36)}-${randomBytes(4).toString('hex')}`;
    const adjustment: Adjustment = {
      id,
      ...draft,
      actor: caller.name,
      createdAt: now,
      ended: null,
      withdrawn: null,
    };
    await store.putRecord('adjustments', id, 0, storedAdjustment(adjustment));
    log.info({ adjustment }, 'an adjustment was created');
    await adjustments.reload(clock.now());
    return describe(adjustment, now);
  }

  function ruleProblem({ when }: AdjustmentDraft): Refused | null {
    if (when.kind === 'once') return null;
    try {
      const first = adjustments.recurrences.first(when);
      return first === null ? refuse('invalid', 'rrule has no occurrence between start and until.') : null;
    } catch (error) {
      return refuse('invalid', `rrule has no occurrence, or takes too long to compute: ${String(error)}.`);
    }
  }

  async function endAdjustment(
    id: string,
    kind: 'ended' | 'withdrawn',
    request: unknown,
    caller: Caller,
  ): Promise<AdjustmentReport | Refused> {
    const signature = parseSignature(request);
    if ('problems' in signature) return refuse('invalid', ...signature.problems);
    for (let tries = 0; tries < TRIES; tries++) {
      const now = clock.now();
      const records = await store.records('adjustments');
      const record = records.find((candidate) => candidate.id === id);
      const before = record && upgradeAdjustment(record.value);
      const mayKnow = !before || mayAdjust(before, definitions(), caller);
      if (!record || !mayKnow)
        return refuse('unknown', `There is no adjustment ${quoted(id)}; GET /v1/adjustments lists them.`);
      if (!before) {
        return refuse(
          'unknown',
          `A newer version of Burnwatch stored the adjustment ${quoted(id)}; ask a replica of that version.`,
        );
      }
      if (before[kind] || before.withdrawn) return describe(before, now);
      if (kind === 'ended' && isOver(before, now)) {
        return refuse('over', 'It is over already; withdraw it if what it took out is to count again.');
      }
      const closing = { at: now, by: signature.by, actor: caller.name, reason: signature.text };
      const adjustment: Adjustment = { ...before, [kind]: closing };
      if (await store.putRecord('adjustments', id, record.revision, storedAdjustment(adjustment))) {
        log.info({ adjustment }, `an adjustment was ${kind}`);
        await adjustments.reload(clock.now());
        return describe(adjustment, now);
      }
    }
    throw new StoreUnavailable('an adjustment is being changed by others');
  }

  function isOver(adjustment: Adjustment, now: number): boolean {
    const { when } = adjustment;
    const { starts, next } = adjustments.recurrences;
    if (intervalsOf(adjustment, now, now + 1, starts).length > 0) return false;
    return when.kind === 'once' ? when.to <= now : next(when, now) === null;
  }

  return {
    async adjustments() {
      const now = clock.now();
      await adjustments.reload(now);
      const reports: AdjustmentReport[] = [];
      for (const [position, adjustment] of adjustments.index().all.toReversed().entries()) {
        if (position > 0 && position % DESCRIBED_AT_ONCE === 0) await yieldToEventLoop();
        reports.push(describe(adjustment, now));
      }
      return reports;
    },
    adjust,
    endAdjustment,
  };
}

/** Whether a caller may adjust what an adjustment is of. One of what no file defines any more takes the right to all. */
function mayAdjust({ slo, workflow }: Adjustment, definitions: Definitions, caller: Caller): boolean {
  const home =
    workflow === null
      ? allSlos(definitions).find(({ id }) => id === slo)?.workflow
      : definitions.workflows.get(workflow)?.name;
  const found = home === undefined ? undefined : definitions.workflows.get(home);
  return mayAll(caller, 'write') || (found !== undefined && may(caller, 'write', subjectOf(found)));
}

function subjectOf({ name, owner }: Workflow): Subject {
  return { workflow: name, owner };
}

function scopeProblem(
  { slo, workflow }: AdjustmentDraft,
  definitions: Definitions,
  caller: Caller,
): Refused | null {
  const nameable = [...definitions.workflows.values()].filter((one) => mayName(caller, subjectOf(one)));
  const slos = nameable.flatMap((one) => one.slos);
  const found = slos.find(({ id }) => id === slo);
  const home = nameable.find(({ name }) => name === (found?.workflow ?? workflow));
  if (workflow !== null && !home) {
    return refuse(
      'invalid',
      `No workflow ${quoted(workflow)} is loaded; ${known(nameable.map(({ name }) => name))}`,
    );
  }
  if (!home)
    return refuse('invalid', `No SLO ${quoted(slo ?? '')} is loaded; ${known(slos.map(({ id }) => id))}`);
  if (!may(caller, 'write', subjectOf(home)))
    return refuse('forbidden', `This token may not adjust the workflow ${home.name}.`);
  if (found?.sli.kind !== 'composite') return null;
  const members = found.sli.members.map((member) => member.slo);
  return refuse(
    'invalid',
    `${quoted(found.id)} is a composite; adjust its members, which it follows: ${members.join(', ')}.`,
  );
}

function known(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `there ${names.length === 1 ? 'is' : 'are'}: ${names.slice(0, NAMED).join(', ') || 'none'}${more}.`;
}
