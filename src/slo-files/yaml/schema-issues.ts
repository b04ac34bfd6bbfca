import { z } from 'zod';
import { problemAt, type ReportProblem, type SourceText } from './source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, placeAt, quoted, shortened } from './value-tree.ts';

type Issue = z.core.$ZodIssue;

/** More would not be read, and a hostile file could have very many. */
const MAX_REPORTED = 200;

/**
 * The issues of a failed check, with those of a union narrowed down to the option that was meant. With the schema and
 * value that were checked, that is the option whose keys fit best, however much is wrong with their values.
 */
export function narrowIssues(error: z.ZodError, schema?: z.ZodType, value?: unknown): Issue[] {
  if (!schema) return error.issues.flatMap(bestOption);
  const narrowed = new Set<string>();
  return error.issues.flatMap((issue) => {
    // More than are listed; then it is enough to know where they are.
    const found = narrowed.size < MAX_REPORTED ? unionOn(schema, value, issue.path) : null;
    if (!found) return [issue];
    const key = pointerOf(found.path);
    const inner = found.value === undefined ? null : meantOption(found.union, found.value);
    if (!inner) return [issue];
    if (narrowed.has(key)) return [];
    narrowed.add(key);
    return inner.map((issue): Issue => ({ ...issue, path: [...found.path, ...issue.path] }));
  });
}

interface FoundUnion {
  readonly union: z.ZodUnion;
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

/** The first union that a path leads to or through. */
function unionOn(schema: z.ZodType, root: unknown, path: readonly PropertyKey[]): FoundUnion | null {
  let at = bare(schema);
  let value = root;
  for (const [index, segment] of path.entries()) {
    if (at instanceof z.ZodUnion) return { union: at, path: path.slice(0, index), value };
    const [inner] = below(at, segment);
    if (!inner) return null;
    at = bare(inner);
    value = (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[segment];
  }
  return at instanceof z.ZodUnion ? { union: at, path, value } : null;
}

/** What is wrong with a value as the option it comes closest to; null when it has the shape of none. */
function meantOption({ options }: z.ZodUnion, value: unknown): Issue[] | null {
  let best: Issue[] | null = null;
  let least = Infinity;
  for (const option of options as readonly z.ZodType[]) {
    const checked = option.safeParse(value);
    // Then what is wrong is with the union as a whole.
    if (checked.success) return null;
    const { issues } = checked.error;
    const distance = issues.some(isWrongShape)
      ? Infinity
      : keysAmiss(issues, value) - keysMeant(option, options as readonly z.ZodType[], value);
    if (distance >= least) continue;
    least = distance;
    best = narrowIssues(checked.error, option, value);
  }
  return best;
}

/** A key that a form needs, and no other form has beside others, shows that this form is meant. */
function keysMeant(option: z.ZodType, options: readonly z.ZodType[], value: unknown): number {
  if (!(option instanceof z.ZodObject) || typeof value !== 'object' || value === null) return 0;
  const isOptional = (key: string) =>
    options.some((other) => other instanceof z.ZodObject && other.shape[key] instanceof z.ZodOptional);
  return 4 * Object.keys(option.shape).filter((key) => !isOptional(key) && Object.hasOwn(value, key)).length;
}

/** How badly the keys of a map fit: a strange one says more than a missing one, and that more than a choice of them. */
function keysAmiss(issues: readonly Issue[], value: unknown): number {
  const isThere = (key: PropertyKey) =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return issues.reduce((sum, { code, path, ...issue }) => {
    if (path.length === 0 && code === 'unrecognized_keys')
      return sum + 3 * (issue as { keys: string[] }).keys.length;
    if (path.length === 1 && !isThere(path[0]!)) return sum + 2;
    return path.length === 0 ? sum + 1 : sum;
  }, 0);
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
  report: ReportProblem,
): void {
  const meant = new Set<string>();
  const mapsWithUnknownKeys = new Set<string>();
  const missing: Issue[] = [];
  for (const issue of issues.slice(0, MAX_REPORTED)) {
    const place = placeAt(root, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const legal = legalKeys(schema, issue.path);
      mapsWithUnknownKeys.add(pointerOf(issue.path));
      for (const key of issue.keys.slice(0, MAX_REPORTED)) {
        const keyPlace = placeAt(root, [...issue.path, key]);
        // A key of another form than the one that was meant is not misspelt.
        const suggestion = legal.includes(key) ? undefined : nearest(key, legal);
        if (suggestion !== undefined) meant.add(pointerOf([...issue.path, suggestion]));
        report(
          problemAt(source, keyPlace?.key ?? root.start, 'error', unknownKey(key, place), {
            suggestion,
            expected: suggestion === undefined ? keysOf(issue.message, legal) : undefined,
          }),
        );
      }
    } else if (place === undefined) missing.push(issue);
    else if (!isUnresolved(place) && !mapsWithUnknownKeys.has(pointerOf(issue.path))) {
      const isKey = issue.code === 'invalid_key';
      const label = isKey ? `the name ${labelOf(issue.path)}` : labelOf(issue.path);
      const state = isKey ? 'is not allowed' : `is ${quoted(place)}`;
      const offset = isKey || isBlank(place) ? place.key : place.start;
      report(problemAt(source, offset, 'error', `${label} ${state}`, { expected: expectation(issue) }));
    }
  }
  for (const issue of missing) {
    // A misspelt key is one mistake, not two.
    if (meant.has(pointerOf(issue.path))) continue;
    const parent = placeAt(root, issue.path.slice(0, -1)) ?? root;
    report(
      problemAt(source, parent.key, 'error', `${labelOf(issue.path)} is missing`, {
        expected: expectation(issue),
      }),
    );
  }
}

function unknownKey(key: string, map: Place | undefined): string {
  return map?.secret ? 'unknown key' : `unknown key \`${shortened(key)}\``;
}

/** Of a union's options, the one whose outer shape fits says what is really wrong; if none does, the union itself. */
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

/** What a schema says of its keys, else the legal ones. */
function keysOf(message: string, legal: readonly string[]): string | undefined {
  if (message.startsWith('one of ')) return message;
  return legal.length === 0 ? undefined : `one of ${legal.join(', ')}`;
}

function pointerOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
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
  const at = bare(schema);
  return at instanceof z.ZodUnion ? (at.options as z.ZodType[]).flatMap(plain) : [at];
}

/** A schema without its optional wrappings. */
function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? bare(schema.unwrap() as z.ZodType) : schema;
}
