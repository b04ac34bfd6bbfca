import { expect, it } from 'vitest';
import type { OnCallSchedule } from '../../../src/core/slo/on-call.ts';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createTestTargets } from '../../../src/engine/deliver/target-test.ts';
import { START, manualClock } from '../../support/clock.ts';
import { PAYMENTS, define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { recordingTarget } from '../../support/recording-target.ts';

const ONCALL: OnCallSchedule = {
  kind: 'rotation',
  name: 'oncall',
  timeZone: 'UTC',
  every: 24 * 60 * MINUTE,
  starting: START,
  people: [
    { name: 'anna', targets: ['anna-phone', 'anna-mail'] },
    { name: 'ben', targets: ['ben-phone'] },
  ],
  overrides: [],
  source: 'test.yaml:1',
};

function testing({ patience }: { patience?: () => AbortSignal } = {}) {
  const clock = manualClock();
  let now = 0;
  const targets = new Map(
    ['pager', 'inbox', 'mail', 'anna-phone', 'anna-mail', 'ben-phone'].map((name) => [
      name,
      recordingTarget(name),
    ]),
  );
  const log = memoryLog();
  const tests = createTestTargets({
    targetOf: (name) => targets.get(name) ?? null,
    definitions: () => define([defineSlo()], [PAYMENTS], [], [], [ONCALL]),
    clock,
    elapsed: () => now,
    log,
    ...(patience && { patience }),
  });
  return { tests, targets, clock, log, pass: (time: number) => void (now += time) };
}

it('sends what is marked as a test, and says in words what became of it', async () => {
  const { tests, targets, log, pass } = testing();
  expect(await tests.testTarget('pager')).toEqual({
    delivered: true,
    message: 'Delivered a test notification to pager (log).',
  });
  const [facts] = targets.get('pager')!.sent[0]!.facts;
  expect(facts).toMatchObject({ kind: 'test', owner: 'payments', at: START, notified: ['pager'] });
  expect(log.entries.map(({ message }) => message)).toEqual(['a target was tested']);
  pass(MINUTE);
  targets.get('pager')!.answer = () => ({ result: 'refused', reason: 'Slack answered 404 no_service' });
  expect(await tests.testTarget('pager')).toEqual({
    delivered: false,
    message: 'pager (log) refused it permanently: Slack answered 404 no_service.',
  });
  pass(MINUTE);
  targets.get('pager')!.answer = () => ({
    result: 'retry',
    reason: 'Slack did not answer within 10000 ms',
    after: null,
    mayHaveArrived: true,
  });
  expect(await tests.testTarget('pager')).toEqual({
    delivered: false,
    message:
      'Not delivered to pager (log), and worth another try: Slack did not answer within 10000 ms. It may have arrived all the same.',
  });
  // No two are the same incident: who receives them would take the second for a repeat.
  const keys = targets.get('pager')!.sent.map(({ key }) => key);
  expect(new Set(keys).size).toBe(3);
  expect(await tests.testTarget('nobody')).toEqual({
    refused: 'unknown',
    problems: ['There is no target "nobody".'],
  });
});

it.each([
  ['stops when it is told to', true],
  ['never answers', false],
])('does not wait for a target that %s', async (_what, obeys) => {
  const patience = new AbortController();
  const { tests, targets } = testing({ patience: () => patience.signal });
  targets.get('pager')!.answer = (_notification, signal) =>
    new Promise((resolve) => {
      const stopped = { result: 'retry', reason: 'Stopped before it answered', after: null } as const;
      if (obeys) signal.addEventListener('abort', () => resolve(stopped));
    });
  const answer = tests.testTarget('pager');
  patience.abort();
  expect(await answer).toEqual({
    delivered: false,
    message: 'pager (log) took longer than 15s; the test may have arrived all the same.',
  });
});

it('sends a target one a minute of time that passed, whatever the clock says, even to those who press together', async () => {
  const { tests, targets, clock, pass } = testing();
  const both = await Promise.all([tests.testTarget('pager'), tests.testTarget('pager')]);
  expect(both.map((answer) => 'refused' in answer)).toEqual([false, true]);
  clock.advance(60 * MINUTE);
  pass(MINUTE - 2 * SECOND);
  expect(await tests.testTarget('pager')).toEqual({
    refused: 'too-many',
    problems: ['pager was sent a test less than a minute ago; try again in 2 s.'],
  });
  // Others are not held up.
  expect(await tests.testTarget('inbox')).toMatchObject({ delivered: true });
  clock.set(START - 60 * MINUTE);
  pass(2 * SECOND);
  expect(await tests.testTarget('pager')).toMatchObject({ delivered: true });
  expect(targets.get('pager')!.sent).toHaveLength(2);
});

it('sends that of a schedule to who is on call, and no one of them twice in a minute by another name', async () => {
  const { tests, targets, clock, pass } = testing();
  expect(await tests.testTarget('oncall')).toEqual({
    delivered: true,
    message:
      'anna is on call by oncall. Delivered a test notification to anna-phone (log). Delivered a test notification to anna-mail (log).',
  });
  expect(await tests.testTarget('anna-mail')).toMatchObject({ refused: 'too-many' });
  pass(MINUTE);
  expect(await tests.testTarget('anna-mail')).toMatchObject({ delivered: true });
  expect(await tests.testTarget('oncall')).toMatchObject({ refused: 'too-many' });
  expect(targets.get('anna-phone')!.sent).toHaveLength(1);
  clock.advance(24 * 60 * MINUTE);
  targets.get('ben-phone')!.answer = () => ({ result: 'refused', reason: 'gone' });
  expect(await tests.testTarget('oncall')).toEqual({
    delivered: false,
    message: 'ben is on call by oncall. ben-phone (log) refused it permanently: gone.',
  });
});
