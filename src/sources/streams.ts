import type { Clock } from '../core/ports/clock.ts';
import type { DeadLetterBox } from '../core/ports/dead-letters.ts';
import type { Log } from '../core/ports/log.ts';
import type { Recorder } from '../core/ports/recorder.ts';
import type { Rejections } from '../core/ports/rejections.ts';
import type { ParseRecords, Source } from '../core/ports/sources.ts';
import type { Grant } from '../core/ports/token.ts';
import { may } from '../core/ports/token.ts';
import type { SourceEntry } from './entry-records.ts';
import { readEntry } from './entry-records.ts';
import { atOnceOf, createEntryRecorder, sourceCaller } from './record-entries.ts';
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

/** Makes the sources that read Redis streams. */
export function createStreams(options: StreamsOptions): readonly Source[] {
  const { streams, owner, queueLimit, parse, ...common } = options;
  const atOnce = atOnceOf(queueLimit);
  return streams.map(({ name: stream, grants }) => {
    const name = `stream:${stream}`;
    const caller = sourceCaller(name, 'redis', grants);
    const record = createEntryRecorder<SourceEntry>({
      ...common,
      source: name,
      caller,
      atOnce,
      read: (entry) => readEntry(entry, parse),
      telemetry: null,
    });
    const feeds: Source['feeds'] = (subject) => may({ grants }, 'ingest', subject);
    return { ...createRedisStream({ ...common, name, stream, consumer: owner, record }), feeds };
  });
}
