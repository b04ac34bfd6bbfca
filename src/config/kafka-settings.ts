import type { TlsCredentials } from '../core/ports/outbound.ts';
import type { Grant } from '../core/ports/token.ts';
import type { SettingReader } from './setting-reader.ts';
import { isLoopbackHost } from './access-settings.ts';
import { readPem } from './setting-reader.ts';
import { readNamesWithGrants } from './source-settings.ts';

/** The topics that are read, all from one Kafka. */
export interface KafkaSettings {
  /** Each `host:port`. */
  readonly brokers: readonly string[];
  readonly topics: readonly {
    readonly name: string;
    /** What may be reported through it. */
    readonly grants: readonly Grant[];
  }[];
  readonly group: string;
  /** Null: connections are not encrypted. */
  readonly tls: TlsCredentials | null;
  readonly sasl: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: string;
  } | null;
}

type SaslMechanism = (typeof MECHANISMS)[number];

const MAX_TOPICS = 16;
/** As Kafka has it. */
const TOPIC = /^(?!\.{1,2}$)[\w.-]{1,200}$/;
const GROUP = /^[\w.-]{1,48}$/;
const BROKER = /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})$/;
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** Null when no topic is to be read. */
export function readKafka(reader: SettingReader, warnings: string[]): KafkaSettings | null {
  const topics = readNamesWithGrants(reader.text('KAFKA'), TOPIC);
  if (!topics || topics.length > MAX_TOPICS) {
    reader.problem(
      'KAFKA',
      `at most ${MAX_TOPICS} different names of topics, each of 1 to 200 characters of A-Z a-z 0-9 _ . - and with @pattern if it is for some workflows only, such as outcomes@nightly-*`,
    );
  }
  const brokers = reader
    .text('KAFKA_BROKERS')
    .split(/[\s,]+/)
    .filter(Boolean);
  const areBrokers = brokers.every((broker) => {
    const port = Number(BROKER.exec(broker)?.[2]);
    return port >= 1 && port <= 65_535;
  });
  if (!areBrokers) reader.problem('KAFKA_BROKERS', 'addresses such as kafka-1:9092, kafka-2:9092');
  const group = reader.text('KAFKA_GROUP');
  if (!GROUP.test(group)) reader.problem('KAFKA_GROUP', '1 to 48 characters of A-Z a-z 0-9 _ . -');
  const tls = readTls(reader);
  const sasl = readSasl(reader);
  if (reader.text('KAFKA') === '') return null;
  if (brokers.length === 0)
    reader.problem('KAFKA_BROKERS', 'the addresses of the brokers of BURNWATCH_KAFKA, such as kafka-1:9092');
  const isNear = brokers.every((broker) => isLoopbackHost(broker.replace(/:\d+$/, '')));
  if (sasl?.mechanism === 'plain' && !tls && !isNear)
    warnings.push(
      'BURNWATCH_KAFKA_SASL=plain sends the password unencrypted; set BURNWATCH_KAFKA_TLS=true, or use scram-sha-512.',
    );
  return { brokers, topics: topics ?? [], group, tls, sasl };
}

function readTls(reader: SettingReader): TlsCredentials | null {
  const isOn = reader.choice('KAFKA_TLS', ['true', 'false'], 'true');
  const tls = {
    ca: readPem(reader, 'KAFKA_CA'),
    cert: readPem(reader, 'KAFKA_CERT'),
    key: readPem(reader, 'KAFKA_KEY'),
  };
  if ((reader.text('KAFKA_CERT') === '') !== (reader.text('KAFKA_KEY') === ''))
    reader.problem('KAFKA_CERT', 'a certificate together with its key in BURNWATCH_KAFKA_KEY');
  if (isOn) return tls;
  if (reader.text('KAFKA_CA') !== '' || reader.text('KAFKA_CERT') !== '')
    reader.problem('KAFKA_TLS', 'true where BURNWATCH_KAFKA_CA or _CERT is set');
  return null;
}

function readSasl(reader: SettingReader): KafkaSettings['sasl'] {
  const text = reader.text('KAFKA_SASL');
  const username = reader.text('KAFKA_USER');
  const password = reader.text('KAFKA_PASSWORD');
  if (text === '') {
    if (username !== '' || password !== '')
      reader.problem('KAFKA_SASL', `${MECHANISMS.join(', ')} where BURNWATCH_KAFKA_USER or _PASSWORD is set`);
    return null;
  }
  const mechanism = MECHANISMS.find((known) => known === text);
  if (!mechanism) reader.problem('KAFKA_SASL', MECHANISMS.join(', '));
  if (username === '') reader.problem('KAFKA_USER', 'the user for BURNWATCH_KAFKA_SASL');
  if (password === '') reader.problem('KAFKA_PASSWORD', 'the password for BURNWATCH_KAFKA_SASL');
  return mechanism ? { mechanism, username, password } : null;
}
