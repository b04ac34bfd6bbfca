import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreLoss } from '../../core/ports/store/store.ts';

/** Beside the data file, so that it stays when that one is removed. */
const NAME = 'identity';

/** Compares the identity of a store with that of the one that its folder held before, and notes it. */
export async function lossesSince(folder: string, identity: string): Promise<readonly StoreLoss[]> {
  const path = join(folder, NAME);
  const noted = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (noted?.trim() === identity) return [];
  // In one step: another process may be reading it.
  await writeFile(`${path}.${process.pid}`, `${identity}\n`);
  await rename(`${path}.${process.pid}`, path);
  return noted === null ? [] : [{ kind: 'wiped', part: null }];
}
