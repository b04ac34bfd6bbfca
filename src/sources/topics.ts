import type { Clock } from '../core/ports/clock.ts';
import type { DeadLetterBox } from '../core/ports/dead-letters.ts';
import type { Log } from '../core/ports/log.ts';
import type { Recorder } from '../core/ports/recorder.ts';
import type { Rejections } from '../core/ports/rejections.ts';
import type { ParseRecords, Source } from '../core/ports/sources.ts';
import type { TelemetryRecorder } from '../core/ports/telemetry-recorder.ts';
import type { Grant } from '../core/ports/token.ts';
import { may } from '../core/ports/token.ts';
import type { KafkaLocation, MemberLimits } from './kafka-member.ts';
import { createKafkaMember } from './kafka-member.ts';
import type { TopicLimits, TopicMember } from './kafka-topic.ts';
import { createKafkaTopic } from './kafka-topic.ts';
import type { KafkaMessage } from './message-records.ts';
import { readMessage } from './message-records.ts';
import { atOnceOf, createEntryRecorder, sourceCaller } from './record-entries.ts';

export interface TopicsOptions extends KafkaLocation {
  readonly topics: readonly { readonly name: string; readonly grants: readonly Grant[] }[];
  /** Each topic is read by a group of its own, which has the name of the topic behind this. */
  readonly group: string;
  readonly recorder: Pick<Recorder, 'record'>;
  readonly telemetry: Pick<TelemetryRecorder, 'events'>;
  /** The most outcomes that may wait for the store. */
  readonly queueLimit: number;
  readonly rejections: Pick<Rejections, 'note'>;
  readonly deadLetters: DeadLetterBox;
  readonly parse: ParseRecords;
  readonly clock: Clock;
  readonly elapsed: () => number;
  readonly log: Log;
  readonly limits?: Partial<TopicLimits & MemberLimits>;
  /** What each member of a group is made of; for tests of what goes wrong. */
  readonly through?: (member: TopicMember) => TopicMember;
}

/** Makes the sources that read Kafka topics. */
export function createTopics(options: TopicsOptions): readonly Source[] {
  const { topics, group, brokers, tls, sasl, queueLimit, parse, through, ...common } = options;
  const limits = options.limits ?? {};
  return topics.map(({ name: topic, grants }) => {
    const name = `kafka:${topic}`;
    const record = createEntryRecorder<KafkaMessage>({
      ...common,
      source: name,
      caller: sourceCaller(name, 'kafka', grants),
      atOnce: atOnceOf(queueLimit),
      read: (message) => readMessage(message, parse),
    });
    const join = () => {
      const member = createKafkaMember({ brokers, tls, sasl, topic, group: `${group}.${topic}`, limits });
      return through ? through(member) : member;
    };
    const feeds: Source['feeds'] = (subject) => may({ grants }, 'ingest', subject);
    return { ...createKafkaTopic({ ...common, name, join, record }), feeds };
  });
}
