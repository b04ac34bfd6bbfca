import { LONGEST_NAME, LONGEST_TEXT, isObject, text, unknownFields } from '../adjustments/request-fields.ts';
import { DAY, HOUR, MINUTE, formatDuration, parseDuration } from '../time/duration.ts';
import type { Refused } from './refused.ts';
import type { Caller } from './token.ts';

/** That changes of a workflow, or of a team, may go out for a time, whatever its SLOs say. */
export interface GateOverride {
  readonly id: string;
  /** One of these is not null. */
  readonly workflow: string | null;
  readonly owner: string | null;
  readonly reason: string;
  readonly by: string;
  /** See `Caller.name`. */
  readonly actor: string | null;
  readonly createdAt: number;
  readonly until: number;
  /** Who ended it before its time; null: no one did. */
  readonly ended: { readonly at: number; readonly by: string; readonly actor: string | null } | null;
  /** Set once those who answer for it were notified. */
  readonly notified?: true;
}

export interface GateOverrideReport extends Omit<GateOverride, 'notified'> {
  /** Whether it holds now. */
  readonly active: boolean;
}

/** Makes, ends and lists overrides of the gate, as far as a caller may. */
export interface ManageGateOverrides {
  /** Those that the caller may know of, in no particular order. */
  gateOverrides(caller: Caller): Promise<readonly GateOverrideReport[]>;
  /** The same again, while one with that reason holds, changes nothing: trying again must not prolong it. */
  overrideGate(request: unknown, caller: Caller): Promise<GateOverrideReport | Refused>;
  /** Ending it again changes nothing. */
  endGateOverride(id: string, caller: Caller): Promise<GateOverrideReport | Refused>;
}

export type GateOverrideDraft = Pick<GateOverride, 'workflow' | 'owner' | 'reason' | 'by'> & {
  readonly length: number;
};

const FIELDS = ['workflow', 'owner', 'reason', 'by', 'for'];
/** What has to hold for longer is a policy, which stands in the SLO file. */
const LONGEST_OVERRIDE = DAY;
/** Clocks of replicas may differ by so much. */
const CLOCK_SLACK = MINUTE;

/** Reads a request as parsed from JSON, or says all that is wrong with it. `who` makes it unless the request says so. */
export function parseGateOverride(
  input: unknown,
  who: string | null,
): { readonly draft: GateOverrideDraft } | { readonly problems: readonly string[] } {
  if (!isObject(input)) return { problems: ['An override is a JSON object.'] };
  const problems = unknownFields(input, FIELDS);
  const [workflow, owner] = [
    text(input, 'workflow', LONGEST_NAME, problems),
    text(input, 'owner', LONGEST_NAME, problems),
  ];
  if ((input['workflow'] == null) === (input['owner'] == null))
    problems.push('Give the workflow or the owner whose changes may go out, one of them.');
  if (input['reason'] == null) problems.push('reason is missing: why, as a text.');
  const reason = text(input, 'reason', LONGEST_TEXT, problems) ?? '';
  const by = text(input, 'by', LONGEST_NAME, problems) ?? who ?? '';
  if (by === '' && input['by'] == null) problems.push('by is missing: who does this, as a text.');
  const given = input['for'] ?? null;
  const length = given === null ? HOUR : typeof given === 'string' ? parseDuration(given) : null;
  if (length === null || length < MINUTE || length > LONGEST_OVERRIDE)
    problems.push(`for must be a duration from 1m to ${formatDuration(LONGEST_OVERRIDE)}, such as 1h.`);
  return problems.length > 0 ? { problems } : { draft: { workflow, owner, reason, by, length: length! } };
}

/**
 * Whether an override holds at a moment. One that was made by a clock that ran ahead holds not: it would for as much longer as that was
 * ahead.
 */
export function holdsAt({ createdAt, until, ended }: GateOverride, now: number): boolean {
  return ended === null && now < until && now >= createdAt - CLOCK_SLACK;
}

/** What of an SLO says which overrides are about it. */
interface GatedSlo {
  readonly workflow: string;
  readonly owner: string;
}

/** What lets changes out although an SLO may speak against them. */
export type HoldingOverride = Pick<GateOverride, 'id' | 'by' | 'reason' | 'until'>;

/** The override of the gate of an SLO that holds longest at a moment; null where none does. */
export function overrideOf(
  slo: GatedSlo,
  overrides: readonly GateOverride[],
  now: number,
): HoldingOverride | null {
  const holding = overrides.filter((override) => holdsAt(override, now) && isOverrideOf(override, slo));
  const [last] = holding.toSorted((one, other) => other.until - one.until);
  return last ? { id: last.id, by: last.by, reason: last.reason, until: last.until } : null;
}

/** Whether changes that an SLO speaks against may go out by an override. */
export function isOverrideOf({ workflow, owner }: GateOverride, slo: GatedSlo): boolean {
  return workflow === null ? owner === slo.owner : workflow === slo.workflow;
}
