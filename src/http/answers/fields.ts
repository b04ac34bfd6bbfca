import { quoted } from '../../core/ports/refused.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { HttpProblem } from './problems.ts';

/** The fields of an answer and theirs. `WHOLE`: it has none to choose from. `NAMED`: it has fields, of names that nobody knows before. */
export interface FieldTree {
  readonly [name: string]: FieldTree | typeof WHOLE | typeof NAMED;
}
export const WHOLE = 'whole';
export const NAMED = 'named';

/** The tree of what a report says; the compiler asks for every field that it has. */
export type FieldsOf<Report> = { readonly [Name in keyof Report]-?: FieldTree[string] };

/** What of an answer is wanted: of each field all, or some of its fields. */
export type FieldChoice = ReadonlyMap<string, FieldChoice | 'all'>;

/** More than any answer has, and so few that reading them takes no time. */
const MOST_FIELDS = 100;

/** An answer that has other fields than its route says. */
export class OtherFields {
  readonly tree: FieldTree;
  readonly body: object;

  constructor(tree: FieldTree, body: object) {
    this.tree = tree;
    this.body = body;
  }
}

/**
 * Reads what the parameter `fields` asks for, such as `name,budget.remainingRatio`; null, which is everything, when it was not given.
 * Throws the `HttpProblem` to answer with for a field that there is not.
 */
export function readFields(text: string | null, tree: FieldTree): FieldChoice | null {
  if (text === null) return null;
  const paths = text.split(',').map((path) => path.trim());
  if (paths.length > MOST_FIELDS)
    throw new HttpProblem('invalid-query', `fields must be ${MOST_FIELDS} fields at most.`);
  const choice: Choice = new Map();
  for (const path of paths) choose(choice, path, tree);
  return choice;
}

type Choice = Map<string, Choice | 'all'>;

function choose(choice: Choice, path: string, tree: FieldTree): void {
  let [here, known] = [choice, tree];
  const names = path.split('.');
  for (const [depth, name] of names.entries()) {
    const found = Object.hasOwn(known, name) ? known[name]! : null;
    if (found === null) throw unknownField(path, names.slice(0, depth), name, known);
    const rest = names.slice(depth + 1);
    const chosen = here.get(name);
    if (chosen === 'all') return;
    if (rest.length === 0) return void here.set(name, 'all');
    if (found === WHOLE) throw noFieldsOf(path, names.slice(0, depth + 1));
    const below: Choice = chosen ?? new Map();
    here.set(name, below);
    // A name that nobody knows before may have dots in it.
    if (found === NAMED) return void below.set(rest.join('.'), 'all');
    [here, known] = [below, found];
  }
}

function unknownField(path: string, parents: readonly string[], name: string, known: FieldTree): HttpProblem {
  const full = (last: string) => [...parents, last].join('.');
  const meant = nearest(name, Object.keys(known));
  const hint =
    meant === undefined
      ? `there are ${Object.keys(known).map(full).join(', ')}.`
      : `did you mean ${full(meant)}?`;
  return new HttpProblem('invalid-query', `fields: there is no field ${quoted(path)}; ${hint}`);
}

function noFieldsOf(path: string, parents: readonly string[]): HttpProblem {
  const whole = parents.join('.');
  return new HttpProblem(
    'invalid-query',
    `fields: there is no field ${quoted(path)}; ${whole} comes as a whole.`,
  );
}

/** What was chosen of a value that is to be JSON; of a list, of each of its items. */
export function chosenOf(value: unknown, choice: FieldChoice | null): unknown {
  if (choice === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => chosenOf(item, choice));
  const chosen: Record<string, unknown> = {};
  for (const [name, below] of choice) {
    const field = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (field !== undefined) chosen[name] = below === 'all' ? field : chosenOf(field, below);
  }
  return chosen;
}

/** A choice as text, the same for the same choice. */
export function fieldsText(choice: FieldChoice | null): string {
  if (choice === null) return '*';
  return [...choice]
    .map(([name, below]) => JSON.stringify(name) + (below === 'all' ? '' : `{${fieldsText(below)}}`))
    .join();
}
