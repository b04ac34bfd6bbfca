import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { knownFormat } from '../format.ts';
import { countingStore } from './counting.ts';
import { checkDataFile } from './data-file.ts';
import { deadLetterStore } from './dead-letters.ts';
import { MAX_TABLES, openTables } from './databases.ts';
import type { About, Databases } from './databases.ts';
import { createFileGuard } from './file-guard.ts';
import type { FileGuard } from './file-guard.ts';
import { LMDB_STEPS, upgradeFormat } from './format.ts';
import { locateFlights, unlocated } from './in-flight.ts';
import { lossesSince } from './identity-file.ts';
import { outboxStore } from './outbox.ts';
import { incidentStore } from './incidents.ts';
import { recordStore } from './records.ts';
import { stateStore } from './states.ts';
import { createWriter, reasonOf } from './writer.ts';
import type { Writer } from './writer.ts';

export interface LmdbStoreOptions {
  /** Where the data is; made when it is not there. */
  readonly folder: string;
  /** How many partitions a workflow has; null adopts what the store was started with. */
  readonly partitions: number | null;
  /** What the leader's lease runs by. */
  readonly clock: Clock;
  readonly log: Log;
}

/** Many pages in a row. */
const TRIAL = ' '.repeat(256 * 1024);
const FIRST_PARTITIONS = 1;
/** The most the data can grow to. It is only address space: the file is as long as what is in it. */
const MAX_BYTES = 2 ** 40;

/**
 * Opens the embedded store. Rejects with an error that names the folder when it cannot be used, holds something
 * else, has a newer format, or was started with another number of partitions. What is written is on disk when a call resolves.
 * Several processes on one machine may open the same folder; a killed one leaves nothing to clean up.
 */
export async function openLmdbStore({ folder, partitions, clock, log }: LmdbStoreOptions): Promise<Store> {
  const { root, db } = await openFolder(folder);
  const guard = createFileGuard(folder);
  const writer = createWriter(root, folder, guard);
  let closed = false;
  try {
    const about = await findOrMake(db, writer, partitions);
    await upgradeFormat(db, writer, about, folder);
    checkPartitions(folder, about, partitions);
    for (const key of unlocated(db)) await writer.write(() => locateFlights(db, key), 1);
    let losses = await lossesSince(folder, about.identity);
    log.info({ folder, partitions: about.partitions }, 'Opened the embedded store.');
    return {
      ...guarded(guard, {
        ...countingStore(db, writer, about.partitions),
        ...stateStore(db, writer, clock),
        ...outboxStore(db, writer, clock),
        ...recordStore(db, writer),
        ...deadLetterStore(db, writer),
        ...incidentStore(db, writer),
        identity: async () => about.identity,
        ping: async () => void db.about.get('about'),
        async examine() {
          await tryWriting(db, writer);
          const found = { losses, away: [] };
          losses = [];
          return found;
        },
      }),
      partitions: about.partitions,
      async close() {
        if (closed) return;
        closed = true;
        await writer.drain();
        await root.close();
      },
    };
  } catch (error) {
    await root.close();
    throw error;
  }
}

async function openFolder(folder: string): Promise<{ root: RootDatabase; db: Databases }> {
  try {
    // What producers report is nobody else's on this machine.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await checkDataFile(folder);
    const root = open({
      path: folder,
      noSubdir: false,
      maxDbs: MAX_TABLES,
      mapSize: MAX_BYTES,
      // Without it a commit that could not be flushed is an error, not a promise that never settles.
      overlappingSync: false,
      // The writer makes its own batches, and the marks around lmdb's would be promises without a waiter.
      eventTurnBatching: false,
    });
    // In one transaction: each of its own would wait for the disk.
    return { root, db: root.transactionSync(() => openTables(root)) };
  } catch (error) {
    throw new StoreUnavailable(`The folder ${folder} cannot hold the embedded store: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Has every call fail once the files are not those that were opened any more. */
function guarded<Calls extends object>(guard: FileGuard, calls: Calls): Calls {
  const checked = Object.entries(calls as Record<string, (...args: unknown[]) => unknown>).map(
    ([name, call]) => [
      name,
      async (...args: unknown[]) => {
        guard.check();
        return call(...args);
      },
    ],
  );
  return Object.fromEntries(checked) as Calls;
}

/** Writes a little; after a change that failed, as much as needs new room in the file. Rejects while changes may fail. */
async function tryWriting(db: Databases, writer: Writer): Promise<void> {
  const isTrial = writer.failing() !== null;
  await writer.write(() => db.trial.putSync('trial', isTrial ? TRIAL : ''));
  if (!isTrial) return;
  await writer.write(() => db.trial.putSync('trial', ''));
  writer.trialSucceeded();
  const failure = writer.failing();
  if (failure) throw failure;
}

/** What the store is; two processes that make it at once agree on one. What is there is found on a full disk, too. */
async function findOrMake(db: Databases, writer: Writer, partitions: number | null): Promise<About> {
  const found = db.about.get('about');
  if (found) return found;
  return writer.write(() => {
    const known = db.about.get('about');
    if (known) return known;
    const about = {
      format: knownFormat(LMDB_STEPS),
      identity: randomUUID(),
      partitions: partitions ?? FIRST_PARTITIONS,
    };
    db.about.putSync('about', about);
    return about;
  });
}

function checkPartitions(folder: string, about: About, partitions: number | null): void {
  if (partitions !== null && partitions !== about.partitions) {
    throw new Error(
      `The store in ${folder} was started with ${about.partitions} partitions and cannot be opened with ${partitions}: its counters would be looked for in the wrong places.`,
    );
  }
}
