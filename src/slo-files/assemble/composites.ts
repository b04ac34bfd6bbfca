import type { CompositeMember, CompositeSli, ComponentSli } from '../../core/sli/sli.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { CompositeDraft } from '../native/sli.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { quoted } from '../yaml/value-tree.ts';

/** An SLO that a composite may name. `sli` is null when it cannot be used, which was reported. */
export interface Candidate {
  readonly workflow: string;
  readonly sli: ComponentSli | null;
  readonly isComposite: boolean;
}

/** What a composite may be made of: SLOs by their ids. */
export type Candidates = ReadonlyMap<string, Candidate>;

/**
 * Looks up the members of a composite of a workflow and reports those that are not there, are there twice or are
 * composites themselves; null when it cannot be used. With `complete` false nothing is said about missing ones.
 */
export function resolveComposite(
  { method, members }: CompositeDraft,
  workflow: string,
  candidates: Candidates,
  complete: boolean,
  source: SourceText,
  report: ReportProblem,
): CompositeSli | null {
  const found: CompositeMember[] = [];
  const fail = (at: number, message: string, suggestion?: string): void =>
    report(problemAt(source, at, 'error', message, { suggestion }));
  for (const { reference, weight, budgetScale, at } of members) {
    // The name of an SLO has no slash.
    const slo = reference.includes('/') ? reference : `${workflow}/${reference}`;
    const candidate = candidates.get(slo);
    // Of a map the keys are the references.
    const start = method === 'weighted' ? at.key : at.start;
    const shown = method === 'weighted' ? `\`${reference}\`` : quoted(at);
    if (!candidate) {
      const legal = [...candidates.keys()].filter((id) => !candidates.get(id)!.isComposite);
      const near = nearest(slo, legal);
      const local = near?.startsWith(`${workflow}/`) && !reference.includes('/');
      if (complete) fail(start, `there is no SLO ${shown}`, local ? near!.slice(workflow.length + 1) : near);
    } else if (candidate.isComposite) fail(start, `${shown} is a composite itself; name its parts instead`);
    else if (found.some((member) => member.slo === slo)) fail(start, `${shown} is there twice`);
    else if (candidate.sli) {
      const { sli } = candidate;
      const scale = budgetScale === undefined ? {} : { budgetScale };
      found.push({ slo, workflow: candidate.workflow, sli, fingerprint: fingerprint(sli), weight, ...scale });
    }
  }
  return found.length === members.length ? { kind: 'composite', method, members: found } : null;
}
