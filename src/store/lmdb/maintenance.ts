import { mkdir, readdir } from 'node:fs/promises';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { verifyDataFile } from './data-file.ts';
import { MAX_TABLES, openTables } from './databases.ts';

/** What was found in order. */
export interface VerifiedStore {
  readonly pages: number;
  readonly entries: number;
}

/**
 * Reads everything in a folder of the embedded store, which may be in use. Rejects with an error that says what is wrong:
 * there is no store, or its file is cut off or damaged, or something in it cannot be understood.
 */
export async function verifyStore(folder: string): Promise<VerifiedStore> {
  // Without LMDB, which a damaged file would end by a signal.
  const pages = await verifyDataFile(folder);
  if (pages === null) throw new Error(`The folder ${folder} holds no embedded store.`);
  const root = openToRead(folder);
  try {
    let entries = 0;
    for (const [name, table] of Object.entries(openTables(root))) {
      // The same table under another name.
      if (name === 'trial') continue;
      for (const { value } of table.getRange()) {
        if (value === undefined) throw new Error(`An entry of the table ${name} cannot be read.`);
        entries++;
      }
    }
    return { pages, entries };
  } finally {
    await root.close();
  }
}

/**
 * Copies a store, which may be in use, as it is at one moment into another folder, and verifies the copy. Rejects when that
 * folder holds anything already.
 */
export async function backupStore(folder: string, target: string): Promise<VerifiedStore> {
  if ((await verifyDataFile(folder)) === null)
    throw new Error(`The folder ${folder} holds no embedded store.`);
  await mkdir(target, { recursive: true, mode: 0o700 });
  if ((await readdir(target)).length > 0) throw new Error(`The folder ${target} is not empty.`);
  const root = openToRead(folder);
  try {
    await root.backup(target, false);
  } finally {
    await root.close();
  }
  return verifyStore(target);
}

function openToRead(folder: string): RootDatabase {
  return open({ path: folder, noSubdir: false, maxDbs: MAX_TABLES, readOnly: true });
}
