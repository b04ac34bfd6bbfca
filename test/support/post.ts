import type { Team } from '../../src/core/slo/slo.ts';
import type { Claim, Settlement } from '../../src/core/ports/store/outbox.ts';
import { DAY } from '../../src/core/time/duration.ts';
import type { Deliverer } from '../../src/engine/deliver/deliver.ts';
import { createDeliverer } from '../../src/engine/deliver/deliver.ts';
import type { ManualClock } from './clock.ts';
import { manualClock } from './clock.ts';
import { PAYMENTS, define, defineSlo } from './definitions.ts';
import { openEmbeddedStore } from './embedded-store.ts';
import type { LogEntry } from './memory-log.ts';
import { memoryLog } from './memory-log.ts';
import { sketchRow } from './outbox-rows.ts';
import type { RecordingTarget } from './recording-target.ts';
import { recordingTarget } from './recording-target.ts';
import type { WrappedStore } from './store-wrapper.ts';
import { wrapStore } from './store-wrapper.ts';
import { until } from './until.ts';

/** An outbox in an embedded store, a deliverer that leads, and the targets `pager`, `inbox` and `mail`. */
export interface Post {
  readonly clock: ManualClock;
  readonly wrapped: WrappedStore;
  readonly log: readonly LogEntry[];
  readonly deliverer: Deliverer;
  /** What the deliverer reported of each try: the ids of its rows, and the result. */
  readonly tries: readonly (readonly [ids: readonly string[], result: string])[];
  /** What jitter is drawn from; 0 at first. */
  random: number;
  target(name: string): RecordingTarget;
  /** Another deliverer of the same outbox; of the process that leads, unless another one is named. */
  newDeliverer(owner?: string): Deliverer;
  enqueue(...rows: readonly Parameters<typeof sketchRow>[]): Promise<void>;
  /** Runs once and waits until what was claimed is settled. */
  runOnce(): Promise<void>;
  settlements(): readonly Settlement[];
  /** How each settlement so far was asked for. */
  results(): readonly string[];
  outbox(): ReturnType<WrappedStore['store']['outbox']>;
  close(): Promise<void>;
}

const OWNER = 'this process';

export async function openPost(team: Team = PAYMENTS): Promise<Post> {
  const clock = manualClock();
  const wrapped = wrapStore(await openEmbeddedStore(1, clock));
  const { store } = wrapped;
  const log = memoryLog();
  const targets = new Map(['pager', 'inbox', 'mail'].map((name) => [name, recordingTarget(name)]));
  const tries: [string[], string][] = [];
  const newDeliverer = (owner = OWNER): Deliverer =>
    createDeliverer({
      store,
      definitions: () => define([defineSlo()], [team]),
      targetOf: (name) => targets.get(name) ?? null,
      owner,
      clock,
      random: () => post.random,
      log,
      onDelivery: (rows, { result }) => tries.push([rows.map(({ id }) => id), result]),
    });
  const deliverer = newDeliverer();
  const settlements = () => wrapped.calls('settle').map(([, settlement]) => settlement as Settlement);
  await store.lead(OWNER, 1000 * DAY);
  const post: Post = {
    clock,
    wrapped,
    log: log.entries,
    deliverer,
    tries,
    random: 0,
    target: (name) => targets.get(name)!,
    newDeliverer,
    enqueue: (...rows) =>
      store.enqueue(
        rows.map((row) => sketchRow(...row)),
        clock.now(),
      ),
    async runOnce() {
      await deliverer.run();
      const claims = wrapped.answers('claim').flatMap((answer) => answer as Claim[]);
      await until('every claim to be settled', () => wrapped.answers('settle').length === claims.length);
      // A target is free again one turn after its claim was settled.
      await new Promise(setImmediate);
    },
    settlements,
    results: () => settlements().map(({ result }) => result),
    outbox: () => store.outbox(10),
    async close() {
      wrapped.bringUp();
      await deliverer.stop(0);
      await store.close();
    },
  };
  return post;
}
