import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type {
  GateOverride,
  GateOverrideDraft,
  GateOverrideReport,
  ManageGateOverrides,
} from '../../core/ports/gate-override.ts';
import { holdsAt, parseGateOverride } from '../../core/ports/gate-override.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { quoted, refuse } from '../../core/ports/refused.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import { storedGateOverride, upgradeGateOverride } from '../../core/ports/stored-gate-override.ts';
import type { Caller, Subject } from '../../core/ports/token.ts';
import { may, mayAll, mayName } from '../../core/ports/token.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { DAY } from '../../core/time/duration.ts';

export interface GateOverridesOptions {
  readonly store: RecordStore;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
}

/** All of them are read for every question to the gate. */
export const MAX_GATE_OVERRIDES = 500;
/** Those that are over are listed for so long. */
const KEPT_AFTER_END = 90 * DAY;
/** A record that others change at the same moment is read again this often. */
const TRIES = 5;

function isNameable(subject: Subject, caller: Caller): boolean {
  return mayName(caller, subject) || may(caller, 'write', subject);
}

interface KeptOverride {
  readonly revision: number;
  readonly override: GateOverride;
}

/** Makes, ends and lists overrides of the gate. */
export function createGateOverrides(options: GateOverridesOptions): ManageGateOverrides {
  const { store, definitions, clock, log } = options;

  async function kept(): Promise<readonly KeptOverride[]> {
    const records = await store.records('gate-overrides');
    return records.flatMap(({ revision, value }) => {
      const override = upgradeGateOverride(value);
      return override ? [{ revision, override }] : [];
    });
  }

  /** The workflows whose changes it lets out. */
  function subjectsOf({ workflow, owner }: Pick<GateOverride, 'workflow' | 'owner'>): readonly Subject[] {
    return [...definitions().workflows.values()]
      .filter((one) => (workflow === null ? one.owner === owner : one.name === workflow))
      .map((one) => ({ workflow: one.name, owner: one.owner }));
  }

  function isKnownTo(override: GateOverride, caller: Caller): boolean {
    return (
      mayAll(caller, 'read') ||
      mayAll(caller, 'write') ||
      subjectsOf(override).some((subject) => isNameable(subject, caller))
    );
  }

  /** Of what no file defines any more takes the right to all. */
  function mayChange(of: Pick<GateOverride, 'workflow' | 'owner'>, caller: Caller): boolean {
    const subjects = subjectsOf(of);
    return (
      mayAll(caller, 'write') ||
      (subjects.length > 0 && subjects.every((subject) => may(caller, 'write', subject)))
    );
  }

  function problemOf(draft: GateOverrideDraft, caller: Caller): Refused | null {
    const { workflow, owner } = draft;
    const [what, name] = workflow === null ? ['owner', owner!] : ['workflow', workflow];
    // A misspelt name would let nothing out, and seem to.
    if (!subjectsOf(draft).some((subject) => isNameable(subject, caller)))
      return refuse('invalid', `No ${what} ${quoted(name)} is loaded; GET /v1/slos lists them.`);
    if (mayChange(draft, caller)) return null;
    return refuse('forbidden', `This token may not override the gate of the ${what} ${name}.`);
  }

  const reportOf = (override: GateOverride, now: number): GateOverrideReport => {
    const { notified: _, ...shown } = override;
    return { ...shown, active: holdsAt(override, now) };
  };

  /** Makes room; gives how many are left. */
  async function forgetOld(all: readonly KeptOverride[], now: number): Promise<number> {
    const old = all.filter(({ override }) => override.until < now - KEPT_AFTER_END);
    for (const { override, revision } of old)
      await store.putRecord('gate-overrides', override.id, revision, null);
    return all.length - old.length;
  }

  return {
    async gateOverrides(caller) {
      const now = clock.now();
      return (await kept())
        .filter(({ override }) => isKnownTo(override, caller))
        .map(({ override }) => reportOf(override, now));
    },

    async overrideGate(request, caller) {
      const parsed = parseGateOverride(request, caller.name);
      if ('problems' in parsed) return refuse('invalid', ...parsed.problems);
      const { draft } = parsed;
      const problem = problemOf(draft, caller);
      if (problem) return problem;
      const now = clock.now();
      const all = await kept();
      const same = all.find(
        ({ override }) =>
          holdsAt(override, now) &&
          override.workflow === draft.workflow &&
          override.owner === draft.owner &&
          override.reason === draft.reason &&
          override.by === draft.by,
      );
      if (same) return reportOf(same.override, now);
      if ((await forgetOld(all, now)) >= MAX_GATE_OVERRIDES)
        return refuse(
          'too-many',
          `There are ${MAX_GATE_OVERRIDES} overrides of the last 90 days; change the policy that freezes deploys.`,
        );
      const { length, ...what } = draft;
      const id = `${now.toString(36)}-${randomBytes(4).toString('hex')}`;
      const override: GateOverride = {
        id,
        ...what,
        actor: caller.name,
        createdAt: now,
        until: now + length,
        ended: null,
      };
      await store.putRecord('gate-overrides', id, 0, storedGateOverride(override));
      log.warn({ override }, 'the gate was overridden');
      return reportOf(override, now);
    },

    async endGateOverride(id, caller) {
      for (let tries = 0; tries < TRIES; tries++) {
        const now = clock.now();
        const found = (await kept()).find(({ override }) => override.id === id);
        if (!found || !isKnownTo(found.override, caller))
          return refuse('unknown', `There is no override ${quoted(id)}; GET /v1/gate/overrides lists them.`);
        const { override, revision } = found;
        if (!mayChange(override, caller))
          return refuse('forbidden', 'This token may not end an override of this workflow or owner.');
        if (override.ended || now >= override.until) return reportOf(override, now);
        const { name, address } = caller;
        const ended: GateOverride = {
          ...override,
          ended: { at: now, by: name ?? address, actor: name },
        };
        if (await store.putRecord('gate-overrides', id, revision, storedGateOverride(ended))) {
          log.info({ override: ended }, 'an override of the gate was ended');
          return reportOf(ended, now);
        }
      }
      throw new StoreUnavailable('an override of the gate is being changed by others');
    },
  };
}
