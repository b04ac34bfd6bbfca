import { expect, it } from 'vitest';
import type { Source } from '../../../src/core/ports/sources.ts';
import type { Grant } from '../../../src/core/ports/token.ts';
import { may } from '../../../src/core/ports/token.ts';
import { createFeedingSources } from '../../../src/engine/runtime/feeding-sources.ts';
import { define, defineSlo } from '../../support/definitions.ts';

const source = (name: string, only: Grant['only']): Pick<Source, 'feeds' | 'status'> => ({
  feeds: (subject) => may({ grants: [{ scope: 'ingest', only }] }, 'ingest', subject),
  status: () => ({ name }) as ReturnType<Source['status']>,
});

it('the sources of a workflow are those whose pattern names it or its owner, by the definitions of now', () => {
  let definitions = define([defineSlo({ workflow: 'nightly-bills', owner: 'payments' })]);
  const sourcesOf = createFeedingSources(
    [
      source('all', null),
      source('nightly', { by: 'workflow', pattern: 'nightly-*' }),
      source('team', { by: 'owner', pattern: 'pay*' }),
    ],
    () => definitions,
  );
  expect(sourcesOf('nightly-bills')).toEqual(['all', 'nightly', 'team']);
  expect(sourcesOf('orders')).toEqual(['all']);
  definitions = define([defineSlo({ workflow: 'nightly-bills', owner: 'shop' })]);
  expect(sourcesOf('nightly-bills')).toEqual(['all', 'nightly']);
});
