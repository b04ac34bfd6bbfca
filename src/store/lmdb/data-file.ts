import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** The two pages a data file begins with say which state of it is the latest; the rest hangs on that one. */
const MAGIC = 0xbeefc0de;
const OFFSET = { magic: 24, pageSize: 48, rootPage: 136, transaction: 152, end: 160 } as const;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

interface Head {
  readonly pageSize: number;
  readonly rootPage: bigint;
  readonly transaction: bigint;
}

/**
 * Rejects when a folder holds a data file that is damaged at its beginning or was cut off, which LMDB would
 * answer by crashing the process. Damage further inside shows only when it is read.
 */
export async function checkDataFile(folder: string): Promise<void> {
  const file = await open(join(folder, 'data.mdb')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!file) return;
  try {
    const { size } = await file.stat();
    if (size === 0) return;
    const read = async (position: number): Promise<Head> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(OFFSET.end), 0, OFFSET.end, position);
      if (bytesRead < OFFSET.end || buffer.readUInt32LE(OFFSET.magic) !== MAGIC) {
        throw new Error('data.mdb is not, or no longer, a file of this store');
      }
      return {
        pageSize: buffer.readUInt32LE(OFFSET.pageSize),
        rootPage: buffer.readBigUInt64LE(OFFSET.rootPage),
        transaction: buffer.readBigUInt64LE(OFFSET.transaction),
      };
    };
    const first = await read(0);
    const second = await read(first.pageSize);
    const { rootPage, pageSize } = first.transaction > second.transaction ? first : second;
    if (rootPage !== NO_PAGE && (rootPage + 1n) * BigInt(pageSize) > BigInt(size)) {
      throw new Error('data.mdb is shorter than what it says it holds');
    }
  } finally {
    await file.close();
  }
}
