import { partitionOf } from '../../core/hash.ts';
import type { Measurement } from '../../core/outcomes/measurement.ts';
import { measurementSubject } from '../../core/outcomes/measurement.ts';
import type { Outcome } from '../../core/outcomes/outcome.ts';
import { compares } from '../../core/sli/sli.ts';
import { judge } from '../../core/sli/landing.ts';
import type { EndStatus, Landing } from '../../core/sli/landing.ts';
import type {
  EndGroup,
  EndSli,
  EndedSubject,
  RecordGroup,
  SliLanding,
  StartGroup,
  StartedSubject,
} from '../../core/ports/store/counting.ts';
import { subjectKey } from '../../core/ports/store/counting.ts';
import { minuteOf } from '../../core/time/duration.ts';
import type { CountingPlan, MeasuredBy, Selection } from './counting-plan.ts';

/** The records of one request, by the partition they are for, with like ones put together. */
export type GroupsByPartition = Map<string, GroupsOfPartition>;

export interface GroupsOfPartition {
  readonly workflow: string;
  readonly partition: number;
  readonly groups: Map<string, RecordGroup>;
}

/** Puts an outcome with those that have the same effect. */
export function addOutcome(
  home: GroupsByPartition,
  plan: CountingPlan,
  outcome: Outcome,
  partitions: number,
): void {
  const { workflow, status } = outcome;
  const groups = groupsOf(home, workflow, partitionOf(outcome.execution, partitions));
  if (status === 'started') addStart(groups, plan, outcome);
  else addEnd(groups, plan.select(outcome), outcome, status);
}

/** Puts a measurement with those that have the same effect; `measuredBy` are the SLIs that count it. */
export function addMeasurement(
  home: GroupsByPartition,
  measuredBy: readonly MeasuredBy[],
  measurement: Measurement,
  partitions: number,
): void {
  const { workflow, name, value, at } = measurement;
  const subject = measurementSubject(measurement);
  const groups = groupsOf(home, workflow, partitionOf(subject, partitions));
  const minute = minuteOf(at);
  const landings = measuredBy.map(({ fingerprint, sli: { op, limit, sums } }): SliLanding => ({
    fingerprint,
    minute,
    good: compares(value, op, limit),
    value: sums ? value : null,
  }));
  const where = landings.map(
    ({ fingerprint, good, value }) => `${fingerprint}${good ? '+' : '-'}${value ?? ''}`,
  );
  const key = `m|${name}|${minute}|${where.join()}`;
  const group = ofGroup<EndGroup>(groups, key, () => ({
    kind: 'end',
    status: 'succeeded',
    count: 1,
    slis: landings.map(({ fingerprint, good }) => ({
      fingerprint,
      withinMs: null,
      verdict: good,
      startIn: null,
    })),
    landings,
    failure: { step: null, dependency: null, error: name },
    subjects: [],
  }));
  (group.subjects as EndedSubject[]).push({
    subject,
    at,
    startedAt: null,
    execution: `${name}=${value}`,
    traceId: null,
  });
}

function groupsOf(home: GroupsByPartition, workflow: string, partition: number): Map<string, RecordGroup> {
  const key = `${partition}/${workflow}`;
  let place = home.get(key);
  if (!place) home.set(key, (place = { workflow, partition, groups: new Map() }));
  return place.groups;
}

function ofGroup<Group extends RecordGroup>(
  groups: Map<string, RecordGroup>,
  key: string,
  make: () => Group,
): Group {
  let group = groups.get(key) as Group | undefined;
  if (!group) groups.set(key, (group = make()));
  return group;
}

function addStart(groups: Map<string, RecordGroup>, plan: CountingPlan, outcome: Outcome): void {
  const { watches, starts, key: selection } = plan.select(outcome);
  const watched = plan.watches(outcome);
  const minute = starts.length > 0 ? minuteOf(outcome.at) : '';
  const key = `s|${selection}|${outcome.count}|${watched}|${minute}`;
  const group = ofGroup<StartGroup>(groups, key, () => ({
    kind: 'start',
    count: outcome.count,
    watched,
    watches,
    landings: startLandings(starts, outcome.at),
    subjects: [],
  }));
  (group.subjects as StartedSubject[]).push({
    subject: subjectKey(outcome.execution, outcome.step, outcome.attempt),
    at: outcome.at,
    execution: outcome.execution,
    step: outcome.step,
    traceId: outcome.traceId,
    parent: outcome.step !== null && watched ? subjectKey(outcome.execution, null, 1) : null,
  });
}

function startLandings(starts: readonly string[], at: number): readonly SliLanding[] {
  return starts.map((fingerprint) => ({ fingerprint, minute: minuteOf(at), good: true, value: null }));
}

function addEnd(
  groups: Map<string, RecordGroup>,
  selection: Selection,
  outcome: Outcome,
  status: EndStatus,
): void {
  const { slis, starts, needsStart, strict } = selection;
  const { startedAt } = outcome;
  const startKnown = !needsStart || startedAt !== null;
  let where = '';
  if (startKnown) {
    if (needsStart) {
      // Landings differ only for SLIs that ask for the start; this spells out each so that like goes with like.
      for (const sli of slis) {
        const landing = landingOf(sli, outcome, status);
        where += landing ? `${landing.good ? '+' : '-'}${landing.minute}` : '0';
      }
    } else {
      where = String(minuteOf(outcome.at));
    }
    if (starts.length > 0 && startedAt !== null) where += `s${minuteOf(startedAt)}`;
  }
  const step = outcome.failedStep ?? outcome.step;
  const failure =
    strict || status === 'failed' ? `${step ?? ''}|${outcome.dependency ?? ''}|${outcome.error ?? ''}` : '';
  const key = `${status}|${selection.key}|${outcome.count}|${where}|${failure}`;
  const group = ofGroup<EndGroup>(groups, key, () => ({
    kind: 'end',
    status,
    count: outcome.count,
    slis,
    landings: startKnown ? landingsOf(selection, outcome, status) : null,
    failure: { step, dependency: outcome.dependency, error: outcome.error },
    subjects: [],
  }));
  (group.subjects as EndedSubject[]).push({
    subject: subjectKey(outcome.execution, outcome.step, outcome.attempt),
    at: outcome.at,
    startedAt,
    execution: outcome.execution,
    traceId: outcome.traceId,
  });
}

/** Where an end lands for all that count it; one that says when it started counts as a start then as well. */
function landingsOf({ slis, starts }: Selection, outcome: Outcome, status: EndStatus): readonly SliLanding[] {
  const landings = slis.flatMap((sli): readonly SliLanding[] => {
    const landing = landingOf(sli, outcome, status);
    return landing ? [{ fingerprint: sli.fingerprint, ...landing, value: null }] : [];
  });
  return outcome.startedAt === null ? landings : [...landings, ...startLandings(starts, outcome.startedAt)];
}

function landingOf(sli: EndSli, { at, startedAt }: Outcome, status: EndStatus): Landing | null {
  if (sli.verdict !== null) return { minute: minuteOf(at), good: sli.verdict };
  if (sli.startIn !== null && startedAt !== null) {
    const [from, to] = sli.startIn;
    if (startedAt < from || startedAt > to) return null;
  }
  return judge(sli.withinMs, startedAt ?? at, at, status);
}
