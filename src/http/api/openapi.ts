import type { ReportedRecords } from '../ingest/ingest.ts';
import type { DescribedOperation, ReferenceSection } from '../dashboard/reference-page.tsx';
import { PROBLEMS } from '../answers/problems.ts';
import { EXAMPLES, PATH_PARAMETERS } from './openapi-examples.ts';
import type { Parameters, Schema } from './parameters.ts';
import type { HttpRoute, IngestRoute } from './route-table.ts';
import { isIngest } from './route-table.ts';

/** What bodies of records may be sent as, and what an answer about them is. */
const RECORD_TYPES: Readonly<Record<ReportedRecords, readonly string[]>> = {
  outcomes: ['application/json', 'application/x-ndjson'],
  measurements: ['application/json', 'application/x-ndjson'],
  spans: ['application/json', 'application/x-protobuf'],
  points: ['application/json', 'application/x-protobuf'],
  events: ['application/cloudevents+json', 'application/cloudevents-batch+json'],
};

const FORM = 'application/x-www-form-urlencoded';
const PROBLEM = { $ref: '#/components/responses/Problem' };

/** The description of these routes in OpenAPI 3.1. Nothing in it depends on what is loaded. */
export function openapi(routes: readonly HttpRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Burnwatch',
      version,
      description:
        'SLOs, error budgets and alerts for workflows. Errors are problems of RFC 9457 with a stable `code`. What a token may do follows from its scopes; see `x-scope` of each operation.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '.' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM_SCHEMA },
      responses: {
        Problem: {
          description: 'It could not be done; `code` and `detail` say why.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: {
      enum: Object.keys(PROBLEMS),
      description: Object.entries(PROBLEMS)
        .map(([code, { status, meaning }]) => `- \`${code}\` (${status}): ${meaning}`)
        .join('\n'),
    },
    detail: { type: 'string', description: 'What is wrong, and what would be right.' },
  },
};

function operation(route: HttpRoute): object {
  const { method, path, scope, summary, query } = route;
  const body = requestBody(route);
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: summary.replaceAll('`', ''),
    tags: [tagOf(path)],
    'x-scope': scope,
    ...(scope === 'public' && { security: [] }),
    parameters: [...pathParameters(path), ...queryParameters(query?.parameters ?? {})],
    ...(body && { requestBody: body }),
    responses: { ...responses(route), default: PROBLEM },
  };
}

/** The same for people: every operation of the API under its collection. */
export function referenceOf(routes: readonly HttpRoute[]): readonly ReferenceSection[] {
  const sections = new Map<string, DescribedOperation[]>();
  for (const route of routes) {
    const tag = tagOf(route.path);
    if (tag === 'pages') continue;
    const { method, path, scope, summary, query } = route;
    const example = EXAMPLES[`${method} ${path}`];
    const parameters = Object.entries({ ...query?.parameters, ...route.body });
    const described: DescribedOperation = {
      method,
      path,
      scope,
      summary: summary.replaceAll('`', ''),
      type: isIngest(route) ? RECORD_TYPES[route.answer.records][0]! : 'application/json',
      parameters: parameters.map(([name, { description, schema, required = false }]) => ({
        name,
        required,
        description: [
          description.replaceAll('`', ''),
          ...(schema.enum ? [`one of ${schema.enum.join(', ')}`] : []),
        ].join('; '),
      })),
      example: example === undefined ? null : JSON.stringify(example, null, 2),
    };
    sections.set(tag, [...(sections.get(tag) ?? []), described]);
  }
  return [...sections].map(([tag, operations]) => ({ tag, operations }));
}

/** Pages are of one kind, and of the API each collection. */
function tagOf(path: string): string {
  return (
    /^\/v1\/([a-z-]+)/.exec(path)?.[1] ?? (/^\/(metrics|healthz|readyz)$/.test(path) ? 'service' : 'pages')
  );
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' }, ...PATH_PARAMETERS[name!] };
  });
}

function queryParameters(parameters: Parameters): object[] {
  return Object.entries(parameters).map(([name, { schema, description, required = false }]) => ({
    name,
    in: 'query',
    required,
    description,
    schema: schemaOf(schema),
  }));
}

function requestBody(route: HttpRoute): object | null {
  const given = (types: readonly string[], schema: object) => {
    const example = EXAMPLES[`${route.method} ${route.path}`];
    const [usual] = types;
    const content = types.map((type) => [
      type,
      { schema, ...(type === usual && example !== undefined && { example }) },
    ]);
    return { required: true, content: Object.fromEntries(content) as object };
  };
  if (isIngest(route)) return given(RECORD_TYPES[route.answer.records], {});
  if (route.body) return given(['application/json'], fields(route.body));
  if (!('handler' in route) || route.method === 'GET') return null;
  if ('form' in route && route.form) return given([FORM], fields(route.form));
  if ('text' in route && route.text) return { content: { 'text/plain': { schema: { type: 'string' } } } };
  if ('signed' in route && route.signed)
    return given([FORM], {
      type: 'object',
      properties: { payload: { type: 'string' } },
      required: ['payload'],
    });
  return null;
}

function fields(parameters: Parameters): object {
  const entries = Object.entries(parameters);
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, { schema, description }]) => [name, { ...schemaOf(schema), description }]),
    ),
    required: entries.filter(([, { required }]) => required).map(([name]) => name),
    additionalProperties: false,
  };
}

function schemaOf(schema: Schema): object {
  return schema.enum && !schema.type ? { type: 'string', ...schema } : schema;
}

function responses(route: HttpRoute): Record<string, object> {
  if (isIngest(route)) {
    const [type] = RECORD_TYPES[route.answer.records];
    const answered = type!.startsWith('application/cloudevents') ? 'application/json' : type!;
    return {
      200: {
        description: 'What became of the records.',
        content: { [answered]: { schema: { type: 'object' } } },
      },
    };
  }
  const type = typeOf(route.answer);
  return Object.fromEntries(
    route.answer.statuses.map((status) => [
      String(status),
      status >= 300 && status < 400
        ? { description: 'Leads on to a page.' }
        : { description: DESCRIPTIONS[status] ?? 'As asked.', content: { [type]: { schema: {} } } },
    ]),
  );
}

function typeOf(answer: Exclude<HttpRoute, IngestRoute>['answer']): string {
  if (answer.kind === 'json') return 'application/json';
  return answer.kind === 'stream' ? 'text/event-stream' : answer.type.split(';')[0]!;
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  201: 'Made.',
  404: 'There is no such thing; a page says so.',
  503: 'Not ready, or the store does not answer.',
};
