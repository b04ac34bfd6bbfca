import type { Clock } from '../core/ports/clock.ts';
import type { DeadLetterBox } from '../core/ports/dead-letters.ts';
import type { Log } from '../core/ports/log.ts';
import type { Recorder } from '../core/ports/recorder.ts';
import type { Rejections } from '../core/ports/rejections.ts';
import type { ParseRecords, Source } from '../core/ports/sources.ts';
import type { Grant } from '../core/ports/token.ts';
import { createEntryRecorder } from './record-entries.ts';
import type { StreamLimits, StreamServer } from './redis-stream.ts';
import { createRedisStream } from './redis-stream.ts';

export interface StreamsOptions {
  readonly streams: readonly { readonly name: string; readonly grants: readonly Grant[] }[];
  readonly group: string;
  /** Made anew at each start of a process. */
  readonly owner: string;
  /** Makes a connection for one stream; see `RedisStreamOptions`. */
  readonly connect: () => Promise<StreamServer>;
  readonly recorder: Pick<Recorder, 'record'>;
  /** The most outcomes that may wait for the store. */
  readonly queueLimit: number;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly deadLetters: DeadLetterBox;
  readonly parse: ParseRecords;
  readonly clock: Clock;
  readonly elapsed: () => number;
  readonly log: Log;
  readonly limits?: Partial<StreamLimits>;
}

/** The most records of a stream that wait for the store at a time. */
const AT_ONCE = 2000;
/** A stream takes no more of the queue than this, so that requests have room, too. */
const SHARE = 0.25;

const READS_ALL: Grant = { scope: 'read', only: null };

/** Makes the sources that read Redis streams. */
export function createStreams(options: StreamsOptions): readonly Source[] {
  const { streams, owner, queueLimit, ...common } = options;
  const atOnce = Math.max(1, Math.min(AT_ONCE, Math.floor(queueLimit * SHARE)));
  return streams.map(({ name: stream, grants }) => {
    const name = `stream:${stream}`;
    // Why something was rejected is read by those who may read everything, so it may name any workflow.
    const caller = { name, address: 'redis', grants: [...grants, READS_ALL] };
    const record = createEntryRecorder({ ...common, source: name, caller, atOnce });
    return createRedisStream({ ...common, name, stream, consumer: owner, record });
  });
}
