import type { Caller, Subject } from '../../core/ports/token.ts';
import { may, mayAll, mayName } from '../../core/ports/token.ts';
import type { Rejection } from '../../core/outcomes/record-fields.ts';
import type { Definitions } from '../../core/slo/slo.ts';

/** What the sender of records may report to, and which names answers may mention. */
export interface Permitted {
  /** Why a record of a workflow is not taken; null when it may be. Says the same whether or not the workflow is there. */
  refusal(workflow: string): Rejection | null;
  /** The loaded workflows that may be named. */
  nameable(): readonly string[];
}

export function permitted(caller: Caller, definitions: Definitions): Permitted {
  const everywhere = mayAll(caller, 'ingest');
  const known = new Map<string, Rejection | null>();
  let names: readonly string[] | null = null;
  const subjectOf = (workflow: string): Subject => ({
    workflow,
    owner: definitions.workflows.get(workflow)?.owner ?? null,
  });
  return {
    refusal(workflow) {
      if (everywhere) return null;
      let refusal = known.get(workflow);
      if (refusal === undefined) {
        refusal = may(caller, 'ingest', subjectOf(workflow))
          ? null
          : { code: 'forbidden-workflow', message: `This token may not report to the workflow ${workflow}.` };
        known.set(workflow, refusal);
      }
      return refusal;
    },
    nameable() {
      // Once for all records of a request: each of them may have another unknown name.
      names ??= [...definitions.workflows.keys()].filter((workflow) => mayName(caller, subjectOf(workflow)));
      return names;
    },
  };
}
