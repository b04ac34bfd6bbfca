import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { problemAt, type ReportProblem, type SourceText } from './source-text.ts';
import { isSecretKey, starred } from './secret-keys.ts';
import type { Substitute } from './substitution.ts';

/** Where a value was written, and its parts by key or position. */
export interface Place {
  /** Offset of the key in front of it; that of the value itself in a list. */
  readonly key: number;
  readonly start: number;
  readonly kind: 'scalar' | 'map' | 'list';
  /** A scalar as it was written, before anything was filled in; empty for maps and lists. */
  readonly written: string;
  /** A reference in it could not be filled in (and that was reported). */
  readonly unresolved: boolean;
  /** It is under a secret-like key: no message shows it. */
  readonly secret: boolean;
  readonly parts: ReadonlyMap<string, Place>;
}

/** What a YAML document says as plain values, and where. */
export interface ValueTree {
  /** Null, booleans, numbers, strings, arrays, and objects without a prototype; unresolved values are left out of objects. */
  readonly value: unknown;
  readonly place: Place;
}

/** Aliases may multiply a document up to this many values. */
const MAX_VALUES = 200_000;
const NO_PARTS: ReadonlyMap<string, Place> = new Map();

interface Sized extends ValueTree {
  readonly size: number;
  /** A secret was filled in somewhere in it. */
  readonly filled: boolean;
}

/** Where in a document secrets stand: keys from the top down, with `*` for any. */
export type SecretPaths = readonly (readonly string[])[];

/** Where one of them stands, as seen from where reading is. */
interface Within {
  readonly paths: SecretPaths;
  readonly secret: boolean;
}

const NO_PATHS: SecretPaths = [];

function below({ paths, secret }: Within, key: string): Within {
  const rest = paths.filter(([first]) => first === '*' || first === key).map((path) => path.slice(1));
  return { paths: rest.length === 0 ? NO_PATHS : rest, secret: secret || isSecretKey(key) };
}

/**
 * Reads a document's values, with references filled in where secrets stand and aliases followed. Reports duplicate keys,
 * keys that would be dangerous, aliases that lead nowhere, multiply too far or would carry a secret elsewhere, and
 * references that cannot be filled in.
 */
