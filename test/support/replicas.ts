import type { Recorder } from '../../src/core/ports/recorder.ts';
import type { Definitions } from '../../src/core/slo/slo.ts';
import { SECOND } from '../../src/core/time/duration.ts';
import type { Evaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import type { Intake } from '../../src/engine/runtime/intake.ts';
import { createIntake } from '../../src/engine/runtime/intake.ts';
import type { World } from './world.ts';

/** One process of the service on the store of a world: it takes outcomes, and evaluates when it leads. */
export interface Replica {
  readonly recorder: Recorder;
  readonly intake: Intake;
  readonly evaluator: Evaluator;
}

/** Processes on one store, and the time that really passes for them. */
export interface Replicas {
  /** Starts one; the first that runs leads. */
  start(): Replica;
  /** Ends one at once, as `kill -9` does. */
  kill(replica: Replica): void;
  /** Lets so much time pass, second by second: every replica looks after its intake, the leader evaluates every 5 s. */
  pass(duration: number): Promise<void>;
  /** Lets so much time pass in which no process gets to run. */
  standStill(duration: number): void;
  /** Sets the clock, which takes no time. */
  setClock(by: number): void;
  /** Between a replica and the store, either lets calls through or not. */
  cut(replica: Replica, isCut: boolean): void;
}

const EVALUATE_EVERY = 5 * SECOND;

/** Makes them; `definitions` must be those of the world. */
export function replicasOf(world: World, definitions: Definitions): Replicas {
  const { clock, store, log } = world;
  const running: Replica[] = [];
  const cutOff = new Set<Replica>();
  let elapsed = 0;
  let started = 0;

  async function second(): Promise<void> {
    clock.advance(SECOND);
    elapsed += SECOND;
    for (const replica of running) {
      const able = !cutOff.has(replica) && (await answers());
      await replica.intake.check(able);
    }
    const leader = running.find((replica) => !cutOff.has(replica));
    if (leader && elapsed % EVALUATE_EVERY === 0)
      await world.tick(leader.evaluator).catch((error: unknown) => {
        if (!String(error).includes('taken down')) throw error;
      });
  }

  const answers = () =>
    store.ping().then(
      () => true,
      () => false,
    );

  return {
    start() {
      const owner = `replica-${++started}`;
      const intake = createIntake({ store, owner, clock, elapsed: () => elapsed, log });
      const replica: Replica = {
        intake,
        recorder: createRecorder({
          store: intake.watching(store),
          definitions: () => definitions,
          clock,
          queueLimit: 100_000,
        }),
        evaluator: world.newEvaluator(
          undefined,
          () => started,
          () => elapsed,
          intake.spans,
        ),
      };
      intake.open();
      running.push(replica);
      return replica;
    },
    kill: (replica) => void running.splice(running.indexOf(replica), 1),
    async pass(duration) {
      for (let passed = 0; passed < duration; passed += SECOND) await second();
    },
    standStill(duration) {
      clock.advance(duration);
      elapsed += duration;
    },
    setClock: (by) => clock.advance(by),
    cut(replica, isCut) {
      if (isCut) cutOff.add(replica);
      else cutOff.delete(replica);
    },
  };
}
