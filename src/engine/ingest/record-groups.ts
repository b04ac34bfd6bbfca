import { partitionOf } from '../../core/hash.ts';
import type { Measurement } from '../../core/outcomes/measurement.ts';
import { measurementSubject } from '../../core/outcomes/measurement.ts';
import type { EndStatus, Outcome } from '../../core/outcomes/outcome.ts';
import { isStart } from '../../core/outcomes/outcome.ts';
import { failurePlace } from '../../core/slo/workflow-map.ts';
import { compares } from '../../core/sli/sli.ts';
import { judge } from '../../core/sli/landing.ts';
import type { Landing } from '../../core/sli/landing.ts';
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
import type { ImpliedGroup } from './hand-overs.ts';
import type { CountingPlan, MeasuredBy } from './counting-plan.ts';
import type { AttemptSli } from './selection.ts';

/** The records of one request, by the partition they are for, with like ones put together. */
export type GroupsByPartition = Map<string, GroupsOfPartition>;

export interface GroupsOfPartition {
  readonly workflow: string;
  readonly partition: number;
  readonly groups: Map<string, RecordGroup>;
  /** The same of what follows from the records without being reported. */
  readonly implied: Map<string, RecordGroup>;
  /** For a group of ends, the place of each subject in the request. */
  readonly indexes: Map<RecordGroup, number[]>;
}

/** Puts an outcome with those that have the same effect; `index` is its place in the request. */
export function addOutcome(
  home: GroupsByPartition,
  plan: CountingPlan,
  outcome: Outcome,
  index: number,
  partitions: number,
): void {
  const { workflow, status } = outcome;
  const groups = groupsOf(home, workflow, partitionOf(outcome.execution, partitions));
  if (isStart(status)) addStart(groups, plan, outcome, status);
  else addEnd(groups, plan, outcome, status, index);
  addImplied(groups, plan.implied(outcome));
}