export function readValues(
  document: Document.Parsed,
  source: SourceText,
  substitute: Substitute,
  secretPaths: SecretPaths,
  report: ReportProblem,
): ValueTree {
  const anchors = new Map<string, Sized | 'open'>();
  let total = 0;
  const fail = (offset: number, message: string, expected?: string) =>
    report(problemAt(source, offset, 'error', message, { expected }));
  const leaf = (start: number, value: unknown, written: string, secret: boolean): Sized => ({
    value,
    place: {
      key: start,
      start,
      kind: 'scalar',
      written,
      unresolved: value === undefined,
      secret,
      parts: NO_PARTS,
    },
    size: 1,
    filled: false,
  });

  const read = (node: Node | null | undefined, fallbackStart: number, within: Within): Sized => {
    const start = node?.range?.[0] ?? fallbackStart;
    if (isAlias(node)) return follow(node.source, start, within);
    total++;
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, 'open');
    const tree = readNode(node, start, within);
    if (anchor !== undefined) anchors.set(anchor, tree);
    return tree;
  };

  const readNode = (node: Node | null | undefined, start: number, within: Within): Sized => {
    if (isMap(node)) return readMap(node.items, start, within);
    if (isSeq(node)) return readList(node.items as Node[], start, within);
    const { secret } = within;
    if (!isScalar(node)) return leaf(start, null, '', secret);
    const { value } = node;
    if (typeof value !== 'string') return leaf(start, value, node.source ?? '', secret);
    const filled = substitute(value, { secret: within.paths.some((path) => path.length === 0) });
    if ('text' in filled) {
      return { ...leaf(start, filled.text, value, secret), filled: filled.text !== value };
    }
    fail(start, filled.problem, filled.expected);
    return leaf(start, undefined, value, secret);
  };

  const follow = (anchor: string, start: number, { secret }: Within): Sized => {
    const target = anchors.get(anchor);
    const name = secret ? 'the alias' : `*${anchor}`;
    if (target === undefined) fail(start, `${name} refers to an anchor that is not before it`);
    else if (target === 'open') fail(start, `${name} refers to what it is in`);
    // Elsewhere it would be shown: what is a secret goes by its place.
    else if (target.filled) fail(start, `${name} repeats a secret`, 'the reference itself, written here');
    else {
      total += target.size;
      if (total <= MAX_VALUES) return target;
      if (total - target.size <= MAX_VALUES) {
        fail(start, `aliases multiply this document to more than ${MAX_VALUES} values`);
      }
    }
    return leaf(start, undefined, '', secret);
  };

  const readMap = (
    items: readonly { key: unknown; value: unknown }[],
    start: number,
    within: Within,
  ): Sized => {
    const value = Object.create(null) as Record<string, unknown>;
    const parts = new Map<string, Place>();
    let size = 1;
    let filled = false;
    for (const item of items) {
      const keyNode = item.key as Node | null;
      const keyStart = keyNode?.range?.[0] ?? start;
      if (!isScalar(keyNode) || typeof keyNode.value !== 'string') {
        fail(keyStart, 'a key must be a plain text');
        continue;
      }
      const key = keyNode.value;
      const first = parts.get(key);
      if (first) {
        fail(
          keyStart,
          `\`${shortened(key)}\` is already in this map, at line ${source.lines.linePos(first.key).line}`,
        );
        continue;
      }
      const part = read(item.value as Node | null, keyStart, below(within, key));
      parts.set(key, { ...part.place, key: keyStart });
      if (key === '__proto__') fail(keyStart, '`__proto__` cannot be a key');
      // What could not be filled in is not there: an optional key must not pass for one that says something.
      else if (part.value !== undefined) value[key] = part.value;
      size += part.size;
      filled ||= part.filled;
    }
    return { value, place: placeOf('map', start, parts, within), size, filled };
  };

  const readList = (items: readonly Node[], start: number, within: Within): Sized => {
    const parts = new Map<string, Place>();
    let size = 1;
    let filled = false;
    const value = items.map((item, index) => {
      const part = read(item, start, below(within, String(index)));
      parts.set(String(index), part.place);
      size += part.size;
      filled ||= part.filled;
      return part.value;
    });
    return { value, place: placeOf('list', start, parts, within), size, filled };
  };

  const { value, place } = read(document.contents, document.range[0], {
    paths: secretPaths,
    secret: false,
  });
  return { value, place };
}

function placeOf(
  kind: 'map' | 'list',
  start: number,
  parts: ReadonlyMap<string, Place>,
  { secret }: Within,
): Place {
  return { key: start, start, kind, written: '', unresolved: false, secret, parts };
}

/** The place at a path below another one, or undefined when nothing was written there. */
export function placeAt(place: Place, path: readonly PropertyKey[]): Place | undefined {
  let at: Place | undefined = place;
  for (const segment of path) at = at?.parts.get(String(segment));
  return at;
}

/** Whether a value still has everything that was written, nothing having been taken out of it as wrong. */
export function isWhole(value: unknown, { kind, parts }: Place): boolean {
  if (kind === 'scalar') return value !== undefined;
  if (typeof value !== 'object' || value === null) return false;
  const found = value as Readonly<Record<string, unknown>>;
  return [...parts].every(([key, part]) => Object.hasOwn(found, key) && isWhole(found[key], part));
}

/** A value as it was written, short enough for a message; never what was filled in, nor what is under a secret-like key. */
export function quoted({ kind, written, secret, parts }: Place): string {
  if (kind === 'map' && parts.size > 0 && secret) return 'a map';
  if (kind === 'map' && parts.size > 0) {
    const keys = [...parts.keys()].slice(0, 5).map((key) => `\`${shortened(key)}\``);
    return `a map of ${keys.join(', ')}${parts.size > keys.length ? ', …' : ''}`;
  }
  if (kind === 'list' && parts.size > 0) return 'a list';
  if (written === '') return 'empty';
  return `\`${secret ? starred(shortened(written)) : shortened(written)}\``;
}

/** A text short enough for a message. */
export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
