import { setImmediate } from 'node:timers/promises';

/** Lets others have the event loop while a long piece of work goes on (G2). */
export interface TimeSlice {
  /** Whether it has been held long enough. */
  due(): boolean;
  /** Gives way once. */
  rest(): Promise<void>;
}

const SLICE = 20;

/** A pace that is due after every 20 ms of work. */
export function createTimeSlice(): TimeSlice {
  let until = performance.now() + SLICE;
  return {
    due: () => performance.now() >= until,
    rest: async () => {
      await setImmediate();
      until = performance.now() + SLICE;
    },
  };
}
