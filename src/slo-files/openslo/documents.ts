import { narrowIssues, reportIssues } from '../yaml/schema-issues.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, placeAt, quoted, type ValueTree } from '../yaml/value-tree.ts';
import { type DocumentOf, type Kind, KINDS, OPENSLO_VERSION } from './kinds.ts';

/** One OpenSLO document of a file; `data` is null when something in it was reported as wrong. */
export interface Entry<K extends Kind> {
  readonly kind: K;
  /** Empty when it has none. */
  readonly name: string;
  readonly data: DocumentOf<K> | null;
  readonly source: SourceText;
  readonly place: Place;
}

export type OpenSloDocument = { [K in Kind]: Entry<K> }[Kind];

/** Whether a document is meant to be OpenSLO, of whatever version, or a list of such documents. */
export function isOpenSlo({ place }: Pick<ValueTree, 'place'>): boolean {
  const first = place.kind === 'list' ? place.parts.get('0') : place;
  return /^openslo(\.com)?\//i.test(first?.parts.get('apiVersion')?.written ?? '');
}

/** Checks the shape of an OpenSLO document, or of each one in a list, and reports everything wrong with it. */
export function readOpenSlo(
  { value, place }: ValueTree,
  source: SourceText,
  report: ReportProblem,
): OpenSloDocument[] {
  if (place.kind !== 'list') return readObject(value, place, source, report);
  const items = value as readonly unknown[];
  return items.flatMap((item, index) => readObject(item, place.parts.get(String(index))!, source, report));
}

/** The names that OpenSLO documents with syntax errors define, so that what refers to them is not blamed as well. */
export function namesOf(place: Place, source: SourceText): OpenSloDocument[] {
  const objects = place.kind === 'list' ? [...place.parts.values()] : [place];
  return objects.flatMap((object) => {
    const kind = kindOf(object);
    return kind === null ? [] : [entryOf(kind, null, object, source)];
  });
}

function readObject(
  value: unknown,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): OpenSloDocument[] {
  const version = place.parts.get('apiVersion');
  if (version && !version.unresolved && version.written !== OPENSLO_VERSION && isOpenSlo({ place })) {
    const message = `\`apiVersion\` is ${quoted(version)}, a version that is not loaded`;
    report(problemAt(source, version.start, 'error', message, { expected: OPENSLO_VERSION }));
    return namesOf(place, source);
  }
  const kind = kindOf(place);
  if (kind === null) {
    const at = place.parts.get('kind');
    if (at?.unresolved) return [];
    const legal = Object.keys(KINDS);
    const message = at ? `\`kind\` is ${quoted(at)}` : '`kind` is missing';
    report(
      problemAt(source, (at ?? place).start, 'error', message, {
        expected: `one of ${legal.join(', ')}`,
        suggestion: at && nearest(at.written, legal),
      }),
    );
    return [];
  }
  const checked = KINDS[kind].safeParse(value);
  if (checked.success) return [entryOf(kind, checked.data, place, source)];
  reportIssues(KINDS[kind], narrowIssues(checked.error, KINDS[kind], value), place, source, report);
  return [entryOf(kind, null, place, source)];
}

function kindOf(place: Place): Kind | null {
  const written = place.parts.get('kind')?.written ?? '';
  return Object.hasOwn(KINDS, written) ? (written as Kind) : null;
}

function entryOf(
  kind: Kind,
  data: OpenSloDocument['data'],
  place: Place,
  source: SourceText,
): OpenSloDocument {
  const name = data?.metadata.name ?? placeAt(place, ['metadata', 'name'])?.written ?? '';
  // The data was checked by the schema of this kind.
  return { kind, name, data, place, source } as OpenSloDocument;
}
