import type { FieldChoice, FieldTree } from '../answers/fields.ts';
import { OtherFields, chosenOf, readFields } from '../answers/fields.ts';
import { TEXT } from './parameters.ts';
import type { Call, HttpRoute, JsonRoute } from './route-table.ts';

const FIELDS = 'fields';

/** The route with the parameter `fields`, if something can be chosen of its answer. */
export function withFields<R extends HttpRoute>(route: R): R {
  const tree = treeOf(route);
  if (!tree) return route;
  const of = 'itemFields' in route ? 'of each item ' : '';
  const parameter = {
    schema: { ...TEXT, examples: [exampleOf(tree)] },
    description: `only these fields ${of}are answered, theirs after a dot; there are ${Object.keys(tree).join(', ')}`,
  };
  return {
    ...route,
    query: {
      others: 'refused',
      ...route.query,
      parameters: { ...route.query?.parameters, [FIELDS]: parameter },
    },
  };
}

/** What a request wants of the items of a list, or of the answer. Throws the `HttpProblem` for a field that there is not. */
export function readChoice({ query }: Pick<Call, 'query'>, tree: FieldTree): FieldChoice | null {
  return readFields(query(FIELDS), tree);
}

/** What is wanted of what the handler of a route gave. Throws as `readChoice`. */
export function chosenBody(route: JsonRoute, call: Call, body: object): object {
  if (body instanceof OtherFields) return chosenOf(body.body, readChoice(call, body.tree)) as object;
  const tree = treeOf(route);
  const choice = tree ? readChoice(call, tree) : null;
  if (!choice) return body;
  if (!route.itemFields) return chosenOf(body, choice) as object;
  return { ...body, items: chosenOf((body as { readonly items: unknown }).items, choice) };
}

function treeOf(route: HttpRoute): FieldTree | undefined {
  return ('itemFields' in route && route.itemFields) || ('fields' in route && route.fields) || undefined;
}

function exampleOf(tree: FieldTree): string {
  const [first, second] = Object.keys(tree);
  return [first, second].join();
}
