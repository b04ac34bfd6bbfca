import { documentSchema, TELLING_KEYS } from './native/document-schema.ts';
import { KINDS } from './openslo/kinds.ts';
import { isOpenSlo } from './openslo/documents.ts';
import { nearest } from '../core/words/suggestion.ts';
import type { Place } from './yaml/value-tree.ts';

const LEGAL = Object.keys(documentSchema.shape);
const DIALECT = /^(openslo|burnwatch)/i;
/** The same in a text that is not YAML throughout. */
const TELLING_LINE = new RegExp(
  `^(?:- ){0,4}[{ ]{0,8}(?:["']?(?:${TELLING_KEYS.join('|')})["']?[ \\t]{0,8}:|["']?apiVersion["']?[ \\t]{0,8}:[ \\t]{0,8}["']?(?:openslo|burnwatch))`,
  'm',
);

/** What people are told to expect where a file is none. */
export const SLO_FILE = `${TELLING_KEYS.join(', ')} or apiVersion: openslo/v1 at the top`;

/** Whether a document is meant for Burnwatch, however much is wrong with it: of another one nothing may be quoted. */
export function isMeantForUs(place: Place): boolean {
  const top = place.kind === 'list' ? place.parts.get('0') : place;
  if (!top) return false;
  if (isOpenSlo({ place }) || DIALECT.test(top.parts.get('apiVersion')?.written ?? '')) return true;
  if (Object.hasOwn(KINDS, top.parts.get('kind')?.written ?? '')) return true;
  const telling: readonly string[] = TELLING_KEYS;
  // Manifests of packages have dependencies as well, but promise nothing of them.
  const dependencies = top.parts.get('dependencies')?.parts.values() ?? [];
  if ([...dependencies].some(({ parts }) => parts.has('sla'))) return true;
  return [...top.parts.keys()].some((key) =>
    telling.includes(LEGAL.includes(key) ? key : (nearest(key, LEGAL) ?? '')),
  );
}

/** Whether a text looks like an SLO file, although it cannot be read as YAML. */
export function looksMeantForUs(text: string): boolean {
  return TELLING_LINE.test(text);
}
