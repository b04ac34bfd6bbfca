import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { nativeJsonSchema } from '../../src/slo-files/schema.ts';

const EXAMPLES = join(import.meta.dirname, '../../slos');
type Json = { readonly [key: string]: unknown };
const schema = nativeJsonSchema() as Json;
// The one keyword that this reader of schemas does not know.
const { dependentRequired: _, ...readable } = schema;
const editor = z.fromJSONSchema(readable);

function undescribed(at: unknown, path: string): string[] {
  if (typeof at !== 'object' || at === null) return [];
  const properties = Object.entries((at as { properties?: Json }).properties ?? {});
  return [
    ...properties
      .filter(([, property]) => typeof (property as Json)['description'] !== 'string')
      .map(([name]) => `${path}.${name}`),
    ...Object.entries(at).flatMap(([key, inner]) => undescribed(inner, `${path}.${key}`)),
  ];
}

describe('the JSON Schema', () => {
  it('is a plain JSON value of the 2020-12 draft that describes every key', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Burnwatch SLO file',
      additionalProperties: false,
      dependentRequired: { workflow: ['owner'] },
    });
    expect(undescribed(schema, '')).toEqual([]);
  });

  it.each(readdirSync(EXAMPLES))('accepts what loads: %s', (file) => {
    const documents = parseAllDocuments(readFileSync(join(EXAMPLES, file), 'utf8'));
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) {
      expect(editor.safeParse(document.toJS()).error).toBeUndefined();
    }
  });

  it('accepts references before they are filled in, and refuses what does not load', () => {
    const slo = (fields: object) => ({
      workflow: '${NAME}',
      owner: 'o',
      slos: { s: { objective: '99%', window: '28d', sli: { within: '${LIMIT}' }, ...fields } },
    });
    expect(editor.safeParse(slo({})).success).toBe(true);
    expect(editor.safeParse(slo({ sli: { within: 'soon' } })).success).toBe(false);
    expect(editor.safeParse(slo({ objective: undefined, objectiv: '99%' })).success).toBe(false);
    expect(editor.safeParse({ targets: { x: { slak: {} } } }).success).toBe(false);
  });
});
