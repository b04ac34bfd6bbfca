import type { Objective } from '../../core/budget/objective.ts';
import { type Dependency, MAX_DEPENDENCIES } from '../../core/slo/dependency.ts';
import type { Definitions, Slo, TargetDefinition, Team, Workflow } from '../../core/slo/slo.ts';
import type { OnCallSchedule } from '../../core/slo/on-call.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { MAX_BREAKDOWN_ATTRIBUTES } from '../../core/slo/breakdown.ts';
import { MAX_EACH_SLOS } from '../../core/slo/each-value.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import { type Candidate, type Candidates, resolveComposite } from './composites.ts';
import {
  checkTargets,
  collectNames,
  definedTwice,
  findBudgetPolicy,
  findPolicy,
  type KnownNames,
  reportUnknown,
} from './known-names.ts';
import { readOnCall } from './on-call.ts';
import type { ReadDocument } from '../native/document.ts';
import { documentSchema, type NativeDocument } from '../native/document-schema.ts';
import { readDependency } from '../native/dependency.ts';
import { draftSlo, type SloDraft } from '../native/slo.ts';
import { readMap } from '../native/workflow-map.ts';
import { readMapping } from '../native/mapping.ts';
import { checkQuiet } from '../native/quiet-hours.ts';
import { readTimeZone } from '../native/time-zone.ts';
import { readTarget } from '../native/targets-schema.ts';
import { readReports, readReportsOfAll } from './reports.ts';
import type { TimeSlice } from '../yaml/time-slice.ts';
import { reviewMappings } from './mapping-review.ts';
import { pagesInOutage, reviewSlos } from './warnings.ts';
import { lineAt, problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { parseTraffic } from '../native/traffic.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';
import { MAX_SLOS, type WorkflowDraft } from './workflow-draft.ts';

/** What all files say, and the executions a millisecond that workflows expect, where they say so. */
export interface Assembled {
  readonly definitions: Definitions;
  readonly traffic: ReadonlyMap<string, number>;
}

/** Why nothing may be sent to a target; null when it may be. No secret is in it. */
export type TargetRefusal = (target: TargetDefinition) => string | null;

/** What a name of a target may stand for. */
export type NamedTarget = Pick<TargetDefinition | OnCallSchedule, 'kind'>;

/** Adds what other dialects say to the workflows of the native one. */
export type Join = (native: {
  readonly workflows: readonly WorkflowDraft[];
  /** The workflows of documents, also of those with so many mistakes that there is no draft. */
  readonly workflowNames: ReadonlySet<string>;
  readonly teams: KnownNames['teams'];
  readonly targets: ReadonlyMap<string, NamedTarget>;
}) => Promise<{ readonly workflows: readonly WorkflowDraft[]; readonly teams: readonly Team[] }>;

/**
 * Puts the documents of all files together and reports what does not fit: names defined twice, references to
 * what is not there, values out of range. With `complete` false some file could not be read at all, so that missing
 * names are not held against anybody. The result is only of use when no error was reported.
 */
export async function assemble(
  documents: readonly ReadDocument[],
  join: Join,
  complete: boolean,
  timeSlice: TimeSlice,
  report: ReportProblem,
  refusalOf?: TargetRefusal,
): Promise<Assembled> {
  const known = collectNames(documents, complete, report);
  for (const { item, place, source } of known.policies.values()) {
    checkTargets(item ?? undefined, place, source, known);
  }
  const workflowNames = new Set(documents.map(({ place }) => place.parts.get('workflow')?.written ?? ''));
  const native = await draftWorkflows(documents, known, timeSlice);
  const targets = readTargets(known, refusalOf);
  const teams = readTeams(known, targets);
  const onCall = readOnCall(known, teams);
  const joined = await join({
    workflows: native,
    workflowNames,
    teams: known.teams,
    targets: new Map<string, NamedTarget>([...targets, ...onCall]),
  });
  for (const team of joined.teams) if (!teams.has(team.name)) teams.set(team.name, team);
  const candidates = candidatesOf(documents, joined.workflows);
  const workflows = new Map<string, Workflow>();
  const objectives = new Map<string, Objective>();
  for (const draft of joined.workflows) {
    const { name, owner, runbook, breakdown, drafts, mapping } = draft;
    const slos: Slo[] = [];
    for (const slo of drafts) {
      if (timeSlice.due()) await timeSlice.rest();
      const finished = finish(slo, candidates, complete, report);
      if (!finished) continue;
      slos.push(finished);
      objectives.set(finished.id, finished.objective);
    }
    const said = { name, owner, runbook, breakdown, slos, ...(mapping && { mapping }) };
    workflows.set(name, { ...mapOf(draft), ...said });
  }
  const dependencies = readDependencies(known);
  const reports = readReportsOfAll(documents, targets, known);
  const definitions: Definitions = { workflows, teams, targets, onCall, dependencies, ...reports };
  const paging = new Set(allSlos(definitions).flatMap((slo) => (pagesInOutage(slo) ? [slo.id] : [])));
  const around = { teams, objectives, paging, dependencies: [...known.dependencies.keys()] };
  for (const draft of joined.workflows) {
    if (timeSlice.due()) await timeSlice.rest();
    await reviewSlos(draft, workflows.get(draft.name)!.slos, around, timeSlice, report);
  }
  reviewMappings(joined.workflows, workflows, report);
  const traffic = joined.workflows.flatMap(({ name, traffic: rate }) =>
    rate === null ? [] : [[name, rate] as const],
  );
  return { definitions, traffic: new Map(traffic) };
}

function mapOf({ steps, after, unknownSteps, queues }: WorkflowDraft): WorkflowMap {
  return { steps, after, unknownSteps, queues };
}

function finish(
  { workflow, sli, source, finish: whole }: SloDraft,
  candidates: Candidates,
  complete: boolean,
  report: ReportProblem,
): Slo | null {
  if (!sli) return null;
  if (sli.kind !== 'draft') return whole(sli);
  const composite = resolveComposite(sli, workflow, candidates, complete, source, report);
  return composite && whole(composite);
}

async function draftWorkflows(
  documents: readonly ReadDocument[],
  known: KnownNames,
  timeSlice: TimeSlice,
): Promise<WorkflowDraft[]> {
  const { report } = known;
  const drafts: WorkflowDraft[] = [];
  const defined = new Map<string, { readonly source: SourceText; readonly place: Place }>();
  let sloCount = 0;
  for (const document of documents) {
    if (timeSlice.due()) await timeSlice.rest();
    const { data, place, source } = document;
    const at = place.parts.get('workflow');
    if (!at) reportStray(document, report);
    if (!at || data.workflow === undefined) continue;
    const first = defined.get(data.workflow);
    if (first) {
      report(definedTwice('workflow', data.workflow, source, at.start, first));
      continue;
    }
    defined.set(data.workflow, { source, place: at });
    const before = sloCount;
    sloCount += mostSlos(data);
    if (sloCount <= MAX_SLOS)
      drafts.push(await draftWorkflow(document, data.workflow, data, known, timeSlice));
    else if (before <= MAX_SLOS) {
      const counted = mostSlos(data) > Object.keys(data.slos ?? {}).length;
      const each = counted ? `; one with \`each\` counts as ${MAX_EACH_SLOS}` : '';
      const message = `with this workflow there are more than ${MAX_SLOS} SLOs${each}`;
      report(problemAt(source, at.start, 'error', message));
    }
  }
  return drafts;
}

/** How many SLOs the document defines at most, once values have come. */
function mostSlos({ slos = {} }: Partly<NativeDocument>): number {
  return Object.values(slos).reduce((sum, slo) => sum + (slo?.each === undefined ? 1 : MAX_EACH_SLOS), 0);
}

const KEYS_OF_WORKFLOW = [
  'owner',
  'runbook',
  'labels',
  'steps',
  'breakdown',
  'unknownSteps',
  'queues',
  'traffic',
  'spans',
  'events',
  'metrics',
  'slos',
] as const;

/** Keys that are about a workflow in a document that names none. */
function reportStray({ data, place, source }: ReadDocument, report: ReportProblem): void {
  for (const key of KEYS_OF_WORKFLOW) {
    const stray = place.parts.get(key);
    if (!stray || data[key] === undefined) continue;
    const message = `\`${key}\` without a workflow`;
    report(problemAt(source, stray.key, 'error', message, { expected: '`workflow` in the same document' }));
    return;
  }
}

async function draftWorkflow(
  { place, source }: ReadDocument,
  name: string,
  data: Partly<NativeDocument>,
  known: KnownNames,
  timeSlice: TimeSlice,
): Promise<WorkflowDraft> {
  const { report } = known;
  const { owner = '', runbook = null, labels = {}, slos: natives = {} } = data;
  const breakdown = brokenDownBy(data, place, source, report);
  const map = readMap(data, place, source, report);
  checkOwner(data.owner, place, source, known);
  const slosPlace = place.parts.get('slos');
  if (!slosPlace || (slosPlace.kind === 'map' && slosPlace.parts.size === 0)) {
    report(
      problemAt(source, place.parts.get('workflow')!.start, 'warning', `workflow \`${name}\` has no SLOs`),
    );
  }
  const drafts: SloDraft[] = [];
  for (const [sloName, native = {}] of Object.entries(natives)) {
    // A schedule takes a while to read.
    if (timeSlice.due()) await timeSlice.rest();
    const sloPlace = placeAt(place, ['slos', sloName])!;
    const policy = findPolicy(native.alerts?.policy, sloPlace, source, known);
    const budgetPolicy = findBudgetPolicy(native.budgetPolicy, sloPlace, source, known);
    checkTargets(native.alerts, placeAt(sloPlace, ['alerts']), source, known);
    const context = { workflow: name, owner, runbook, labels, map, policy, budgetPolicy, source, report };
    drafts.push(draftSlo(sloName, native, sloPlace, context));
  }
  const traffic = data.traffic === undefined ? null : parseTraffic(data.traffic);
  const mapping = readMapping(data);
  const said = { name, owner, runbook, breakdown, traffic, drafts, ...(mapping && { mapping }) };
  return { ...map, ...said, place, source };
}

/** The attributes that outcomes are told apart by: those named, and those of which each value has an SLO. */
function brokenDownBy(
  { breakdown = [], slos = {} }: Partly<NativeDocument>,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): readonly string[] {
  const attributes = new Set<string>(breakdown);
  for (const [name, slo] of Object.entries(slos)) {
    if (slo?.each === undefined) continue;
    attributes.add(slo.each);
    if (attributes.size <= MAX_BREAKDOWN_ATTRIBUTES) continue;
    const at = placeAt(place, ['slos', name, 'each'])!;
    const message = `with \`each: ${slo.each}\` there are more than ${MAX_BREAKDOWN_ATTRIBUTES} attributes`;
    const expected = `at most ${MAX_BREAKDOWN_ATTRIBUTES} in \`breakdown\` and \`each\` of a workflow together`;
    report(problemAt(source, at.start, 'error', message, { expected }));
    break;
  }
  return [...attributes];
}

function checkOwner(owner: string | undefined, place: Place, source: SourceText, known: KnownNames): void {
  const at = place.parts.get('owner');
  if (!at) {
    const keys = Object.keys(documentSchema.shape);
    // A misspelt key is one mistake, not two.
    if ([...place.parts.keys()].some((key) => !keys.includes(key) && nearest(key, keys) === 'owner')) return;
    const expected = 'the name of the team that owns the workflow';
    const { key } = place.parts.get('workflow')!;
    known.report(problemAt(source, key, 'error', '`owner` is missing', { expected }));
  } else if (owner !== undefined && !known.teams.has(owner)) {
    reportUnknown(known, 'team', owner, at, source, known.teams.keys());
  }
}

/** Also what is named in documents with mistakes in them, which cannot be used but is not missing either. */
function candidatesOf(documents: readonly ReadDocument[], workflows: readonly WorkflowDraft[]): Candidates {
  const candidates = new Map<string, Candidate>();
  for (const { place } of documents) {
    const workflow = place.parts.get('workflow')?.written ?? '';
    for (const name of place.parts.get('slos')?.parts.keys() ?? []) {
      candidates.set(`${workflow}/${name}`, { workflow, sli: null, isComposite: false });
    }
  }
  for (const { id, workflow, sli } of workflows.flatMap(({ drafts }) => drafts)) {
    const isComposite = sli?.kind === 'draft' || sli?.kind === 'composite';
    candidates.set(id, { workflow, sli: isComposite ? null : sli, isComposite });
  }
  return candidates;
}

function readTeams(known: KnownNames, targets: ReadonlyMap<string, TargetDefinition>): Map<string, Team> {
  const teams = new Map<string, Team>();
  for (const [name, { item, place, source }] of known.teams) {
    if (!item) continue;
    const { page = [], ticket = [], fallback = [], timeZone } = item;
    for (const [route, names] of Object.entries({ page, ticket, fallback })) {
      for (const [index, target] of names.entries()) {
        const at = placeAt(place, [route, index])!;
        if (!known.targets.has(target))
          reportUnknown(known, 'target', target, at, source, known.targets.keys());
      }
    }
    const zone = readTimeZone(timeZone, placeAt(place, ['timeZone']), source, known.report);
    const asked = placeAt(place, ['reports']);
    const reports = item.reports && asked && readReports(item.reports, asked, source, targets, known);
    const said = { timeZone: timeZone === undefined ? null : zone, ...(reports && { reports }) };
    teams.set(name, { name, page, ticket, fallback, ...said });
  }
  return teams;
}

function readTargets(
  { targets: found, report }: KnownNames,
  refusalOf: TargetRefusal = () => null,
): Map<string, TargetDefinition> {
  const targets = new Map<string, TargetDefinition>();
  for (const [name, { item, place, source }] of found) {
    const target = item && readTarget(item, name);
    if (item?.quiet)
      checkQuiet(
        item.quiet,
        Object.keys(item).find((key) => key !== 'quiet'),
        placeAt(place, ['quiet'])!,
        source,
        report,
      );
    if (!target) continue;
    targets.set(name, target);
    const refusal = refusalOf(target);
    if (refusal !== null)
      report(problemAt(source, place.key, 'warning', `nothing will be sent to this target: ${refusal}`));
  }
  return targets;
}

function readDependencies({ dependencies: found, report }: KnownNames): Map<string, Dependency> {
  const dependencies = new Map<string, Dependency>();
  for (const [name, { item, place, source }] of found) {
    if (dependencies.size === MAX_DEPENDENCIES) {
      const message = `with this dependency there are more than ${MAX_DEPENDENCIES}`;
      report(problemAt(source, place.key, 'error', message));
      break;
    }
    const written = `${source.file}:${lineAt(source, place.key)}`;
    const dependency = item && readDependency(name, item, written);
    if (dependency) dependencies.set(name, dependency);
  }
  return dependencies;
}
