import { describe, expect, it } from 'vitest';
import { parseIngestBody } from '../../src/http/ingest/ingest-body.ts';
import { readEntry } from '../../src/sources/entry-records.ts';

const AT = Date.UTC(2026, 2, 2, 12);

const read = (fields: Readonly<Record<string, string>>) =>
  readEntry({ id: '1-0', at: AT, deliveries: 1, fields: new Map(Object.entries(fields)) }, (text, format) =>
    parseIngestBody(Buffer.from(text), format, 3),
  );
const recordOf = async (fields: Readonly<Record<string, string>>) => {
  const { records, unreadable } = await read(fields);
  expect(unreadable).toBeNull();
  expect(records).toHaveLength(1);
  return records[0];
};
const codesOf = async (fields: Readonly<Record<string, string>>) => {
  const { records, unreadable } = await read(fields);
  return { records: records.length, code: unreadable?.code };
};

describe('an entry of fields', () => {
  it('has its numbers, times and attributes parsed, and everything else left as it is', async () => {
    expect(
      await recordOf({
        workflow: 'orders',
        execution: '17',
        status: 'failed',
        startedAt: '2026-03-02T11:59:00Z',
        at: '1772452800000',
        attempt: '2',
        count: '3',
        durationMs: '12.5',
        willRetry: 'true',
        step: '',
        error: '404',
        attributes: '{"region": "eu"}',
        'attributes.tenant': '7',
        'attributes.region': 'us',
      }),
    ).toEqual({
      workflow: 'orders',
      execution: '17',
      status: 'failed',
      startedAt: '2026-03-02T11:59:00Z',
      at: 1772452800000,
      attempt: 2,
      count: 3,
      durationMs: 12.5,
      willRetry: true,
      error: '404',
      attributes: { region: 'us', tenant: '7' },
    });
  });

  it('keeps what cannot be parsed, so that the rejection names it', async () => {
    const fields = {
      workflow: 'orders',
      attempt: 'two',
      willRetry: 'perhaps',
      attributes: 'eu',
      __proto__x: '1',
    };
    expect(await recordOf(fields)).toEqual({ ...fields, at: AT });
    const hostile = await read(
      Object.fromEntries([
        ['workflow', 'orders'],
        ['__proto__', 'x'],
        ['attributes.__proto__', 'y'],
      ]),
    );
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(hostile.records).toHaveLength(1);
  });
});

describe('an entry with JSON', () => {
  it.each(['outcome', 'data'])('holds one record, several, or one a line in its field %s', async (name) => {
    const [one, two] = [{ workflow: 'a' }, { workflow: 'b', at: 5 }];
    const dated = [{ ...one, at: AT }, two];
    expect((await read({ [name]: JSON.stringify(one, null, 2) })).records).toEqual([dated[0]]);
    expect((await read({ [name]: JSON.stringify([one, two]) })).records).toEqual(dated);
    expect((await read({ [name]: `${JSON.stringify(one)}\n\n${JSON.stringify(two)}\n` })).records).toEqual(
      dated,
    );
    const long = `${JSON.stringify(one)}${'\n'.repeat(70_000)}${JSON.stringify(two)}`;
    expect((await read({ [name]: long })).records).toEqual(dated);
  });

  it('is unreadable as a whole, or in the lines that are', async () => {
    expect(await codesOf({ data: '{oops' })).toEqual({ records: 0, code: 'invalid-json' });
    expect(await codesOf({ data: '' })).toEqual({ records: 0, code: 'invalid-json' });
    expect(await codesOf({ data: '[1,2,3,4]' })).toEqual({ records: 0, code: 'too-many-records' });
    expect(await codesOf({ data: '{}\n{}\n{}\n{}' })).toEqual({ records: 0, code: 'invalid-json' });
    expect(await codesOf({ data: `"${'x'.repeat(70_000)}"` })).toEqual({
      records: 0,
      code: 'body-too-large',
    });
    expect(await read({ data: '{}\n\n{oops\n\n\n{bad' })).toEqual({
      records: [{ at: AT }],
      unreadable: {
        code: 'invalid-json',
        message: expect.stringContaining('JSON') as string,
        count: 2,
        text: '{oops\n{bad',
      },
    });
  });

  it('has no other field, since none could be taken for granted', async () => {
    const { unreadable } = await read({ data: '{}', workflow: 'orders' });
    expect(unreadable).toEqual({
      code: 'invalid-entry',
      message:
        'An entry holds one field outcome or data with JSON, or the fields of an outcome, such as workflow; this one has data, workflow.',
      count: 1,
      text: 'data={}\nworkflow=orders',
    });
    expect(await codesOf({ colour: 'red' })).toEqual({ records: 0, code: 'invalid-entry' });
    expect(await codesOf({ workflow: 'caf\ufffd' })).toEqual({ records: 0, code: 'invalid-utf8' });
  });
});
