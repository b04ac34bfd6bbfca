import type { WorkflowMapping } from '../../core/slo/mapping-rules.ts';
import type { SloDraft } from '../native/slo.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import type { SourceText } from '../yaml/source-text.ts';
import type { Place } from '../yaml/value-tree.ts';

/** The most SLOs that are loaded. */
export const MAX_SLOS = 10_000;

/** A workflow of the files whose SLOs are still to be finished. */
export interface WorkflowDraft extends WorkflowMap {
  readonly name: string;
  readonly owner: string;
  readonly runbook: string | null;
  /** Attributes whose values are told apart. */
  readonly breakdown: readonly string[];
  /** Executions a millisecond that it expects; null when it does not say. */
  readonly traffic: number | null;
  readonly drafts: readonly SloDraft[];
  /** How it is told from spans and metrics; absent where its document says nothing of it. */
  readonly mapping?: WorkflowMapping;
  /** Of the document that defines it. */
  readonly place: Place;
  readonly source: SourceText;
}
