import { describe, expect, it } from 'vitest';
import type { Sli } from '../../../src/core/sli/sli.ts';
import { compileWith } from '../../support/compile-with.ts';
import { filesWithout, listedFiles } from '../../support/contributing.ts';

const LISTED = listedFiles('An SLI kind');
const KINDS: Readonly<Record<Sli['kind'], true>> = {
  outcomes: true,
  measurement: true,
  transition: true,
  slices: true,
  freshness: true,
  schedule: true,
  composite: true,
};

/** Adds a kind to a union of src/core/sli/sli.ts. */
const withKind = (union: string) => (text: string) =>
  text.replace(new RegExp(`(export type ${union} =)\\s*\\|?`), `$1 { readonly kind: 'probe' } |`);

describe('a new kind of SLI', () => {
  it.each(['ComponentSli', 'DerivedSli'])(
    'among %s does not compile before it is in every table that CONTRIBUTING.md lists',
    (union) => {
      expect(compileWith({ 'src/core/sli/sli.ts': withKind(union) })).toEqual(LISTED);
    },
  );

  it('that is counted as it is reported does not compile before it is counted', () => {
    expect(compileWith({ 'src/core/sli/sli.ts': withKind('CountedSli') })).toEqual([
      'src/core/sli/counted-kinds.ts',
      'src/engine/ingest/counting-plan.ts',
    ]);
  });

  it('of slices has a rule that is judged, worded and exported', () => {
    const withRule = (text: string) =>
      text.replace("| { readonly kind: 'any' }", "$& | { readonly kind: 'probe' }");
    expect(compileWith({ 'src/core/sli/sli.ts': withRule })).toEqual([
      'src/core/sli/slice-rules.ts',
      'src/notify/message/sli-words.ts',
      'src/slo-files/openslo/exported-slis.ts',
    ]);
  });

  it.each(Object.keys(KINDS))('the list is true: each of its files has an entry of %s', (kind) => {
    expect(LISTED.length).toBeGreaterThan(0);
    expect(filesWithout(kind, LISTED)).toEqual([]);
  });
});
