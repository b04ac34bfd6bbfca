import type { Definitions, Slo, TargetDefinition, Team, Workflow } from '../core/slo.ts';
import type { ReadDocument } from './native-document.ts';
import type { NativeDocument } from './native-schema.ts';
import { buildSlo } from './native-slo.ts';
import type { Pace } from './pace.ts';
import type { Problem } from './problem.ts';
import { lineAt, problemAt, type Report, type SourceText } from './source-text.ts';
import { nearest } from './suggestion.ts';
import type { Partly } from './usable-part.ts';
import { type Place, placeAt, quoted, shortened } from './value-tree.ts';

/** The most SLOs that are loaded. */
const MAX_SLOS = 10_000;
const DEFAULT_POLICY = 'default';

/** Something named that was defined, and where. `item` lacks what was defined badly, all of it if null. */
interface Entry<Item> {
  readonly item: Item | null;
  readonly place: Place;
  readonly source: SourceText;
}

type Section = 'teams' | 'targets' | 'policies';
type ItemOf<Name extends Section> = Partly<NonNullable<NativeDocument[Name]>[string]>;
type Found<Name extends Section> = ReadonlyMap<string, Entry<ItemOf<Name>>>;

/** Everything workflows may refer to. With `complete` false nothing can be said about names that are missing. */
interface Known {
  readonly teams: Found<'teams'>;
  readonly targets: Found<'targets'>;
  readonly policies: Found<'policies'>;
  readonly complete: boolean;
  readonly report: Report;
}

/**
 * Puts the documents of all files together and reports what does not fit: names defined twice, references to
 * what is not there, values out of range. With `complete` false some file could not be read at all, so that
 * missing names are not held against anybody. The result is only of use when no error was reported.
 */
export async function assemble(
  documents: readonly ReadDocument[],
  complete: boolean,
  pace: Pace,
  report: Report,
): Promise<Definitions> {
  const known: Known = {
    teams: collect(documents, 'teams', 'team', report),
    targets: collect(documents, 'targets', 'target', report),
    policies: collect(documents, 'policies', 'policy', report),
    complete,
    report,
  };
  const workflows = new Map<string, Workflow>();
  const defined = new Map<string, { readonly source: SourceText; readonly place: Place }>();
  let sloCount = 0;
  for (const document of documents) {
    if (pace.due()) await pace.rest();
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
    sloCount += Object.keys(data.slos ?? {}).length;
    if (sloCount <= MAX_SLOS)
      workflows.set(data.workflow, buildWorkflow(document, data.workflow, data, known));
    else if (before <= MAX_SLOS) {
      report(problemAt(source, at.start, 'error', `with this workflow there are more than ${MAX_SLOS} SLOs`));
    }
  }
  return { workflows, teams: readTeams(known), targets: readTargets(known.targets) };
}

function collect<Name extends Section>(
  documents: readonly ReadDocument[],
  section: Name,
  kind: string,
  report: Report,
): Found<Name> {
  const found = new Map<string, Entry<ItemOf<Name>>>();
  for (const { data, place, source } of documents) {
    const items = (data[section] ?? {}) as Readonly<Record<string, ItemOf<Name>>>;
    for (const [name, at] of place.parts.get(section)?.parts ?? []) {
      const first = found.get(name);
      if (first) report(definedTwice(kind, name, source, at.key, first));
      else found.set(name, { item: Object.hasOwn(items, name) ? items[name]! : null, place: at, source });
    }
  }
  return found;
}

function definedTwice(
  kind: string,
  name: string,
  source: SourceText,
  offset: number,
  first: { readonly source: SourceText; readonly place: Place },
): Problem {
  const other = `${first.source.file}:${lineAt(first.source, first.place.key)}`;
  return problemAt(source, offset, 'error', `${kind} \`${shortened(name)}\` is already defined at ${other}`);
}

/** Keys that are about a workflow in a document that names none. */
function reportStray({ data, place, source }: ReadDocument, report: Report): void {
  for (const key of ['owner', 'runbook', 'steps', 'slos'] as const) {
    const stray = place.parts.get(key);
    if (!stray || data[key] === undefined) continue;
    const message = `\`${key}\` without a workflow`;
    report(problemAt(source, stray.key, 'error', message, { expected: '`workflow` in the same document' }));
    return;
  }
}

