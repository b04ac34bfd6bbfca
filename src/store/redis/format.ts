import { FIRST_FORMAT, knownFormat, stepsFrom } from '../format.ts';
import type { Connection } from './connection.ts';
import { formerDueKey, outboxKeys, serviceKeys } from './keys.ts';
import { scripts } from './scripts.ts';

/** Changes the keys to the next format. Several replicas may run it at the same time. */
export type RedisStep = (connection: Connection) => Promise<void>;

/**
 * See store/format.ts. A new one goes to the end. Format 3 has what is due by target. Format 2 remembers starts and ends under keys of their own, and has records
 * that span attempts; what format 1 holds of either is read as it is (seen.lua, subject.lua), but its version must not go on
 * beside this one.
 */
export const REDIS_STEPS: readonly RedisStep[] = [
  () => Promise.resolve(),
  async (connection) => {
    await connection.write(scripts.dueByTarget, [...outboxKeys, formerDueKey], []);
  },
];

/**
 * Brings a store to the format that is known here, and notes it. Version 0.1 noted none, so that a store with
 * data and no number has the first format. Rejects when the format is newer. To be called before anything is written.
 */
export async function upgradeFormat(connection: Connection, steps = REDIS_STEPS): Promise<void> {
  const { format, partitions } = serviceKeys;
  const [noted, used] = await connection.call((client) => client.mget(format, partitions));
  const known = knownFormat(steps);
  const unnoted = used === null ? known : FIRST_FORMAT;
  const found = noted === null || noted === undefined ? unnoted : Number(noted);
  for (const step of stepsFrom(found, steps, 'Redis')) await step(connection);
  // A newer replica that starts at the same moment may have been first.
  stepsFrom(await noteFormat(connection, known), steps, 'Redis');
}

/** Notes a format unless that or a newer one is noted; gives the one that is noted. */
export async function noteFormat(connection: Connection, format = knownFormat(REDIS_STEPS)): Promise<number> {
  return Number(await connection.run(scripts.format, [serviceKeys.format], [format]));
}
