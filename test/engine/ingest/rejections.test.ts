import { afterEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { createRejections } from '../../../src/engine/ingest/rejections.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { manualClock } from '../../support/clock.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { ANYONE, callerWith } from '../../support/tokens.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function make(workflows: readonly string[] = ['checkout', 'billing']) {
  let now = 0;
  const log = memoryLog();
  const rejections = createRejections({ workflows: () => workflows, elapsed: () => now, log });
  const note = (workflow: string | null, code = 'unknown-workflow', message = 'no') =>
    rejections.note({ workflow, code, message }, callerWith('ingest', 'shop'));
  return { rejections, note, log, pass: (time: number) => void (now += time) };
}

describe('what was rejected', () => {
  it('is counted by workflow and code, to the minute, for an hour', () => {
    const { rejections, note, pass } = make();
    note('chekout');
    note('chekout', 'unknown-workflow', 'the latest');
    note('billing', 'too-old');
    note(null, 'invalid-json');
    expect(rejections.lastHour()).toEqual([
      { workflow: 'chekout', code: 'unknown-workflow', count: 2, message: 'the latest' },
      { workflow: 'billing', code: 'too-old', count: 1, message: 'no' },
      { workflow: null, code: 'invalid-json', count: 1, message: 'no' },
    ]);
    pass(30 * MINUTE);
    note('billing', 'too-old');
    pass(30 * MINUTE);
    expect(rejections.lastHour().map(({ workflow, count }) => [workflow, count])).toEqual([['billing', 1]]);
    pass(29 * MINUTE);
    expect(rejections.lastHour()).toHaveLength(1);
    pass(MINUTE);
    expect(rejections.lastHour()).toEqual([]);
    note('billing', 'too-old');
    pass(10 * HOUR);
    note('billing', 'too-old');
    expect(rejections.lastHour().map(({ count }) => count)).toEqual([1]);
  });

  it('is a line of the log once a minute for each of them, with the name that was meant', () => {
    const { note, log, pass } = make();
    for (let index = 0; index < 3; index++) note('chekout');
    note('billing', 'forbidden-workflow');
    pass(61 * SECOND);
    note('chekout');
    expect(log.entries.map(({ fields }) => fields)).toEqual([
      {
        workflow: 'chekout',
        code: 'unknown-workflow',
        message: 'no',
        token: 'shop',
        address: '192.0.2.1',
        didYouMean: 'checkout',
        omitted: 0,
      },
      {
        workflow: 'billing',
        code: 'forbidden-workflow',
        message: 'no',
        token: 'shop',
        address: '192.0.2.1',
        omitted: 0,
      },
      {
        workflow: 'chekout',
        code: 'unknown-workflow',
        message: 'no',
        token: 'shop',
        address: '192.0.2.1',
        didYouMean: 'checkout',
        omitted: 2,
      },
    ]);
  });

  it('G2: is kept of a bounded number of names', () => {
    const { rejections, note } = make();
    note('first');
    for (let index = 0; index < 499; index++) note(`name-${index}`);
    note('first');
    for (let index = 0; index < 100; index++) note(`more-${index}`);
    expect(rejections.lastHour()).toHaveLength(500);
    expect(rejections.lastHour()[0]).toMatchObject({ workflow: 'first', count: 2 });
  });
});

describe('a recorder', () => {
  async function record(records: readonly unknown[], caller = ANYONE) {
    const store = await openEmbeddedStore();
    closing.push(() => store.close());
    const noted: unknown[] = [];
    const slos = ['checkout', 'billing'].map((workflow) => defineSlo({ workflow }));
    const recorder = createRecorder({
      store,
      definitions: () => define(slos),
      clock: manualClock(),
      queueLimit: 100_000,
      onRejected: ({ workflow, code }) => void noted.push([workflow, code]),
    });
    return { noted, result: await recorder.record(records, caller), recorder };
  }
  const outcome = (workflow: unknown, fields: object = {}) => ({
    workflow,
    execution: 'e',
    status: 'succeeded',
    ...fields,
  });

  it('says of each rejected record which workflow it named, if any, and conflicts are among them', async () => {
    const { noted, result } = await record([
      outcome('checkout'),
      outcome('chekout'),
      outcome('checkout', { status: 'done' }),
      outcome('no name'),
      outcome(7),
      null,
      outcome('checkout', { status: 'failed' }),
    ]);
    expect(noted).toEqual([
      ['chekout', 'unknown-workflow'],
      ['checkout', 'invalid-field'],
      [null, 'invalid-field'],
      [null, 'invalid-field'],
      [null, 'not-an-object'],
      ['checkout', 'conflict'],
    ]);
    expect(result.accepted).toBe(1);
  });

  it.each([
    ['ingest+read', 'did you mean checkout?'],
    ['ingest@check*', 'did you mean checkout?'],
    ['ingest', 'No SLO file defines the workflow chekout.'],
    ['ingest@chekout', 'No SLO file defines the workflow chekout.'],
  ])('G1: suggests to %s only what it may know', async (scopes, expected) => {
    const sent = scopes === 'ingest@check*' ? 'checkou' : 'chekout';
    const { result, recorder } = await record([outcome(sent)], callerWith(scopes));
    expect(result.rejected[0]!.message).toContain(expected);
    expect(recorder.refusal(sent, callerWith(scopes))?.message).toContain(expected);
    expect(recorder.refusal('checkout', callerWith('ingest'))).toBeNull();
    if (!expected.startsWith('did')) expect(result.rejected[0]!.message).not.toContain('checkout');
  });

  it('G2: looks for near names of a few unknown ones only', async () => {
    const { result } = await record(
      Array.from({ length: 50_000 }, (_, index) => outcome(`checkout${index}`)),
    );
    const meant = result.rejected.filter(({ message }) => message.includes('did you mean'));
    expect(meant.length).toBeGreaterThan(0);
    expect(meant.length).toBeLessThanOrEqual(20);
  });
});
