import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { problemAt, type ReportProblem, type SourceText } from './source-text.ts';
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
}

/**
 * Reads a document's values with references filled in and aliases followed. Reports duplicate keys, keys that
 * would be dangerous, aliases that lead nowhere or multiply too far, and references that cannot be filled in.
 */
export function readValues(
  document: Document.Parsed,
  source: SourceText,
  substitute: Substitute,
  report: ReportProblem,
): ValueTree {
  const anchors = new Map<string, Sized | 'open'>();
  let total = 0;
  const fail = (offset: number, message: string) => report(problemAt(source, offset, 'error', message));
  const leaf = (start: number, value: unknown, written: string, unresolved: boolean): Sized => ({
    value,
    place: { key: start, start, kind: 'scalar', written, unresolved, parts: NO_PARTS },
    size: 1,
  });

  const read = (node: Node | null | undefined, fallbackStart: number): Sized => {
    const start = node?.range?.[0] ?? fallbackStart;
    if (isAlias(node)) return follow(node.source, start);
    total++;
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, 'open');
    const tree = readNode(node, start);
    if (anchor !== undefined) anchors.set(anchor, tree);
    return tree;
  };

  const readNode = (node: Node | null | undefined, start: number): Sized => {
    if (isMap(node)) return readMap(node.items, start);
    if (isSeq(node)) return readList(node.items as Node[], start);
    if (!isScalar(node)) return leaf(start, null, '', false);
    const { value } = node;
    if (typeof value !== 'string') return leaf(start, value, node.source ?? '', false);
    const filled = substitute(value);
    if ('text' in filled) return leaf(start, filled.text, value, false);
    fail(start, filled.problem);
    return leaf(start, undefined, value, true);
  };

  const follow = (anchor: string, start: number): Sized => {
    const target = anchors.get(anchor);
    if (target === undefined) fail(start, `*${anchor} refers to an anchor that is not before it`);
    else if (target === 'open') fail(start, `*${anchor} refers to what it is in`);
    else {
      total += target.size;
      if (total <= MAX_VALUES) return target;
      if (total - target.size <= MAX_VALUES) {
        fail(start, `aliases multiply this document to more than ${MAX_VALUES} values`);
      }
    }
    return leaf(start, undefined, '', true);
  };

  const readMap = (items: readonly { key: unknown; value: unknown }[], start: number): Sized => {
    const value = Object.create(null) as Record<string, unknown>;
    const parts = new Map<string, Place>();
    let size = 1;
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
      const part = read(item.value as Node | null, keyStart);
      parts.set(key, { ...part.place, key: keyStart });
      if (key === '__proto__') fail(keyStart, '`__proto__` cannot be a key');
      // What could not be filled in is not there: an optional key must not pass for one that says something.
      else if (part.value !== undefined) value[key] = part.value;
      size += part.size;
    }
    return { value, place: { key: start, start, kind: 'map', written: '', unresolved: false, parts }, size };
  };

  const readList = (items: readonly Node[], start: number): Sized => {
    const parts = new Map<string, Place>();
    let size = 1;
    const value = items.map((item, index) => {
      const part = read(item, start);
      parts.set(String(index), part.place);
      size += part.size;
      return part.value;
    });
    return { value, place: { key: start, start, kind: 'list', written: '', unresolved: false, parts }, size };
  };

  const { value, place } = read(document.contents, document.range[0]);
  return { value, place };
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

/** A value as it was written, short enough for a message; never what was filled in for a reference. */
export function quoted({ kind, written, parts }: Place): string {
  if (kind === 'map' && parts.size > 0) {
    const keys = [...parts.keys()].slice(0, 5).map((key) => `\`${shortened(key)}\``);
    return `a map of ${keys.join(', ')}${parts.size > keys.length ? ', …' : ''}`;
  }
  if (kind === 'list' && parts.size > 0) return 'a list';
  return written === '' ? 'empty' : `\`${shortened(written)}\``;
}

/** A text short enough for a message. */
export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
