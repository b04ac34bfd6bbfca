import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPages } from './data-pages.ts';
import type { DataHead } from './data-pages.ts';

/** The two pages a data file begins with say which state of it is the latest; the rest hangs on that one. */
const MAGIC = 0xbeefc0de;
const OFFSET = {
  magic: 24,
  pageSize: 48,
  freeRoot: 88,
  mainRoot: 136,
  lastPage: 144,
  transaction: 152,
  end: 160,
} as const;

/** A file that is being written to meanwhile is looked at again, so often at most. */
const TRIES = 5;

/**
 * Rejects when a folder holds a data file that is damaged at its beginning or was cut off, which LMDB would
 * answer by crashing the process. Damage further inside shows only when it is read.
 */
export async function checkDataFile(folder: string): Promise<void> {
  await withDataFile(folder, async (file, size) => {
    const head = await readHead(file);
    if (head.transaction === 0n) return;
    // What is missing at the end may be free, which only all of what is in use can tell.
    if ((head.lastPage + 1n) * BigInt(head.pageSize) > BigInt(size)) await checkPages(file, head, size);
  });
}

/** Looks at every page in use; resolves with how many there are, null without a data file. Rejects as `checkDataFile`. */
export async function verifyDataFile(folder: string): Promise<number | null> {
  return withDataFile(folder, async (file) => {
    for (let tries = 1; ; tries++) {
      const { size } = await file.stat();
      const head = await readHead(file);
      try {
        return await checkPages(file, head, size);
      } catch (error) {
        // Pages of a state that is no longer the latest may have been written over.
        const since = await readHead(file);
        if (since.transaction === head.transaction) throw error;
        if (tries === TRIES)
          throw new Error('data.mdb is being written to; verify a backup of it instead', { cause: error });
      }
    }
  });
}

async function withDataFile<T>(
  folder: string,
  look: (file: FileHandle, size: number) => Promise<T>,
): Promise<T | null> {
  const file = await open(join(folder, 'data.mdb')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return null;
  try {
    const { size } = await file.stat();
    return size === 0 ? null : await look(file, size);
  } finally {
    await file.close();
  }
}

async function readHead(file: FileHandle): Promise<DataHead> {
  const read = async (position: number): Promise<DataHead> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(OFFSET.end), 0, OFFSET.end, position);
    if (bytesRead < OFFSET.end || buffer.readUInt32LE(OFFSET.magic) !== MAGIC) {
      throw new Error('data.mdb is not, or no longer, a file of this store');
    }
    return {
      pageSize: buffer.readUInt32LE(OFFSET.pageSize),
      freeRoot: buffer.readBigUInt64LE(OFFSET.freeRoot),
      mainRoot: buffer.readBigUInt64LE(OFFSET.mainRoot),
      lastPage: buffer.readBigUInt64LE(OFFSET.lastPage),
      transaction: buffer.readBigUInt64LE(OFFSET.transaction),
    };
  };
  const first = await read(0);
  const second = await read(first.pageSize);
  return first.transaction > second.transaction ? first : second;
}
