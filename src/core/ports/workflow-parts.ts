import type { Counts } from '../counters/cells.ts';

/** The part of a workflow that an SLO is about; of SLOs of transitions see `HandOverReport`, composites are about none. */
export interface SloPart {
  readonly slo: string;
  readonly part: 'execution' | 'step' | 'dependency' | 'measurement';
  /** The name of the step, the dependency or the measurement; null of whole executions. */
  readonly name: string | null;
}

/** A transition from one step to another, as one SLO counts it. */
export interface HandOverReport {
  readonly from: string;
  readonly to: string;
  readonly slo: string;
  /** How soon the second step has to start, such as `5m`. */
  readonly within: string;
  /** Of the last hour: bad are those that came late, or not at all. Null while it cannot be read. */
  readonly lastHour: Counts | null;
}

/** What a workflow calls: declared dependencies that it called in the last hour, and those that its SLOs name. */
export interface CallReport {
  readonly dependency: string;
  /** Whether something was promised of it, so that it has a page. */
  readonly declared: boolean;
  /** Its calls in the last hour; null when they are not counted, or cannot be read. */
  readonly lastHour: Counts | null;
  /** The steps that are known to call it, because calls of theirs failed in the last hour or an SLO says so. */
  readonly steps: readonly { readonly step: string; readonly failed: number }[];
}
