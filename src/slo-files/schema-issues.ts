import { z } from 'zod';
import { problemAt, type Report, type SourceText } from './source-text.ts';
import { nearest } from './suggestion.ts';
import { type Place, placeAt, quoted, shortened } from './value-tree.ts';

type Issue = z.core.$ZodIssue;

/** Nobody reads more, and a hostile file could have very many. */
const MAX_REPORTED = 200;

/** The issues of a failed check, with those of a union narrowed down to the option that was meant. */
export function narrowIssues(error: z.ZodError): Issue[] {
  return error.issues.flatMap(bestOption);
}

/**
 * Reports each issue of a failed check where it was written. Convention: an issue's message says what is expected
 * there. Missing keys are reported at the map that lacks them, unknown ones at the key, all else at the value.
 */
export function reportIssues(
  schema: z.ZodType,
  issues: readonly Issue[],
  root: Place,
  source: SourceText,
  report: Report,
): void {
  const meant = new Set<string>();
  const mapsWithUnknownKeys = new Set<string>();
  const missing: Issue[] = [];
  const pointer = (path: readonly PropertyKey[]) => JSON.stringify(path.map(String));
  for (const issue of issues.slice(0, MAX_REPORTED)) {
    const place = placeAt(root, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const legal = legalKeys(schema, issue.path);
      mapsWithUnknownKeys.add(pointer(issue.path));
      for (const key of issue.keys.slice(0, MAX_REPORTED)) {
        const keyPlace = placeAt(root, [...issue.path, key]);
        const suggestion = nearest(key, legal);
        if (suggestion !== undefined) meant.add(pointer([...issue.path, suggestion]));
        report(
          problemAt(source, keyPlace?.key ?? root.start, 'error', `unknown key \`${shortened(key)}\``, {
            suggestion,
            expected: suggestion === undefined ? oneOf(legal) : undefined,
          }),
        );
      }
    } else if (place === undefined) missing.push(issue);
    else if (!isUnresolved(place) && !mapsWithUnknownKeys.has(pointer(issue.path))) {
      const isKey = issue.code === 'invalid_key';
      const label = isKey ? `the name ${labelOf(issue.path)}` : labelOf(issue.path);
      const state = isKey ? 'is not allowed' : `is ${quoted(place)}`;
      const offset = isKey || isBlank(place) ? place.key : place.start;
      report(problemAt(source, offset, 'error', `${label} ${state}`, { expected: expectation(issue) }));
    }
  }
  for (const issue of missing) {
    // A misspelt key is one mistake, not two.
    if (meant.has(pointer(issue.path))) continue;
    const parent = placeAt(root, issue.path.slice(0, -1)) ?? root;
    report(
      problemAt(source, parent.key, 'error', `${labelOf(issue.path)} is missing`, {
        expected: expectation(issue),
      }),
    );
  }
}

/** Of a union's options, the one whose outer shape fits tells what is really wrong; if none does, the union itself. */
function bestOption(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const fitting = issue.errors.filter((option) => !option.some(isWrongShape));
  const [only] = fitting;
  if (fitting.length !== 1 || !only) return [issue];
  return only.flatMap((inner) => bestOption({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isWrongShape({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

function expectation(issue: Issue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

function isUnresolved(place: Place): boolean {
  return place.unresolved || [...place.parts.values()].some((part) => part.unresolved);
}

/** `slos:` with nothing behind it: its place is the key. */
function isBlank({ kind, written }: Place): boolean {
  return kind === 'scalar' && written === '';
}

function labelOf(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (last === undefined) return 'the document';
  if (typeof last === 'number') return `item ${last + 1} of ${labelOf(path.slice(0, -1))}`;
  return `\`${shortened(String(last))}\``;
}

function oneOf(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : `one of ${words.join(', ')}`;
}

/** The keys that a schema allows in the map at a path. */
function legalKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let schemas: z.ZodType[] = plain(schema);
  for (const segment of path) schemas = schemas.flatMap((at) => below(at, segment)).flatMap(plain);
  return schemas.flatMap((at) => (at instanceof z.ZodObject ? Object.keys(at.shape) : []));
}

function below(schema: z.ZodType, segment: PropertyKey): z.ZodType[] {
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.ZodType];
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  if (!(schema instanceof z.ZodObject)) return [];
  const inner: z.ZodType | undefined = schema.shape[String(segment)];
  return inner ? [inner] : [];
}

/** A schema without its optional and union wrappings. */
function plain(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return plain(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as z.ZodType[]).flatMap(plain);
  return [schema];
}
