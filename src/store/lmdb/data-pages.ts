import type { FileHandle } from 'node:fs/promises';

/** What the beginning of a data file says of its latest state. Pages are numbered from 0. */
export interface DataHead {
  readonly pageSize: number;
  /** The roots of the list of free pages and of the table of tables. */
  readonly freeRoot: bigint;
  readonly mainRoot: bigint;
  /** The last page that was ever used. */
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

// As mdb.c of LMDB lays pages and nodes out: a page begins with its number, a transaction, padding, flags and, of a
// tree's page, the end of its list of nodes; a node with the size of its data, flags and the size of its key.
const PAGE = { number: 0, flags: 18, lower: 20, pages: 20, header: 24 } as const;
const NODE = { low: 0, high: 2, flags: 4, keySize: 6, header: 8 } as const;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const BIG_DATA = 1;
const TABLE = 2;
const ROOT_OF_TABLE = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/**
 * Looks at every page that the latest state of a data file uses, and resolves with how many there are. Rejects with an
 * error that says which page is missing or is not what it should be.
 */
export async function checkPages(file: FileHandle, head: DataHead, size: number): Promise<number> {
  const { pageSize } = head;
  const waiting = [head.freeRoot, head.mainRoot].filter((root) => root !== NO_PAGE);
  let seen = 2;

  const damaged = (page: bigint, what: string): Error =>
    new Error(`data.mdb is damaged: page ${page} of ${head.lastPage} ${what}`);

  async function read(number: bigint): Promise<Buffer> {
    const end = (number + 1n) * BigInt(pageSize);
    if (number > head.lastPage) throw damaged(number, 'does not exist');
    if (end > BigInt(size)) throw new Error('data.mdb is shorter than what it says it holds');
    const { buffer } = await file.read(Buffer.alloc(pageSize), 0, pageSize, Number(number) * pageSize);
    if (buffer.readBigUInt64LE(PAGE.number) !== number) throw damaged(number, 'holds something else');
    // A file whose pages refer to each other in a circle would be read for ever.
    if (BigInt(++seen) > head.lastPage + 1n) throw damaged(number, 'is used twice');
    return buffer;
  }

  async function overflow(number: bigint): Promise<void> {
    const first = await read(number);
    if ((first.readUInt16LE(PAGE.flags) & OVERFLOW) === 0) throw damaged(number, 'is not of a long value');
    const pages = first.readUInt32LE(PAGE.pages);
    if ((number + BigInt(pages)) * BigInt(pageSize) > BigInt(size))
      throw new Error('data.mdb is shorter than what it says it holds');
    seen += pages - 1;
  }

  while (waiting.length > 0) {
    const number = waiting.pop()!;
    const page = await read(number);
    const flags = page.readUInt16LE(PAGE.flags);
    const isLeaf = (flags & LEAF) !== 0;
    if (!isLeaf && (flags & BRANCH) === 0) throw damaged(number, 'is not of a tree');
    const count = page.readUInt16LE(PAGE.lower) >> 1;
    for (let index = 0; index < count; index++) {
      const node = PAGE.header + page.readUInt16LE(PAGE.header + index * 2);
      if (node + NODE.header > pageSize) throw damaged(number, 'has a node outside of it');
      const low = BigInt(page.readUInt16LE(node + NODE.low) + page.readUInt16LE(node + NODE.high) * 0x1_0000);
      const nodeFlags = page.readUInt16LE(node + NODE.flags);
      if (!isLeaf) {
        waiting.push(low + (BigInt(nodeFlags) << 32n));
        continue;
      }
      const data = node + NODE.header + page.readUInt16LE(node + NODE.keySize);
      const ends = data + ((nodeFlags & (BIG_DATA | TABLE)) === 0 ? Number(low) : 8);
      if (ends > pageSize) throw damaged(number, 'has a value outside of it');
      if ((nodeFlags & BIG_DATA) !== 0) await overflow(page.readBigUInt64LE(data));
      else if ((nodeFlags & TABLE) !== 0) {
        const root = page.readBigUInt64LE(data + ROOT_OF_TABLE);
        if (root !== NO_PAGE) waiting.push(root);
      }
    }
  }
  return seen;
}
