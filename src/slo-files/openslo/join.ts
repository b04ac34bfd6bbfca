import type { Team } from '../../core/slo/slo.ts';
import { NO_MAP } from '../../core/slo/workflow-map.ts';
import type { TimeSlice } from '../yaml/time-slice.ts';
import { lineAt, problemAt, type ReportProblem } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { placeAt, quoted, shortened } from '../yaml/value-tree.ts';
import { checkStep } from '../native/sli.ts';
import { MAX_SLOS, type WorkflowDraft } from '../assemble/workflow-draft.ts';
import { type AlertContext, checkTarget, readAlertDocuments } from './alerts.ts';
import { annotationOf, checkAnnotations, foreignMetadata, ownerOf } from './annotations.ts';
import { type BuiltSlo, buildSlos, draftOf } from './built-slos.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import type { OpenSloDocument } from './documents.ts';
import { metadataOf } from './inline-objects.ts';
import { type Indicator, OUR_TYPE, readIndicator } from './indicator.ts';
import { readSloDocument, type SloEntry } from './objectives.ts';

/** What the native files say that OpenSLO documents may refer to, or add to. */
export interface Native {
  readonly workflows: readonly WorkflowDraft[];
  /** The workflows of documents, also of those with so many mistakes that there is no draft. */
  readonly workflowNames: ReadonlySet<string>;
  readonly teams: { has(name: string): boolean; keys(): Iterable<string> };
  readonly targets: AlertContext['targets'];
}

/** What the files of both dialects say. */
export interface Joined {
  readonly workflows: readonly WorkflowDraft[];
  /** Teams that only OpenSLO documents name. */
  readonly teams: readonly Team[];
}

/**
 * Adds the SLOs of OpenSLO documents to what the native files say, and reports what does not fit. An SLO belongs
 * to the workflow its SLI names; one that no native file defines is owned by whom the SLO or its Service names.
 * With `complete` false missing names are not held against anybody.
 */
export async function joinOpenSlos(
  documents: readonly OpenSloDocument[],
  native: Native,
  complete: boolean,
  timeSlice: TimeSlice,
  report: ReportProblem,
): Promise<Joined> {
  if (documents.length === 0) return { workflows: native.workflows, teams: [] };
  const catalog = createCatalog(documents, complete, report);
  const { targets } = native;
  const context: AlertContext = {
    catalog,
    targets,
    complete,
    conditions: new Map(),
    policies: new Map(),
    report,
  };
  await checkAround(documents, context, timeSlice);
  readAlertDocuments(context);
  const indicators = await readIndicators(catalog, timeSlice, report);
  const byWorkflow = new Map<string, BuiltSlo[]>();
  let count = native.workflows.reduce((sum, { drafts }) => sum + drafts.length, 0);
  for (const entry of catalog.all('SLO')) {
    if (timeSlice.due()) await timeSlice.rest();
    if (!entry.data) continue;
    const whole = entry as SloEntry;
    const read = readSloDocument(whole, { catalog, indicators, report });
    const before = count;
    count += read?.objectives.length ?? 0;
    if (count > MAX_SLOS) {
      const message = `with this document there are more than ${MAX_SLOS} SLOs`;
      if (before <= MAX_SLOS) report(problemAt(entry.source, entry.place.key, 'error', message));
      continue;
    }
    for (const built of read ? buildSlos(whole, read, context) : []) {
      const { workflow } = built.slo;
      const others = byWorkflow.get(workflow);
      if (others) others.push(built);
      else byWorkflow.set(workflow, [built]);
    }
  }
  const workflows = new Map(native.workflows.map((workflow) => [workflow.name, workflow]));
  const teams = new Map<string, Team>();
  for (const [name, built] of byWorkflow) {
    if (timeSlice.due()) await timeSlice.rest();
    const workflow = joinWorkflow(name, built, workflows.get(name), native, context);
    if (!workflow) continue;
    workflows.set(name, workflow);
    const { owner } = workflow;
    if (!native.teams.has(owner) && allRouted(built))
      teams.set(owner, teamOf(owner, teams.get(owner), built));
  }
  return { workflows: [...workflows.values()], teams: [...teams.values()] };
}

