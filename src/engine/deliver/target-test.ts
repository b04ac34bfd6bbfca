import { randomUUID } from 'node:crypto';
import { testFacts } from '../../core/alerting/test-facts.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import { quoted, refuse } from '../../core/ports/refused.ts';
import type { TargetTestReport, TestTargets } from '../../core/ports/target-tests.ts';
import type { Delivery, TargetAdapter } from '../../core/ports/target.ts';
import { shiftAt, targetsAt } from '../../core/slo/on-call.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { MINUTE, SECOND, formatDuration } from '../../core/time/duration.ts';

const TEST_TIMEOUT = 15 * SECOND;
/** Between two tests of one target: who may press the button must not be able to flood a channel. */
export const TEST_PAUSE = MINUTE;

/** Sends a notification that is marked as a test, through the same adapter as real ones, and waits no longer than `patience`. */
export async function sendTest(
  target: Pick<TargetAdapter, 'name' | 'kind' | 'send'>,
  definitions: Pick<Definitions, 'teams'>,
  now: number,
  patience = AbortSignal.timeout(TEST_TIMEOUT),
): Promise<TargetTestReport> {
  const facts = testFacts(definitions, target.name, `test-${randomUUID()}`, now);
  // An adapter that is told to stop may take its time.
  const overdue = new Promise<'overdue'>((resolve) => {
    patience.addEventListener('abort', () => resolve('overdue'), { once: true });
  });
  const sent = target.send({ facts: [facts], key: facts.incident }, patience);
  const found = await Promise.race([sent, overdue]);
  return reportOf(target, patience.aborted ? 'overdue' : found);
}

function reportOf(
  { name, kind }: Pick<TargetAdapter, 'name' | 'kind'>,
  found: Delivery | 'overdue',
): TargetTestReport {
  const said = (delivered: boolean, message: string): TargetTestReport => ({ delivered, message });
  if (found === 'overdue')
    return said(
      false,
      `${name} (${kind}) took longer than ${formatDuration(TEST_TIMEOUT)}; the test may have arrived all the same.`,
    );
  switch (found.result) {
    case 'delivered':
      return said(true, `Delivered a test notification to ${name} (${kind}).`);
    case 'retry': {
      const doubt = found.mayHaveArrived ? ' It may have arrived all the same.' : '';
      return said(
        false,
        `Not delivered to ${name} (${kind}), and worth another try: ${found.reason}.${doubt}`,
      );
    }
    case 'refused':
      return said(false, `${name} (${kind}) refused it permanently: ${found.reason}.`);
    default:
      return found satisfies never;
  }
}

export interface TestTargetsOptions {
  readonly targetOf: (name: string) => TargetAdapter | null;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
  /** For tests; else a signal that comes after 15 seconds. */
  readonly patience?: () => AbortSignal;
}

/** Makes what sends tests to the targets of the service. */
export function createTestTargets(options: TestTargetsOptions): TestTargets {
  const { targetOf, definitions, clock, elapsed, log, patience } = options;
  const testedAt = new Map<string, number>();

  /** Milliseconds until a target may be sent a test again. */
  function pauseOf({ name }: TargetAdapter): number {
    return Math.max(0, (testedAt.get(name) ?? -Infinity) + TEST_PAUSE - elapsed());
  }

  return {
    async testTarget(name) {
      const loaded = definitions();
      const now = clock.now();
      const found = targetsAt(loaded, [name], now).flatMap((one) => targetOf(one) ?? []);
      if (found.length === 0) return refuse('unknown', `There is no target ${quoted(name)}.`);
      const waiting = found.find((target) => pauseOf(target) > 0);
      if (waiting) {
        const left = Math.ceil(pauseOf(waiting) / SECOND);
        return refuse(
          'too-many',
          `${waiting.name} was sent a test less than a minute ago; try again in ${left} s.`,
        );
      }
      for (const [other, at] of testedAt) if (elapsed() - at >= TEST_PAUSE) testedAt.delete(other);
      // Before anything is sent: two who press at the same moment make one test.
      for (const target of found) testedAt.set(target.name, elapsed());
      const tests = await Promise.all(found.map((target) => sendTest(target, loaded, now, patience?.())));
      const schedule = loaded.onCall.get(name);
      const whose = schedule ? [`${shiftAt(schedule, now).person.name} is on call by ${name}.`] : [];
      const report = {
        delivered: tests.every(({ delivered }) => delivered),
        message: [...whose, ...tests.map(({ message }) => message)].join(' '),
      };
      log.info({ target: name, ...report }, 'a target was tested');
      return report;
    },
  };
}
