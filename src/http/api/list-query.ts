import type { ListPage, ListPlace, PageChoice, PlaceShape } from '../../core/ports/list-page.ts';
import { placeText, readPlace } from '../../core/ports/list-page.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { Parameter, Parameters } from './parameters.ts';
import { TEXT } from './parameters.ts';
import type { Call } from './route-table.ts';

const MAX_ROWS = 1000;
const DEFAULT_ROWS = 100;

/** The parameter of a query, or the field of a body, that says where in a list to go on. */
export const AFTER: Parameter = { schema: TEXT, description: '`next` of the answer before, to go on' };

/** The parameter of a query that says how much of a list is wanted. */
export const ROW_LIMIT: Parameter = {
  schema: { type: 'integer', minimum: 1, maximum: MAX_ROWS, default: DEFAULT_ROWS },
  description: 'the most items',
};

/** The parameters of every list. */
export const PAGE_PARAMETERS = { after: AFTER, limit: ROW_LIMIT } satisfies Parameters;

/** The page of a list that a request asks for. Throws the `HttpProblem` to answer with. */
export function readPage({ query }: Pick<Call, 'query'>, shape: PlaceShape): PageChoice {
  return { after: readAfter(query('after'), shape), limit: rowLimit(query('limit')) };
}

/** The place to go on after; null is that it was not given. Throws the `HttpProblem` for a text that no list of this kind gives. */
export function readAfter(text: string | null, shape: PlaceShape): ListPlace | null {
  if (text === null) return null;
  const place = readPlace(text, shape);
  if (place) return place;
  throw new HttpProblem(
    'invalid-query',
    `after must be the next of an answer to the same list, not ${JSON.stringify(text.slice(0, 100))}; leave it out to begin.`,
  );
}

/** How much of a list is wanted; null is that it was not given. Throws the `HttpProblem` to answer with. */
export function rowLimit(text: string | null): number {
  if (text === null) return DEFAULT_ROWS;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_ROWS) return limit;
  throw new HttpProblem('invalid-query', `limit must be a whole number from 1 to ${MAX_ROWS}.`);
}

/** A page as answers write it. */
export function pageJson<Item>(
  { items, next }: ListPage<Item>,
  itemJson: (item: Item) => object,
): { readonly items: readonly object[]; readonly next: string | null } {
  return { items: items.map(itemJson), next: placeText(next) };
}

/** One of the values that a parameter may have; null is that it was not given. Throws the `HttpProblem` for any other. */
export function oneOf<Value extends string>(
  { query }: Pick<Call, 'query'>,
  name: string,
  values: readonly Value[],
): Value | null {
  const text = query(name);
  const value = values.find((known) => known === text);
  if (text === null || value !== undefined) return value ?? null;
  throw new HttpProblem(
    'invalid-query',
    `${name} must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}.`,
  );
}
