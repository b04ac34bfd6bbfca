import { partitionOf } from '../../core/hash.ts';
import type { CountedFor, ExecutionReport, SubjectReport } from '../../core/ports/execution-report.ts';
import type { CountStore, KnownSubject } from '../../core/ports/store/counting.ts';
import { OVERDUE_ERROR, subjectKey } from '../../core/ports/store/counting.ts';
import { handOverName, handOverOf } from '../../core/sli/hand-over.ts';
import { componentsOf, countedSeries } from '../../core/slo/series.ts';
import type { Slo, Workflow } from '../../core/slo/slo.ts';
import { iso } from '../../core/time/timestamp.ts';
import { MINUTE } from '../../core/time/duration.ts';
import { orderNotes } from './step-order.ts';

/**
 * What is remembered of an execution, its steps and its hand-overs, and what each counts for and why. `slos` are all that
 * may count it, also by composites of other workflows.
 */
export async function reportExecution(
  store: Pick<CountStore, 'known'> & { readonly partitions: number },
  workflow: Workflow,
  slos: readonly Slo[],
  execution: string,
  now: number,
): Promise<ExecutionReport> {
  const { name } = workflow;
  const partition = { workflow: name, partition: partitionOf(execution, store.partitions) };
  const counting = countingSlos(name, slos);
  const names = [null, ...new Set([...workflow.steps, ...counting.steps])];
  const known = await Promise.all(
    names.map((step) => store.known(partition, subjectKey(execution, step), now)),
  );
  const subjects = new Map(
    names.flatMap((step, index) => {
      const subject = known[index];
      return subject ? [[step, subject] as const] : [];
    }),
  );
  return {
    workflow: name,
    execution,
    at: now,
    subjects: [...subjects].map(([step, subject]) => ({
      ...reportSubject(step, subject, counting.byFingerprint),
      notes: step === null || handOverOf(step) ? [] : orderNotes(step, subjects, workflow),
    })),
  };
}

/** The SLOs that count what is reported of a workflow, by what they count, and the steps and hand-overs they name. */
function countingSlos(
  workflow: string,
  slos: readonly Slo[],
): { readonly byFingerprint: ReadonlyMap<string, readonly string[]>; readonly steps: readonly string[] } {
  const byFingerprint = new Map<string, string[]>();
  const steps: string[] = [];
  for (const slo of slos) {
    for (const series of componentsOf(slo).flatMap(countedSeries)) {
      if (series.workflow !== workflow) continue;
      const { fingerprint, sli } = series;
      byFingerprint.set(fingerprint, [...(byFingerprint.get(fingerprint) ?? []), slo.id]);
      if (sli.kind === 'transition') steps.push(handOverName(sli));
      if (sli.kind === 'outcomes' && sli.step !== null) steps.push(sli.step);
    }
  }
  return { byFingerprint, steps };
}

function reportSubject(
  step: string | null,
  subject: KnownSubject,
  slosOf: ReadonlyMap<string, readonly string[]>,
): Omit<SubjectReport, 'notes'> {
  const deadlines = new Map(subject.deadlines.map(({ fingerprint, at }) => [fingerprint, at]));
  const { state, queuedAt, startedAt, attempt, willRetry, ends } = subject;
  return {
    step,
    state,
    queuedAt,
    startedAt,
    attempt,
    willRetry,
    ends: ends.map(({ status, at, count, failure }) => ({ status, at, count, error: failure.error })),
    counts: subject.counts.map((counted): CountedFor => ({
      slos: slosOf.get(counted.fingerprint) ?? [],
      at: counted.minute * MINUTE,
      good: counted.good,
      count: counted.count,
      why: whyOf(subject, counted, deadlines.get(counted.fingerprint) ?? null),
    })),
    deadlines: subject.deadlines.map(({ fingerprint, at }) => ({ slos: slosOf.get(fingerprint) ?? [], at })),
  };
}

/** Why something counts as it does, in words. */
function whyOf(
  { ends }: KnownSubject,
  { good, failure }: KnownSubject['counts'][number],
  deadline: number | null,
): string {
  if (good) return deadline === null ? 'it succeeded' : `it succeeded by ${iso(deadline)}`;
  if (failure.error === OVERDUE_ERROR && deadline !== null)
    return `it had not ended at its deadline, ${iso(deadline)}`;
  const failed = ends.find(({ status }) => status === 'failed');
  if (failed) return failure.error === null ? 'it failed' : `it failed: ${failure.error}`;
  return deadline === null ? 'it did not succeed' : `it ended after its deadline, ${iso(deadline)}`;
}
