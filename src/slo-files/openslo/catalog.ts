import { lineAt, problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, placeAt, quoted, shortened } from '../yaml/value-tree.ts';
import type { Entry, OpenSloDocument } from './documents.ts';
import type { Kind } from './kinds.ts';

/** The kinds that others refer to by name. */
export type NamedKind = Exclude<Kind, 'SLO'>;

/** The documents of all files, to be found by kind and name. */
export interface Catalog {
  /** Every one of a kind, as they were written. */
  all<K extends Kind>(kind: K): readonly Entry<K>[];
  /** The one of a kind and name, if there is one. */
  get<K extends NamedKind>(kind: K, name: string): Entry<K> | undefined;
  /** What a reference leads to; null when there is no such document, which is reported. */
  find<K extends NamedKind>(kind: K, name: string, at: Place, source: SourceText): Entry<K> | null;
}

/** A catalog of documents. Reports names given twice; with `complete` false missing ones are not held against anybody. */
export function createCatalog(
  documents: readonly OpenSloDocument[],
  complete: boolean,
  report: ReportProblem,
): Catalog {
  const byKind = new Map<Kind, OpenSloDocument[]>();
  const byName = new Map<Kind, Map<string, OpenSloDocument>>();
  for (const document of documents) {
    const { kind, name, source, place } = document;
    const alike = byKind.get(kind);
    if (alike) alike.push(document);
    else byKind.set(kind, [document]);
    if (kind === 'SLO' || name === '') continue;
    const named = byName.get(kind) ?? new Map<string, OpenSloDocument>();
    byName.set(kind, named);
    const first = named.get(name);
    if (!first) named.set(name, document);
    else {
      const at = placeAt(place, ['metadata', 'name']) ?? place;
      const other = `${first.source.file}:${lineAt(first.source, first.place.key)}`;
      const message = `${kind} \`${shortened(name)}\` is already defined at ${other}`;
      report(problemAt(source, at.start, 'error', message));
    }
  }
  return {
    all: <K extends Kind>(kind: K) => (byKind.get(kind) ?? []) as unknown as readonly Entry<K>[],
    get: <K extends NamedKind>(kind: K, name: string) =>
      byName.get(kind)?.get(name) as unknown as Entry<K> | undefined,
    find: <K extends NamedKind>(kind: K, name: string, at: Place, source: SourceText) => {
      const named = byName.get(kind);
      const found = named?.get(name);
      if (!found && complete) {
        const suggestion = nearest(name, named?.keys() ?? []);
        report(problemAt(source, at.start, 'error', `there is no ${kind} ${quoted(at)}`, { suggestion }));
      }
      return (found as unknown as Entry<K> | undefined) ?? null;
    },
  };
}