/** Adds what follows from a report beside what it is of; what becomes of that is not for its producer. */
function addImplied({ implied }: GroupsOfPartition, found: readonly ImpliedGroup[]): void {
  for (const { name, group } of found) {
    const known = implied.get(name);
    if (known) (known.subjects as unknown[]).push(...group.subjects);
    else implied.set(name, group);
  }
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
  const { groups } = groupsOf(home, workflow, partitionOf(subject, partitions));
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
    step: null,
    attempt: 1,
    status: 'succeeded',
    willRetry: false,
    count: 1,
    slis: [],
    landings: [],
    own: landings,
    failure: { step: null, dependency: null, error: name },
    statistics: 'none',
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

function groupsOf(home: GroupsByPartition, workflow: string, partition: number): GroupsOfPartition {
  const key = `${partition}/${workflow}`;
  let place = home.get(key);
  if (!place)
    home.set(
      key,
      (place = { workflow, partition, groups: new Map(), implied: new Map(), indexes: new Map() }),
    );
  return place;
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

function addStart(
  { groups }: GroupsOfPartition,
  plan: CountingPlan,
  outcome: Outcome,
  phase: StartGroup['phase'],
): void {
  const { watches, starts, key: selection } = plan.select(outcome);
  // A retry is no run of a schedule of its own.
  const counting = phase === 'started' && outcome.attempt === 1 ? starts : [];
  const minute = counting.length > 0 ? minuteOf(outcome.at) : '';
  const key = `${phase}|${outcome.step ?? ''}|${outcome.attempt}|${selection}|${outcome.count}|${minute}`;
  const group = ofGroup<StartGroup>(groups, key, () => ({
    kind: 'start',
    step: outcome.step,
    phase,
    attempt: outcome.attempt,
    count: outcome.count,
    watches,
    landings: startLandings(counting, outcome.at),
    statistics: plan.statisticsOf(outcome),
    subjects: [],
  }));
  (group.subjects as StartedSubject[]).push({
    subject: subjectKey(outcome.execution, outcome.step),
    at: outcome.at,
    execution: outcome.execution,
    traceId: outcome.traceId,
    parent: outcome.step !== null && phase === 'started' ? subjectKey(outcome.execution, null) : null,
  });
}

function startLandings(starts: readonly string[], at: number): readonly SliLanding[] {
  return starts.map((fingerprint) => ({ fingerprint, minute: minuteOf(at), good: true, value: null }));
}

function addEnd(
  { groups, indexes }: GroupsOfPartition,
  plan: CountingPlan,
  outcome: Outcome,
  status: EndStatus,
  index: number,
): void {
  const selection = plan.select(outcome);
  const { slis, attempts, starts, needsStart, strict } = selection;
  const { startedAt, attempt, willRetry } = outcome;
  const startKnown = !needsStart || startedAt !== null;
  const beginning = starts.length > 0 && startedAt !== null && attempt === 1 ? minuteOf(startedAt) : null;
  let where = '';
  if (startKnown && needsStart) {
    // Landings differ only for SLIs that ask for the start; this spells out each so that like goes with like.
    for (const sli of slis) {
      const landing = landingOf(sli, outcome, status);
      where += landing ? `${landing.good ? '+' : '-'}${landing.minute}` : '0';
    }
  }
  if (!needsStart || attempts.length > 0) where += `@${minuteOf(outcome.at)}`;
  if (beginning !== null) where += `s${beginning}`;
  const failedStep = failurePlace(outcome, plan.map);
  const failure =
    strict || status === 'failed'
      ? `${failedStep ?? ''}|${outcome.dependency ?? ''}|${outcome.error ?? ''}`
      : '';
  const key = `${status}|${outcome.step ?? ''}|${attempt}|${willRetry}|${selection.key}|${outcome.count}|${where}|${failure}`;
  const group = ofGroup<EndGroup>(groups, key, () => ({
    kind: 'end',
    step: outcome.step,
    attempt,
    status,
    willRetry,
    count: outcome.count,
    slis,
    landings: startKnown ? landingsOf(slis, outcome, status) : null,
    own: [
      ...attemptLandings(attempts, outcome, status),
      ...(beginning === null ? [] : startLandings(starts, startedAt!)),
    ],
    failure: { step: failedStep, dependency: outcome.dependency, error: outcome.error },
    statistics: plan.statisticsOf(outcome),
    subjects: [],
  }));
  (group.subjects as EndedSubject[]).push({
    subject: subjectKey(outcome.execution, outcome.step),
    at: outcome.at,
    startedAt,
    execution: outcome.execution,
    traceId: outcome.traceId,
  });
  const places = indexes.get(group);
  if (places) places.push(index);
  else indexes.set(group, [index]);
}

/** Where an attempt lands for the SLIs that count every one; what was cancelled or skipped counts for retry rates only. */
function attemptLandings(
  attempts: readonly AttemptSli[],
  { at }: Outcome,
  status: EndStatus,
): readonly SliLanding[] {
  return attempts.flatMap(({ fingerprint, verdict }): readonly SliLanding[] => {
    const landing = verdict === null ? judge(null, at, at, status) : { minute: minuteOf(at), good: verdict };
    return landing ? [{ fingerprint, ...landing, value: null }] : [];
  });
}

/** Where the end of something that nothing else is known of lands. */
function landingsOf(slis: readonly EndSli[], outcome: Outcome, status: EndStatus): readonly SliLanding[] {
  return slis.flatMap((sli): readonly SliLanding[] => {
    const landing = landingOf(sli, outcome, status);
    return landing ? [{ fingerprint: sli.fingerprint, ...landing, value: null }] : [];
  });
}

function landingOf(sli: EndSli, { at, startedAt }: Outcome, status: EndStatus): Landing | null {
  if (sli.startIn !== null && startedAt !== null) {
    const [from, to] = sli.startIn;
    if (startedAt < from || startedAt > to) return null;
  }
  return judge(sli.withinMs, startedAt ?? at, at, status);
}
