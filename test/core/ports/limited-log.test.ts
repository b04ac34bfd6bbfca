import { expect, it } from 'vitest';
import { createLineLimit } from '../../../src/core/ports/limited-log.ts';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';

function make() {
  let now = 0;
  return { lineOf: createLineLimit(() => now), pass: (time: number) => void (now += time) };
}

it('lets one line of a key through a minute, with how many were left out', () => {
  const { lineOf, pass } = make();
  expect([lineOf('a'), lineOf('a'), lineOf('a'), lineOf('b')]).toEqual([0, null, null, 0]);
  pass(MINUTE - 1);
  expect(lineOf('a')).toBeNull();
  pass(1);
  expect([lineOf('a'), lineOf('b')]).toEqual([3, 0]);
});

it('G2: who may choose the keys cannot fill a log, and takes the lines of others for a minute only', () => {
  const { lineOf, pass } = make();
  const lines = Array.from({ length: 100_000 }, (_, index) => lineOf(`key-${index}`));
  expect(lines.filter((omitted) => omitted !== null)).toHaveLength(60);
  expect([lineOf('other'), lineOf('other')]).toEqual([null, null]);
  pass(30 * SECOND);
  expect(lineOf('other')).toBeNull();
  pass(30 * SECOND);
  expect(lineOf('other')).toBe(3);
});
