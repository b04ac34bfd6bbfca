import type { Slo } from '../slo/slo.ts';
import { alertDefinition } from './alert-definition.ts';
import type { AlertState } from './incident.ts';

/**
 * Finds the SLOs that are renamed ones: of the same workflow and SLI as one with an open incident whose name is gone or
 * now means something else. Gives the former name by the new one. `isNew` says whether an SLO may not have been defined
 * like this before; one that was is a sibling on the same SLI, whose own state counts. Pure.
 */
export function renamedSlos(
  slos: readonly Slo[],
  states: ReadonlyMap<string, AlertState | null>,
  isNew: (slo: Slo) => boolean,
): ReadonlyMap<string, string> {
  const fingerprints = new Map(slos.map(({ id, fingerprint }) => [id, fingerprint]));
  const orphans = new Map<string, { readonly id: string; readonly conditions: string }[]>();
  for (const [id, state] of states) {
    if (!state?.incident || !state.definition || fingerprints.get(id) === state.definition.sli) continue;
    const key = keyOf(workflowOf(id), state.definition.sli);
    const { conditions } = state.definition;
    orphans.set(key, [...(orphans.get(key) ?? []), { id, conditions }]);
  }
  const renamed = new Map<string, string>();
  if (orphans.size === 0) return renamed;
  for (const slo of slos) {
    const candidates = orphans.get(keyOf(slo.workflow, slo.fingerprint));
    if (!candidates?.length || !isNew(slo)) continue;
    const own = states.get(slo.id);
    // Of a newer version's state it is not known what it is about.
    if (own === null || (own?.incident && own.definition?.sli === slo.fingerprint)) continue;
    const { conditions } = alertDefinition(slo);
    // One that was only renamed is surer than one that was changed as well.
    const same = candidates.findIndex((candidate) => candidate.conditions === conditions);
    const [former] = candidates.splice(Math.max(0, same), 1);
    renamed.set(slo.id, former!.id);
  }
  return renamed;
}

function keyOf(workflow: string, sli: string): string {
  return `${workflow} ${sli}`;
}

/** The workflow of an SLO's id; the name after the last slash holds none. */
export function workflowOf(id: string): string {
  return id.slice(0, id.lastIndexOf('/'));
}
