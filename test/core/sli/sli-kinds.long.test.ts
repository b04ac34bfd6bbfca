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
const withKind = (text: string, union: string, kind: string): string =>
  text.replace(new RegExp(`(export type ${union} =)\\s*\\|?`), `$1 { readonly kind: '${kind}' } |`);

// Compiling takes long, so all of it is one run: each error names the kind that it is of.
const NEW_KINDS = {
  'src/core/sli/sli.ts': (text: string) =>
    [
      ['ComponentSli', 'newComponent'],
      ['DerivedSli', 'newDerived'],
      ['CountedSli', 'newCounted'],
    ]
      .reduce((changed, [union, kind]) => withKind(changed, union!, kind!), text)
      .replace("| { readonly kind: 'any' }", "$& | { readonly kind: 'newRule' }"),
};

describe('a new kind of SLI', () => {
  it.each(['newComponent', 'newDerived'])(
    '(%s) does not compile before it is in every table that CONTRIBUTING.md lists',
    (kind) => {
      expect(compileWith(NEW_KINDS, kind)).toEqual(LISTED);
    },
  );

  it('that is counted as it is reported does not compile before it is counted', () => {
    expect(compileWith(NEW_KINDS, 'newCounted')).toEqual([
      'src/core/sli/counted-kinds.ts',
      'src/engine/ingest/counting-plan.ts',
    ]);
  });

  it('of slices has a rule that is judged, worded and exported', () => {
    expect(compileWith(NEW_KINDS, 'newRule')).toEqual([
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
