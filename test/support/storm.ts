import type { OutboxRow } from '../../src/core/alerting/notification.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type { Notification } from '../../src/core/ports/target.ts';
import { DAY, MINUTE } from '../../src/core/time/duration.ts';
import { createDeliverer } from '../../src/engine/deliver/deliver.ts';
import type { Deliverer } from '../../src/engine/deliver/deliver.ts';
import type { ManualClock } from './clock.ts';
import { PAYMENTS, define, defineSlo } from './definitions.ts';
import { memoryLog } from './memory-log.ts';
import type { RecordingTarget } from './recording-target.ts';
import { until } from './until.ts';
import { wrapStore } from './store-wrapper.ts';

/** What a target was sent, and when. */
export interface Sent {
  readonly at: number;
  readonly notification: Notification;
}

/** A deliverer that leads, on a clock that a test moves on. */
export interface Storm {
  readonly deliverer: Deliverer;
  readonly log: ReturnType<typeof memoryLog>;
  enqueue(rows: readonly OutboxRow[]): Promise<void>;
  /** Lets time pass, looking at the outbox as often as the service does. */
  run(milliseconds: number): Promise<void>;
  /** What each target was sent so far. */
  sentTo(target: string): readonly Sent[];
  stop(): Promise<void>;
}

const OWNER = 'this process';
const STEP = 250;

/** Starts it on a store; its targets answer as they are told to. */
export async function startStorm(
  store: Store,
  clock: ManualClock,
  targets: readonly RecordingTarget[],
): Promise<Storm> {
  const log = memoryLog();
  const wrapped = wrapStore(store);
  const times = new Map<string, number[]>();
  const byName = new Map(targets.map((target) => [target.name, target]));
  for (const target of targets) {
    const at: number[] = [];
    times.set(target.name, at);
    const { answer } = target;
    target.answer = (notification, signal) => {
      at.push(clock.now());
      return answer(notification, signal);
    };
  }
  const deliverer = createDeliverer({
    store: wrapped.store,
    definitions: () => define([defineSlo()], [PAYMENTS]),
    targetOf: (name) => byName.get(name) ?? null,
    owner: OWNER,
    clock,
    random: () => 0,
    log,
    onDelivery: () => undefined,
  });
  await store.lead(OWNER, 1000 * DAY);
  const idle = async (): Promise<void> => {
    const claimed = () =>
      wrapped.answers('claim').reduce<number>((sum, answer) => sum + (answer as unknown[]).length, 0);
    await until('every claim to be settled', () => wrapped.answers('settle').length === claimed());
    await new Promise(setImmediate);
  };
  return {
    deliverer,
    log,
    enqueue: (rows) => store.enqueue(rows, clock.now()),
    async run(milliseconds) {
      if (milliseconds > 60 * MINUTE) throw new Error('that takes too long');
      for (let passed = 0; passed < milliseconds; passed += STEP) {
        await deliverer.run();
        await idle();
        clock.advance(STEP);
      }
    },
    sentTo: (name) =>
      byName.get(name)!.sent.map((notification, index) => ({
        at: times.get(name)![index]!,
        notification,
      })),
    stop: () => deliverer.stop(0),
  };
}
