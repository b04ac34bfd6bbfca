import type { Objective } from '../budget/objective.ts';
import type { CallSli } from '../sli/sli.ts';
import { fingerprint } from '../sli/fingerprint.ts';
import type { SliId } from '../sli/sli-id.ts';

/** What workflows call, as producers name it, and what was promised of it. */
export interface Dependency {
  readonly name: string;
  /** The share of calls that is promised to succeed in a calendar month (UTC). */
  readonly sla: Objective;
  /** Who answers for it, which may be a team or another company; null when the file does not say. */
  readonly owner: string | null;
  /** The address of its status page. */
  readonly status: string | null;
  /** Where it was written, `file:line`. */
  readonly source: string;
}

/** The most dependencies that may be declared: of each, the calls of every workflow are read. */
export const MAX_DEPENDENCIES = 200;

/** How calls of a dependency are counted, in every workflow alike. */
export function callsOf(dependency: string): CallSli {
  return { kind: 'calls', dependency };
}

/** The counters of the calls that a workflow makes. */
export function callSeries(workflow: string, dependency: string): SliId {
  return { workflow, fingerprint: fingerprint(callsOf(dependency)) };
}

/** Under which it is noted since when the calls of all workflows are counted; no workflow has such a name. */
const EVERY_WORKFLOW = '!dependencies';

/** What says since when the calls of a dependency are counted. It holds no counters. */
export function callsRegistration(dependency: string): SliId {
  return callSeries(EVERY_WORKFLOW, dependency);
}
