import type { Caller, Subject } from '../../core/ports/token.ts';
import { may, mayAll } from '../../core/ports/token.ts';
import type { AdjustmentReport, Queries, SloReport } from '../../core/ports/queries.ts';

/** What a caller may read, or show to others, of the answers to questions; what it may not is as if it were not there. */
export function readableQueries(queries: Queries, caller: Caller, scope: 'read' | 'embed' = 'read'): Queries {
  if (mayAll(caller, scope)) return queries;
  const reads = (subject: Subject): boolean => may(caller, scope, subject);
  const readable = async (): Promise<SloReport[]> => (await queries.slos()).filter(reads);
  const ownWorkflows = async () => [...new Set((await readable()).map(({ workflow }) => workflow))];

  return {
    slos: readable,
    async recent(ids) {
      const known = new Set((await readable()).map(({ id }) => id));
      return queries.recent(ids.filter((id) => known.has(id)));
    },
    async slo(id) {
      const slo = await queries.slo(id);
      if (!slo || !reads(slo)) return null;
      const ids = slo.members.length === 0 ? new Set() : new Set((await readable()).map((other) => other.id));
      const members = slo.members.filter((member) => ids.has(member.slo));
      return {
        ...slo,
        members,
        // It names all members.
        definition: members.length === slo.members.length ? slo.definition : null,
        adjustments: slo.adjustments.filter((adjustment) => isOf(adjustment, [slo])),
        // Of a composite it is that of a member, which may be of another workflow.
        example: slo.example?.workflow === slo.workflow ? slo.example : null,
      };
    },
    async history(id, query) {
      const slo = await queries.slo(id);
      if (!slo || !reads(slo)) return null;
      const found = await queries.history(id, query);
      if (!found || 'refused' in found) return found;
      return { ...found, adjustments: found.adjustments.filter((adjustment) => isOf(adjustment, [slo])) };
    },
    async definitionChanges(id) {
      const slo = await queries.slo(id);
      if (!slo || !reads(slo)) return null;
      const changes = (await queries.definitionChanges(id)) ?? [];
      if (slo.sli.kind !== 'composite') return changes;
      // Its SLI names all members, which may be of other workflows, and so may those it had.
      return changes.map((change) => ({
        ...change,
        fields: change.fields.filter(({ field }) => !field.startsWith('sli.')),
      }));
    },
    async charts(id, query) {
      const slo = await queries.slo(id);
      return slo && reads(slo) ? queries.charts(id, query) : null;
    },
    async inFlight(workflows) {
      const known = new Set((await readable()).map(({ workflow }) => workflow));
      return queries.inFlight(workflows.filter((workflow) => known.has(workflow)));
    },
    async workflow(name) {
      const known = (await readable()).filter(({ workflow }) => workflow === name);
      const report = known.length === 0 ? null : await queries.workflow(name);
      const ids = new Set(known.map(({ id }) => id));
      return (
        report && {
          ...report,
          slos: [...ids],
          parts: report.parts.filter(({ slo }) => ids.has(slo)),
          handOvers: report.handOvers.filter(({ slo }) => ids.has(slo)),
        }
      );
    },
    async statistics(name, window) {
      const isReadable = (await readable()).some(({ workflow }) => workflow === name);
      return isReadable ? queries.statistics(name, window) : null;
    },
    async execution(name, execution) {
      const slos = await readable();
      const known = new Set(slos.map(({ id }) => id));
      const report = slos.some(({ workflow }) => workflow === name)
        ? await queries.execution(name, execution)
        : null;
      const readableOf = (ids: readonly string[]) => ids.filter((id) => known.has(id));
      return (
        report && {
          ...report,
          subjects: report.subjects.map((subject) => ({
            ...subject,
            counts: subject.counts.map((counted) => ({ ...counted, slos: readableOf(counted.slos) })),
            deadlines: subject.deadlines.map((deadline) => ({
              ...deadline,
              slos: readableOf(deadline.slos),
            })),
          })),
        }
      );
    },
    async dependencies() {
      const reports = await queries.dependencies(await ownWorkflows());
      return reports.filter(({ workflows }) => workflows.length > 0);
    },
    async dependency(name) {
      const report = await queries.dependency(name, await ownWorkflows());
      return report && report.workflows.length > 0 ? report : null;
    },
    // Only those who may read everything are let through to these.
    onCall: () => queries.onCall(),
    scrape: () => queries.scrape(),
  };
}

/** The adjustments of SLOs and workflows that a caller may read. */
export async function readableAdjustments(
  adjustments: readonly AdjustmentReport[],
  queries: Queries,
  caller: Caller,
): Promise<readonly AdjustmentReport[]> {
  if (mayAll(caller, 'read')) return adjustments;
  const slos = await readableQueries(queries, caller).slos();
  return adjustments.filter((adjustment) => isOf(adjustment, slos));
}

function isOf(
  { slo, workflow }: Pick<AdjustmentReport, 'slo' | 'workflow'>,
  slos: readonly Pick<SloReport, 'id' | 'workflow'>[],
): boolean {
  return slos.some((candidate) => candidate.id === slo || candidate.workflow === workflow);
}
