import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { nativeJsonSchema } from '../../src/slo-files/schema.ts';
import { refusals } from '../support/json-schema.ts';

const EXAMPLES = join(import.meta.dirname, '../../slos');
type Json = { readonly [key: string]: unknown };
const schema = nativeJsonSchema() as Json;
const refused = (value: unknown): string[] => refusals(schema, JSON.parse(JSON.stringify(value)));

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
      expect(refused(document.toJS() ?? {})).toEqual([]);
    }
  });

  it('accepts references where secrets stand, and refuses what does not load', () => {
    const slo = (fields: object) => ({
      workflow: 'w',
      owner: 'o',
      slos: { s: { objective: '99%', window: '28d', sli: { within: '5m' }, ...fields } },
    });
    expect(refused(slo({}))).toEqual([]);
    expect(refused({ targets: { x: { slack: { webhook: '${SLACK_X}' } } } })).toEqual([]);
    expect(refused({ ...slo({}), workflow: '${SLACK_X}' })).toEqual(['/workflow: pattern']);
    expect(refused(slo({ sli: { within: 'soon' } }))).toEqual(['/slos/s/sli: anyOf']);
    expect(refused(slo({ objective: undefined, objectiv: '99%' }))).toEqual([
      '/slos/s: required',
      '/slos/s/objectiv: additionalProperties',
    ]);
    expect(refused({ targets: { x: { slak: {} } } })).toEqual(['/targets/x/slak: additionalProperties']);
    expect(refused({ workflow: 'w' })).toEqual([': dependentRequired']);
  });

  it.each<[what: string, refusing: string[], fields: object]>([
    ['one comparison', [], { sli: { measurement: 'lag', atMost: 5 } }],
    ['two comparisons', ['/slos/s/sli: anyOf'], { sli: { measurement: 'lag', atMost: 5, below: 6 } }],
    ['one rule of slices', [], { sli: { slices: '5m', p95: '2s', step: 'a' } }],
    ['no rule of slices', ['/slos/s/sli: anyOf'], { sli: { slices: '5m' } }],
    ['one kind of tier', [], { alerts: { tiers: [{ severity: 'page', outage: {} }] } }],
    [
      'two kinds of tier',
      ['/slos/s/alerts/tiers/0: oneOf'],
      { alerts: { tiers: [{ severity: 'page', outage: {}, noData: { after: '1h' } }] } },
    ],
    ['several windows', [], { window: ['7d', { calendar: 'month', timeZone: 'Europe/Berlin' }] }],
    ['an unknown calendar', ['/slos/s/window: anyOf'], { window: { calendar: 'year' } }],
  ])('says to editors how keys go together: %s', (_what, refusing, fields) => {
    const slo = { objective: '99%', window: '28d', sli: 'succeeded', ...fields };
    expect(refused({ workflow: 'w', owner: 'o', slos: { s: slo } })).toEqual(refusing);
  });
});
