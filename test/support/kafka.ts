import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Producer } from 'kafkajs';
import { Kafka, Partitioners, logLevel } from 'kafkajs';

/** A message to be added; `at` in milliseconds since the epoch, now if absent. */
export interface NewMessage {
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly at?: number;
  readonly partition?: number;
}

/** The mock cluster of librdkafka: one broker on the loopback interface, whose topics have four partitions and are made by use. */
export interface KafkaBroker {
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  readonly producer: Producer;
  add(topic: string, messages: readonly NewMessage[]): Promise<void>;
  /** Adds lines as messages by kcat, a producer that has nothing in common with the client that reads. */
  addLines(
    topic: string,
    lines: readonly string[],
    headers?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Messages that a group has not committed. */
  lag(group: string, topic: string): Promise<number>;
  /** `SIGSTOP` freezes it, `SIGCONT` thaws it. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts one. It lives inside a kcat that has nothing else to do. */
export async function startKafka(): Promise<KafkaBroker> {
  const settings = ['-X', 'test.mock.num.brokers=1'];
  const broker = spawn('kcat', ['-P', '-b', 'mock', '-t', 'unused', ...settings], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    broker.once('error', reject);
    broker.once('exit', (code) => reject(new Error(`kcat ended with ${code}: ${output}`)));
    broker.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const match = /replaced with (127\.0\.0\.1:\d+)/.exec(output);
      if (match) resolve(match[1]!);
    });
  });
  const kafka = new Kafka({ clientId: 'a-test', brokers: [address], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  return {
    port: Number(address.split(':')[1]),
    address,
    producer,
    async add(topic, messages) {
      await producer.send({
        topic,
        messages: messages.map(({ value, headers = {}, at, partition }) => ({
          value,
          headers: { ...headers },
          ...(at !== undefined && { timestamp: String(at) }),
          ...(partition !== undefined && { partition }),
        })),
      });
    },
    async addLines(topic, lines, headers = {}) {
      const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`]);
      const kcat = spawn('kcat', ['-P', '-b', address, '-t', topic, ...named], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      kcat.stdin.end(lines.map((line) => `${line}\n`).join(''));
      const [code] = (await once(kcat, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`kcat ended with ${code}`);
    },
    async lag(groupId, topic) {
      const [ends, [committed]] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId, topics: [topic] }),
      ]);
      const reached = new Map(
        committed!.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      );
      return ends.reduce(
        (sum, { partition, high }) => sum + Number(high) - Math.max(0, reached.get(partition) ?? 0),
        0,
      );
    },
    signal: (signal) => void broker.kill(signal),
    async stop() {
      broker.kill('SIGCONT');
      await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
      if (broker.exitCode !== null || broker.signalCode !== null) return;
      const exited = once(broker, 'exit');
      broker.kill('SIGKILL');
      await exited;
    },
  };
}