/** What is judged of documents by themselves, whether anything refers to them or not. */
async function checkAround(
  documents: readonly OpenSloDocument[],
  context: AlertContext,
  timeSlice: TimeSlice,
): Promise<void> {
  const { report } = context;
  let foreign: { readonly at: number; readonly document: OpenSloDocument } | null = null;
  let foreignCount = 0;
  for (const document of documents) {
    if (timeSlice.due()) await timeSlice.rest();
    const { kind, data, source, place } = document;
    if (!data) continue;
    const metadataAt = placeAt(place, ['metadata'])!;
    const metadata = metadataOf(document);
    for (const one of metadata) checkAnnotations(one, source, report);
    const strange = metadata.map(foreignMetadata).find((at) => at !== undefined);
    if (strange) {
      foreignCount++;
      foreign ??= { at: strange.key, document };
    }
    if (kind === 'AlertNotificationTarget') {
      const kindAt = placeAt(place, ['spec', 'target'])!;
      checkTarget(
        document.name,
        document.data!.spec.target,
        placeAt(metadataAt, ['name'])!,
        kindAt,
        source,
        context,
      );
    }
    if (kind === 'DataSource') checkDataSource(document, report);
  }
  if (foreign) {
    const others = foreignCount > 1 ? `, here and in ${foreignCount - 1} more documents` : '';
    const message = `labels and annotations for other tools change nothing in Burnwatch${others}`;
    report(problemAt(foreign.document.source, foreign.at, 'warning', message));
  }
}

function checkDataSource(
  { name, data, source, place }: Extract<OpenSloDocument, { kind: 'DataSource' }>,
  report: ReportProblem,
): void {
  if (!data) return;
  const { type, connectionDetails } = data.spec;
  const typeAt = placeAt(place, ['spec', 'type'])!;
  const details = placeAt(place, ['spec', 'connectionDetails']);
  if (type.toLowerCase() !== OUR_TYPE) {
    const message = `DataSource \`${shortened(name)}\` is of type ${quoted(typeAt)}, which Burnwatch does not read`;
    report(problemAt(source, typeAt.start, 'warning', message, { expected: `type: ${OUR_TYPE}` }));
  } else if (details && (details.parts.size > 0 || (connectionDetails ?? null) !== null)) {
    const message =
      '`connectionDetails` of a source that Burnwatch counts itself: there is nothing to connect to';
    report(
      problemAt(source, details.key, 'error', message, {
        expected: 'a DataSource without connectionDetails',
      }),
    );
  }
}

/** What every SLI document selects, so that a mistake in one is reported once, even where nothing refers to it. */
async function readIndicators(
  catalog: Catalog,
  timeSlice: TimeSlice,
  report: ReportProblem,
): Promise<Map<string, Indicator | null>> {
  const indicators = new Map<string, Indicator | null>();
  for (const { name, data, place, source } of catalog.all('SLI')) {
    if (indicators.has(name)) continue;
    if (timeSlice.due()) await timeSlice.rest();
    const at = placeAt(place, ['spec']);
    indicators.set(name, data && at ? readIndicator(data.spec, at, { source, catalog, report }) : null);
  }
  return indicators;
}

function joinWorkflow(
  name: string,
  built: readonly BuiltSlo[],
  known: WorkflowDraft | undefined,
  native: Native,
  context: AlertContext,
): WorkflowDraft | null {
  const { catalog, report } = context;
  // Its own document is wrong, and that was reported.
  if (!known && native.workflowNames.has(name)) return null;
  const owner = readOwner(name, built, known, native, context);
  if (owner === null) return null;
  const runbook = known ? known.runbook : (readRunbook(built, catalog) ?? null);
  const drafts = [...(known?.drafts ?? [])];
  const first = new Map(
    drafts.map((draft) => [draft.id, `${draft.source.file}:${lineAt(draft.source, draft.place.key)}`]),
  );
  for (const item of built) {
    const { slo, entry, place, indicator } = item;
    const other = first.get(slo.id);
    if (other !== undefined) {
      const message = `SLO \`${shortened(slo.id)}\` is already defined at ${other}`;
      report(problemAt(entry.source, place.key, 'error', message));
      continue;
    }
    first.set(slo.id, slo.source);
    if (indicator && known) checkStepOf(indicator, known, report);
    drafts.push(draftOf(item, owner, runbook));
  }
  const { place, source } = built[0]!.entry;
  return known
    ? { ...known, drafts }
    : { ...NO_MAP, name, owner, runbook, breakdown: [], traffic: null, drafts, place, source };
}

