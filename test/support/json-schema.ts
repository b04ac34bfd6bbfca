type Json = { readonly [key: string]: unknown };

/** What of a schema only tells people or tools, and refuses nothing. */
const NOTES = new Set(['$schema', 'title', 'description', 'default', 'examples', 'writeOnly']);

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^([+-]\d{2})?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  uri: /^[a-z]+:\/\/[^\s]+$/,
};

/**
 * What a JSON Schema (2020-12) refuses about a value, as pointers with the keyword; knows the keywords that ours uses
 * and throws at others, so that nothing passes because it was not understood.
 */
export function refusals(schema: Json, value: unknown, at = ''): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) =>
    NOTES.has(keyword) ? [] : refusalsOf(keyword, rule, schema, value, at),
  );
}

function refusalsOf(keyword: string, rule: unknown, schema: Json, value: unknown, at: string): string[] {
  const no = (holds: boolean): string[] => (holds ? [] : [`${at}: ${keyword}`]);
  const map = isMap(value) ? value : null;
  const keys = map ? Object.keys(map) : [];
  const matches = (options: unknown): number =>
    (options as Json[]).filter((option) => refusals(option, value, at).length === 0).length;
  switch (keyword) {
    case 'type':
      return no([rule].flat().some((type) => typesOf(value).includes(type as string)));
    case 'const':
      return no(value === rule);
    case 'enum':
      return no((rule as unknown[]).includes(value));
    case 'format':
      return no(typeof value !== 'string' || FORMATS[rule as string]!.test(value));
    case 'pattern':
      return no(typeof value !== 'string' || new RegExp(rule as string, 'u').test(value));
    case 'minLength':
      return no(typeof value !== 'string' || value.length >= Number(rule));
    case 'maxLength':
      return no(typeof value !== 'string' || value.length <= Number(rule));
    case 'minimum':
      return no(typeof value !== 'number' || value >= Number(rule));
    case 'maximum':
      return no(typeof value !== 'number' || value <= Number(rule));
    case 'exclusiveMinimum':
      return no(typeof value !== 'number' || value > Number(rule));
    case 'minItems':
      return no(!Array.isArray(value) || value.length >= Number(rule));
    case 'maxItems':
      return no(!Array.isArray(value) || value.length <= Number(rule));
    case 'minProperties':
      return no(!map || keys.length >= Number(rule));
    case 'maxProperties':
      return no(!map || keys.length <= Number(rule));
    case 'required':
      return no(!map || (rule as string[]).every((key) => Object.hasOwn(map, key)));
    case 'dependentRequired':
      return no(
        Object.entries(rule as Record<string, string[]>).every(
          ([key, needed]) => !keys.includes(key) || needed.every((other) => keys.includes(other)),
        ),
      );
    case 'anyOf':
      return no(matches(rule) > 0);
    case 'oneOf':
      return no(matches(rule) === 1);
    case 'items':
      return Array.isArray(value)
        ? value.flatMap((item, index) => refusals(rule as Json, item, `${at}/${index}`))
        : [];
    case 'properties':
      return Object.entries(rule as Record<string, Json>).flatMap(([key, inner]) =>
        map && Object.hasOwn(map, key) ? refusals(inner, map[key], `${at}/${key}`) : [],
      );
    case 'propertyNames':
      return keys.flatMap((key) => refusals(rule as Json, key, `${at}/${key}`));
    case 'additionalProperties': {
      const known = (schema['properties'] ?? {}) as Json;
      const others = keys.filter((key) => !Object.hasOwn(known, key));
      if (rule === false) return others.map((key) => `${at}/${key}: ${keyword}`);
      return others.flatMap((key) => refusals(rule as Json, map![key], `${at}/${key}`));
    }
    default:
      throw new Error(`${at}: the keyword ${keyword} is not known`);
  }
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typesOf(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  return Number.isInteger(value) ? ['integer', 'number'] : [typeof value];
}