function unknown(
  { complete, report }: Known,
  kind: string,
  name: string,
  at: Place,
  source: SourceText,
  legal: Iterable<string>,
): void {
  if (!complete) return;
  const message = `there is no ${kind} ${quoted(at)}`;
  report(problemAt(source, at.start, 'error', message, { suggestion: nearest(name, legal) }));
}

function buildWorkflow(
  { place, source }: ReadDocument,
  name: string,
  data: Partly<NativeDocument>,
  known: Known,
): Workflow {
  const { report } = known;
  const { owner = '', runbook = null, steps = [], slos: natives = {} } = data;
  checkOwner(data.owner, place, source, known);
  const slosPlace = place.parts.get('slos');
  if (!slosPlace || (slosPlace.kind === 'map' && slosPlace.parts.size === 0)) {
    report(
      problemAt(source, place.parts.get('workflow')!.start, 'warning', `workflow \`${name}\` has no SLOs`),
    );
  }

  const slos: Slo[] = [];
  const byMeaning = new Map<string, Slo>();
  for (const [sloName, native = {}] of Object.entries(natives)) {
    const sloPlace = placeAt(place, ['slos', sloName])!;
    const policyMinFailures = findPolicy(native.alerts?.policy, sloPlace, source, known)?.minFailures;
    const context = { workflow: name, owner, runbook, steps, policyMinFailures, source, report };
    const slo = buildSlo(sloName, native, sloPlace, context);
    if (!slo) continue;
    slos.push(slo);
    const meaning = `${slo.fingerprint} ${slo.objective.ratio} ${slo.window.duration}`;
    const twin = byMeaning.get(meaning);
    if (twin) {
      const message = `\`${sloName}\` promises the same as \`${twin.name}\`, at ${twin.source}`;
      report(problemAt(source, sloPlace.key, 'warning', message));
    } else byMeaning.set(meaning, slo);
  }
  return { name, owner, runbook, steps, slos };
}

function checkOwner(owner: string | undefined, place: Place, source: SourceText, known: Known): void {
  const at = place.parts.get('owner');
  if (!at) {
    const expected = 'the name of the team that owns the workflow';
    const { key } = place.parts.get('workflow')!;
    known.report(problemAt(source, key, 'error', '`owner` is missing', { expected }));
  } else if (owner !== undefined && !known.teams.has(owner)) {
    unknown(known, 'team', owner, at, source, known.teams.keys());
  }
}

/** The named policy, or without a name the one called default, which is always there and may be spelled out. */
function findPolicy(
  name: string | undefined,
  sloPlace: Place,
  source: SourceText,
  known: Known,
): ItemOf<'policies'> | null {
  const policy = known.policies.get(name ?? DEFAULT_POLICY);
  if (!policy && name !== undefined && name !== DEFAULT_POLICY) {
    const at = placeAt(sloPlace, ['alerts', 'policy'])!;
    unknown(known, 'policy', name, at, source, [...known.policies.keys(), DEFAULT_POLICY]);
  }
  return policy?.item ?? null;
}

function readTeams(known: Known): Map<string, Team> {
  const teams = new Map<string, Team>();
  for (const [name, { item, place, source }] of known.teams) {
    if (!item) continue;
    const { page = [], ticket = [], fallback = [] } = item;
    for (const [route, names] of Object.entries({ page, ticket, fallback })) {
      for (const [index, target] of names.entries()) {
        const at = placeAt(place, [route, index])!;
        if (!known.targets.has(target)) unknown(known, 'target', target, at, source, known.targets.keys());
      }
    }
    if (page.length === 0) {
      const message = `team \`${name}\` has no page route: nobody is woken when its budgets burn`;
      known.report(problemAt(source, place.key, 'warning', message));
    }
    teams.set(name, { name, page, ticket, fallback });
  }
  return teams;
}

function readTargets(found: Found<'targets'>): Map<string, TargetDefinition> {
  const targets = new Map<string, TargetDefinition>();
  for (const [name, { item }] of found) {
    const { slack, email, log } = item ?? {};
    if (slack?.webhook !== undefined) targets.set(name, { kind: 'slack', name, webhook: slack.webhook });
    else if (email?.to) targets.set(name, { kind: 'email', name, to: email.to });
    else if (log) targets.set(name, { kind: 'log', name });
  }
  return targets;
}
