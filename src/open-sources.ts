import type { Config } from './config.ts';
import type { TlsCredentials } from './core/ports/outbound.ts';
import type { Source } from './core/ports/sources.ts';
import { parseIngestBody } from './http/ingest/ingest-body.ts';
import type { StreamsOptions } from './sources/streams.ts';
import type { TopicsOptions } from './sources/topics.ts';

/** No command to the Redis of streams takes longer. */
const STREAM_TIMEOUT = 2_000;
/** An entry of a source with more records is not taken. */
const MAX_ENTRY_RECORDS = 10_000;

export type SourcesOptions = Pick<
  StreamsOptions & TopicsOptions,
  'owner' | 'recorder' | 'telemetry' | 'rejections' | 'deadLetters' | 'clock' | 'elapsed' | 'log'
>;

/**
 * What is read by itself: streams and topics, of a Redis and a Kafka that need not be there yet. Throws when an address
 * cannot be one. The clients of those that are not read from are not loaded.
 */
export async function openSources(
  { streams, kafka, queueLimit }: Pick<Config, 'streams' | 'kafka' | 'queueLimit'>,
  options: SourcesOptions,
): Promise<readonly Source[]> {
  const common = {
    ...options,
    queueLimit,
    parse: (text: string, format: 'json' | 'ndjson') =>
      parseIngestBody(Buffer.from(text), format, MAX_ENTRY_RECORDS),
  };
  const sources: Source[] = [];
  if (streams) {
    const { url, tls } = streams;
    const { parseAddress } = await import('./store/redis/address.ts');
    const { connect } = await import('./store/redis/connection.ts');
    const { createStreams } = await import('./sources/streams.ts');
    parseAddress(url);
    const setting = 'BURNWATCH_STREAM_REDIS';
    const limits = { waitReplicas: 0, commandTimeoutMs: STREAM_TIMEOUT };
    sources.push(
      ...createStreams({
        ...common,
        ...streams,
        connect: () => connect({ url, tls, setting, log: options.log, ...limits }),
      }),
    );
  }
  if (kafka) {
    const { createTopics } = await import('./sources/topics.ts');
    sources.push(...createTopics({ ...common, ...kafka, tls: kafka.tls && setOf(kafka.tls) }));
  }
  return sources;
}

/** What of the credentials is set, as Node takes it. */
function setOf({ ca, cert, key }: TlsCredentials): { ca?: string; cert?: string; key?: string } {
  return { ...(ca !== null && { ca }), ...(cert !== null && { cert }), ...(key !== null && { key }) };
}