function checkStepOf(
  { kind, sli, place, source }: Indicator,
  map: WorkflowDraft,
  report: ReportProblem,
): void {
  const path = kind === 'native' ? ['sli', 'step'] : ['step'];
  const step = 'step' in sli ? sli.step : null;
  checkStep(step ?? undefined, placeAt(place, path), { map, source, report });
}

/** The team that owns a workflow: the native owner, else whom its SLOs or their Services name; null when there is none. */
function readOwner(
  workflow: string,
  built: readonly BuiltSlo[],
  known: WorkflowDraft | undefined,
  native: Native,
  { catalog, complete, report }: AlertContext,
): string | null {
  let owner = known?.owner;
  let unknownService: SloEntry | null = null;
  for (const entry of new Set(built.map((slo) => slo.entry))) {
    const { source, place, data } = entry;
    const at = placeAt(place, ['spec', 'service'])!;
    const { service } = data.spec;
    const found = catalog.get('Service', service);
    if (!found) unknownService ??= entry;
    const named = ownerOf(data.metadata) ?? ownerOf(found?.data?.metadata);
    if (named === undefined) {
      // What could not be read may name one.
      if (found && !found.data) owner ??= '';
      continue;
    }
    owner ??= named;
    if (named !== owner && owner !== '') {
      const message = `workflow \`${shortened(workflow)}\` is owned by \`${owner}\`, but service ${quoted(at)} by \`${shortened(named)}\``;
      report(problemAt(source, at.start, 'error', message, { expected: 'one owner of each workflow' }));
    }
  }
  const { entry } = built[0]!;
  const at = placeAt(entry.place, ['spec', 'service'])!;
  if (owner === undefined) {
    if (!complete) return null;
    const service = shortened(entry.data.spec.service);
    const suggestion = unknownService
      ? nearest(
          unknownService.data.spec.service,
          catalog.all('Service').map(({ name }) => name),
        )
      : undefined;
    const message = `no team owns workflow \`${shortened(workflow)}\``;
    const expected = `a team as \`owner\` in the labels of Service \`${service}\` (or of this SLO), or a native document with \`workflow\` and \`owner\``;
    report(problemAt(entry.source, at.start, 'error', message, { expected, suggestion }));
    return null;
  }
  if (!known && owner !== '' && !native.teams.has(owner) && complete && !allRouted(built)) {
    const message = `there is no team \`${shortened(owner)}\`, which owns service ${quoted(at)}`;
    const expected = `a native document with teams: { ${shortened(owner)}: { page: [a-target], ticket: [a-target] } }, or alertPolicies with notificationTargets`;
    const suggestion = nearest(owner, native.teams.keys());
    report(problemAt(entry.source, at.start, 'error', message, { expected, suggestion }));
  }
  return owner;
}

/** Whether nothing ever goes to the owner, because every alert has targets of its own. */
function allRouted(built: readonly BuiltSlo[]): boolean {
  return built.every(({ slo: { alerts } }) =>
    alerts.tiers.every(({ severity }) => alerts.route[severity] !== null),
  );
}

/** A team that no native file defines gets the targets of the alert policies of its SLOs. */
function teamOf(name: string, known: Team | undefined, built: readonly BuiltSlo[]): Team {
  const targets = (severity: 'page' | 'ticket') => [
    ...new Set([
      ...(known?.[severity] ?? []),
      ...built.flatMap(({ slo }) => slo.alerts.route[severity] ?? []),
    ]),
  ];
  return {
    name,
    page: targets('page'),
    ticket: targets('ticket'),
    fallback: [],
    timeZone: known?.timeZone ?? null,
  };
}

function readRunbook(built: readonly BuiltSlo[], catalog: Catalog): string | undefined {
  for (const { entry } of built) {
    const { metadata, spec } = entry.data;
    const service = catalog.get('Service', spec.service);
    const runbook = annotationOf(metadata, 'runbook') ?? annotationOf(service?.data?.metadata, 'runbook');
    if (runbook !== undefined) return runbook;
  }
  return undefined;
}
