import type { Definitions, Slo, Team, Workflow } from '../../core/slo.ts';
import type { Pace } from '../pace.ts';
import { problemAt, type Report } from '../source-text.ts';
import { nearest } from '../suggestion.ts';
import { placeAt, quoted, shortened } from '../value-tree.ts';
import { type AlertContext, checkTarget } from './alerts.ts';
import { annotationOf, checkAnnotations, foreignMetadata, ownerOf } from './annotations.ts';
import { type BuiltSlo, buildSlos } from './built-slos.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import type { OpenSloDocument } from './documents.ts';
import { type Indicator, OUR_TYPE, readIndicator } from './indicator.ts';
import { readSloDocument, type SloEntry } from './objectives.ts';

/** Everything the native files define, and what is known of it. */
export interface Native extends Definitions {
  /** The workflows of documents, also of those with mistakes in them. */
  readonly workflowNames: ReadonlySet<string>;
}

/**
 * Adds the SLOs of OpenSLO documents to what the native files define, and reports what does not fit. An SLO belongs
 * to the workflow its SLI names; one that no native file defines is owned by whom the SLO or its Service names.
 * The result is only of use when no error was reported.
 */
export async function joinOpenSlos(
  documents: readonly OpenSloDocument[],
  native: Native,
  complete: boolean,
  pace: Pace,
  report: Report,
): Promise<Definitions> {
  if (documents.length === 0) return native;
  const catalog = createCatalog(documents, complete, report);
  const context: AlertContext = { catalog, targets: native.targets, complete, report };
  checkAround(documents, context);
  const indicators = readIndicators(catalog, report);
  const byWorkflow = new Map<string, BuiltSlo[]>();
  for (const entry of catalog.all('SLO')) {
    if (pace.due()) await pace.rest();
    if (!entry.data) continue;
    const whole = entry as SloEntry;
    const read = readSloDocument(whole, { catalog, indicators, report });
    if (!read) continue;
    for (const built of buildSlos(whole, read, context)) {
      const { workflow } = built.slo;
      const others = byWorkflow.get(workflow);
      if (others) others.push(built);
      else byWorkflow.set(workflow, [built]);
    }
  }
  const workflows = new Map(native.workflows);
  const teams = new Map(native.teams);
  for (const [name, built] of byWorkflow) {
    if (pace.due()) await pace.rest();
    const workflow = joinWorkflow(name, built, native, catalog, complete, report);
    if (!workflow) continue;
    workflows.set(name, workflow);
    if (!teams.has(workflow.owner)) teams.set(workflow.owner, teamOf(workflow.owner, built));
  }
  return { workflows, teams, targets: native.targets };
}

/** What is judged of documents by themselves, whether anything refers to them or not. */
function checkAround(documents: readonly OpenSloDocument[], context: AlertContext): void {
  const { report } = context;
  let foreign: { readonly at: number; readonly document: OpenSloDocument } | null = null;
  let foreignCount = 0;
  for (const document of documents) {
    const { kind, data, source, place } = document;
    if (!data) continue;
    const metadataAt = placeAt(place, ['metadata'])!;
    checkAnnotations(data.metadata, metadataAt, source, report);
    const strange = foreignMetadata(data.metadata, metadataAt);
    if (strange) {
      foreignCount++;
      foreign ??= { at: strange.key, document };
    }
    if (kind === 'AlertNotificationTarget') {
      const kindAt = placeAt(place, ['spec', 'target'])!;
      checkTarget(document.name, document.data!.spec.target, placeAt(metadataAt, ['name'])!, kindAt, source, context);
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
  report: Report,
): void {
  if (!data) return;
  const { type, connectionDetails } = data.spec;
  const typeAt = placeAt(place, ['spec', 'type'])!;
  const details = placeAt(place, ['spec', 'connectionDetails']);
  if (type.toLowerCase() !== OUR_TYPE) {
    const message = `DataSource \`${shortened(name)}\` is of type ${quoted(typeAt)}, which Burnwatch does not read`;
    report(problemAt(source, typeAt.start, 'warning', message, { expected: `type: ${OUR_TYPE}` }));
  } else if (details && (details.parts.size > 0 || (connectionDetails ?? null) !== null)) {
    const message = '`connectionDetails` of a source that Burnwatch counts itself: there is nothing to connect to';
    report(problemAt(source, details.key, 'error', message, { expected: 'a DataSource without connectionDetails' }));
  }
}

/** What every SLI document selects, so that a mistake in one is told once, and also when nobody uses it. */
function readIndicators(catalog: Catalog, report: Report): Map<string, Indicator | null> {
  const indicators = new Map<string, Indicator | null>();
  for (const { name, data, place, source } of catalog.all('SLI')) {
    if (indicators.has(name)) continue;
    const at = placeAt(place, ['spec']);
    indicators.set(name, data && at ? readIndicator(data.spec, at, { source, catalog, report }) : null);
  }
  return indicators;
}

function joinWorkflow(
  name: string,
  built: readonly BuiltSlo[],
  native: Native,
  catalog: Catalog,
  complete: boolean,
  report: Report,
): Workflow | null {
  const known = native.workflows.get(name);
  // Its own document is wrong, and that was reported.
  if (!known && native.workflowNames.has(name)) return null;
  const owner = readOwner(name, built, known, native, catalog, complete, report);
  const runbook = known ? known.runbook : (readRunbook(built, catalog) ?? null);
  const slos: Slo[] = [...(known?.slos ?? [])];
  const byName = new Map(slos.map((slo) => [slo.name, slo.source]));
  for (const { slo, entry, place, indicator } of built) {
    const first = byName.get(slo.name);
    if (first !== undefined) {
      const message = `SLO \`${shortened(slo.id)}\` is already defined at ${first}`;
      report(problemAt(entry.source, place.key, 'error', message));
      continue;
    }
    byName.set(slo.name, slo.source);
    if (indicator && known) checkStep(indicator, known, report);
    slos.push({ ...slo, owner: owner ?? '', runbook });
  }
  return owner === null ? null : { name, owner, runbook, steps: known?.steps ?? [], slos };
}

function checkStep(indicator: Indicator, { steps }: Workflow, report: Report): void {
  const step = indicator.kind === 'measurements' ? null : indicator.sli.step;
  const at = placeAt(indicator.place, ['step']);
  if (step === null || !at || steps.length === 0 || steps.includes(step)) return;
  report(
    problemAt(indicator.source, at.start, 'error', `${quoted(at)} is not a step of this workflow`, {
      expected: `one of ${steps.slice(0, 20).join(', ')}`,
      suggestion: nearest(step, steps),
    }),
  );
}

/** The team that owns a workflow: the native owner, else whom its SLOs or their Services name; null when that is nobody. */
function readOwner(
  workflow: string,
  built: readonly BuiltSlo[],
  known: Workflow | undefined,
  native: Native,
  catalog: Catalog,
  complete: boolean,
  report: Report,
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
      ? nearest(unknownService.data.spec.service, catalog.all('Service').map(({ name }) => name))
      : undefined;
    const message = `nobody owns workflow \`${shortened(workflow)}\``;
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
  return built.every(({ slo: { alerts } }) => alerts.tiers.every(({ severity }) => alerts.route[severity] !== null));
}

/** A team that no native file defines is told what the alert policies of its SLOs tell anybody. */
function teamOf(name: string, built: readonly BuiltSlo[]): Team {
  const targets = (severity: 'page' | 'ticket') => [
    ...new Set(built.flatMap(({ slo }) => slo.alerts.route[severity] ?? [])),
  ];
  return { name, page: targets('page'), ticket: targets('ticket'), fallback: [] };
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
