import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkReport } from '../../src/slo-files/check.ts';
import { interpret } from '../../src/slo-files/load.ts';

const EXAMPLES = join(import.meta.dirname, '../../slos');
const examples = readdirSync(EXAMPLES).map((file) => ({ file, bytes: readFileSync(join(EXAMPLES, file)) }));

type Mutation = (text: string) => string;
const onLine =
  (at: number, change: (line: string) => string[]): Mutation =>
  (text) => {
    const lines = text.split('\n');
    const index = at % lines.length;
    return lines.toSpliced(index, 1, ...change(lines[index]!)).join('\n');
  };
const insert =
  (at: number, piece: string): Mutation =>
  (text) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + piece + text.slice(index);
  };
const line = fc.nat({ max: 200 });
const offset = fc.nat({ max: 4000 });
const pieces = fc.oneof(
  fc.constantFrom(
    '[',
    '{',
    ']',
    '}',
    ': ',
    '- ',
    '&a ',
    '*a',
    '? ',
    '|',
    '>',
    '!!x ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
  ),
  fc.constantFrom(
    '\t',
    '\r',
    '\0',
    '\ufeff',
    '"',
    "'",
    '${',
    '${X}',
    '${file:/}',
    '$${',
    '__proto__: ',
    '<<: ',
  ),
  fc.constantFrom(
    'constructor',
    '1e999',
    '.nan',
    '0x1F',
    '99.9',
    '-1',
    'null',
    'true',
    '2026-01-01',
    '日本🚀',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  line.map((at) => onLine(at, () => [])),
  line.map((at) => onLine(at, (text) => [text, text])),
  fc.tuple(line, fc.nat({ max: 12 })).map(([at, by]) => onLine(at, (text) => [' '.repeat(by) + text])),
  line.map((at) => onLine(at, (text) => [text.trimStart()])),
  line.map((at) => onLine(at, (text) => [text.replace(/:.*/, ':')])),
  fc.tuple(line, pieces).map(([at, piece]) => onLine(at, (text) => [text.replace(/(?<=: ).*/, piece)])),
  fc.tuple(offset, pieces).map(([at, piece]) => insert(at, piece)),
  fc.tuple(offset, fc.integer({ min: 1, max: 100_000 })).map(([at, size]) => insert(at, 'x'.repeat(size))),
  fc.tuple(offset, fc.integer({ min: 1, max: 2000 })).map(([at, size]) => insert(at, '['.repeat(size))),
  fc.tuple(offset, fc.integer({ min: 1, max: 500 })).map(([at, size]) => insert(at, '- '.repeat(size))),
);
const flips = fc.array(fc.tuple(offset, fc.integer({ min: 0, max: 255 })), { maxLength: 4 });

it('G2: whatever becomes of a valid file, it ends in definitions or located problems, and soon', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: examples.length - 1 }),
      fc.array(mutation, { maxLength: 5 }),
      flips,
      async (which, mutations, flipped) => {
        const text = mutations.reduce((before, mutate) => mutate(before), examples[which]!.bytes.toString());
        const bytes = Buffer.from(text);
        for (const [at, byte] of flipped) bytes[at % bytes.length] = byte;
        const files = examples.map((example, index) => (index === which ? { ...example, bytes } : example));

        const started = performance.now();
        const loaded = await interpret({ files, folders: [] }, {});
        const { ok, json } = checkReport(loaded);
        // Against hanging only: the longest takes a few hundredths of this.
        expect(performance.now() - started).toBeLessThan(10_000);

        const errors = loaded.problems.filter(({ severity }) => severity === 'error');
        expect(ok).toBe(errors.length === 0);
        expect(() => JSON.stringify(json)).not.toThrow();
        for (const { file, line, column, message, sourceLine } of loaded.problems) {
          const lines = files
            .find((candidate) => candidate.file === file)!
            .bytes.toString()
            .split('\n');
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
          expect(line * column).toBeGreaterThan(0);
          expect(message).not.toBe('');
          expect(sourceLine.length).toBeLessThanOrEqual(401);
        }
      },
    ),
    { numRuns: 400, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
});
