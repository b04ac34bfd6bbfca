import { targetsOf } from '../native/alerts.ts';
import type { ReadDocument } from '../native/document.ts';
import type { NativeDocument } from '../native/document-schema.ts';
import type { FileProblem } from '../yaml/problem.ts';
import { lineAt, problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt, quoted, shortened } from '../yaml/value-tree.ts';

const DEFAULT_POLICY = 'default';

/** Something named that was defined, and where. `item` lacks what was defined badly, all of it if null. */
interface Entry<Item> {
  readonly item: Item | null;
  readonly place: Place;
  readonly source: SourceText;
}

type Section = 'teams' | 'targets' | 'people' | 'policies' | 'budgetPolicies' | 'dependencies';
type ItemOf<Name extends Section> = Partly<NonNullable<NativeDocument[Name]>[string]>;
type Found<Name extends Section> = ReadonlyMap<string, Entry<ItemOf<Name>>>;

/** Everything workflows may refer to. With `complete` false nothing can be said about names that are missing. */
export interface KnownNames {
  readonly teams: Found<'teams'>;
  readonly targets: Found<'targets'>;
  readonly people: Found<'people'>;
  readonly policies: Found<'policies'>;
  readonly budgetPolicies: Found<'budgetPolicies'>;
  readonly dependencies: Found<'dependencies'>;
  readonly complete: boolean;
  readonly report: ReportProblem;
}

/** Collects what the documents of all files define, and reports names that are defined twice. */
export function collectNames(
  documents: readonly ReadDocument[],
  complete: boolean,
  report: ReportProblem,
): KnownNames {
  return {
    teams: collect(documents, 'teams', 'team', report),
    targets: collect(documents, 'targets', 'target', report),
    people: collect(documents, 'people', 'person', report),
    policies: collect(documents, 'policies', 'policy', report),
    budgetPolicies: collect(documents, 'budgetPolicies', 'budget policy', report),
    dependencies: collect(documents, 'dependencies', 'dependency', report),
    complete,
    report,
  };
}

function collect<Name extends Section>(
  documents: readonly ReadDocument[],
  section: Name,
  kind: string,
  report: ReportProblem,
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

/** The problem of a second definition, which says where the first one is. */
export function definedTwice(
  kind: string,
  name: string,
  source: SourceText,
  offset: number,
  first: { readonly source: SourceText; readonly place: Place },
): FileProblem {
  const other = `${first.source.file}:${lineAt(first.source, first.place.key)}`;
  return problemAt(source, offset, 'error', `${kind} \`${shortened(name)}\` is already defined at ${other}`);
}

/** Reports a name that is not there. */
export function reportUnknown(
  { complete, report }: KnownNames,
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

/** The named policy, or without a name the one called default, which is always there and may be spelled out. */
export function findPolicy(
  name: string | undefined,
  sloPlace: Place,
  source: SourceText,
  known: KnownNames,
): ItemOf<'policies'> | null {
  const policy = known.policies.get(name ?? DEFAULT_POLICY);
  if (!policy && name !== undefined && name !== DEFAULT_POLICY) {
    const at = placeAt(sloPlace, ['alerts', 'policy'])!;
    reportUnknown(known, 'policy', name, at, source, [...known.policies.keys(), DEFAULT_POLICY]);
  }
  return policy?.item ?? null;
}

/** The named budget policy; null without a name. */
export function findBudgetPolicy(
  name: string | undefined,
  sloPlace: Place,
  source: SourceText,
  known: KnownNames,
): ItemOf<'budgetPolicies'> | null {
  if (name === undefined) return null;
  const policy = known.budgetPolicies.get(name);
  if (!policy) {
    const at = placeAt(sloPlace, ['budgetPolicy'])!;
    reportUnknown(known, 'budget policy', name, at, source, known.budgetPolicies.keys());
  }
  return policy?.item ?? null;
}

/** Reports the targets that alert settings route to and that are not there. */
export function checkTargets(
  settings: ItemOf<'policies'> | undefined,
  place: Place | undefined,
  source: SourceText,
  known: KnownNames,
): void {
  if (!settings || !place) return;
  for (const { target, path } of targetsOf(settings)) {
    const at = placeAt(place, path)!;
    if (!known.targets.has(target)) reportUnknown(known, 'target', target, at, source, known.targets.keys());
  }
}
