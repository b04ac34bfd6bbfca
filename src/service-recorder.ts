import type { Config } from './config.ts';
import { limitOf } from './config/workflow-limits.ts';
import { MAX_COUNT } from './core/outcomes/outcome.ts';
import { createLineLimit } from './core/ports/limited-log.ts';
import type { Log } from './core/ports/log.ts';
import type { Recorder } from './core/ports/recorder.ts';
import type { Store } from './core/ports/store/store.ts';
import { createFlightLimit } from './engine/ingest/flight-limit.ts';
import type { RecorderOptions } from './engine/ingest/record.ts';
import { createRecorder } from './engine/ingest/record.ts';

export interface ServiceRecorderOptions extends Omit<
  RecorderOptions,
  'store' | 'queueLimit' | 'countLimit' | 'flightLimit' | 'onLargeCount'
> {
  readonly config: Pick<Config, 'queueLimit' | 'countLimits' | 'inFlightLimits'>;
  readonly store: Store;
  /** The store as outcomes are written to it. */
  readonly writing: RecorderOptions['store'];
  readonly onLargeCount: (workflow: string) => void;
  readonly elapsed: () => number;
  readonly log: Log;
}

/** Makes what records outcomes, within the limits that are configured. */
export function createServiceRecorder(options: ServiceRecorderOptions): Recorder {
  const { config, store, writing, onLargeCount, elapsed, log, ...others } = options;
  const largeCountLine = createLineLimit(elapsed);
  return createRecorder({
    ...others,
    store: writing,
    queueLimit: config.queueLimit,
    countLimit: (workflow) => limitOf(config.countLimits, workflow) ?? MAX_COUNT,
    flightLimit: createFlightLimit({
      store,
      limitOf: (workflow) => limitOf(config.inFlightLimits, workflow) ?? Infinity,
      elapsed,
    }),
    onLargeCount(workflow, count, { name, address }) {
      onLargeCount(workflow);
      const omitted = largeCountLine(workflow);
      if (omitted !== null)
        log.warn({ workflow, count, token: name, address, omitted }, 'a record stands for many outcomes');
    },
  });
}
