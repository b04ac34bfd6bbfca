import { readFileSync, statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '../../core/ports/store/store.ts';

/** Knows whether the files of an open store are still those that were opened. */
export interface FileGuard {
  /**
   * Throws `StoreUnavailable` when a file was removed, replaced or cut off. LMDB notices neither: it goes on with a file
   * that nobody finds again, or is ended by the signal for reading beyond the end of one.
   */
  check(): void;
  /** Throws `StoreUnavailable` when too little room is left where the files are; to be called before each change. */
  checkRoom(): void;
}

/**
 * LMDB 3.5.6 writes beyond its memory as it reports that the disk is full, and may take the process down. So it must not
 * come to that; a change takes far less than this many bytes.
 */
const LEAST_ROOM = 16 * 1024 * 1024;

const FILES = ['data.mdb', 'lock.mdb'] as const;

/**
 * Makes the guard; to be called when the store was just opened. Cheap enough to be asked at every call. `roomIn` gives
 * the bytes by which the files of a folder can grow.
 */
export function createFileGuard(folder: string, roomIn: (folder: string) => number = room): FileGuard {
  const opened = FILES.map((name) => {
    const path = join(folder, name);
    const { dev, ino } = statSync(path);
    return { name, path, dev, ino, largest: 0 };
  });
  return {
    check() {
      for (const file of opened) {
        const found = statSync(file.path, { throwIfNoEntry: false });
        if (!found) throw lost(`${file.name} is gone`);
        if (found.ino !== file.ino || found.dev !== file.dev) throw lost(`${file.name} was replaced`);
        if (found.size < file.largest) throw lost(`${file.name} was cut off`);
        file.largest = found.size;
      }
    },
    checkRoom() {
      if (roomIn(folder) < LEAST_ROOM)
        throw new StoreUnavailable(
          `There is less than 16 MB of room left for ${folder} (on its disk, or below the limit on file sizes); nothing is stored until there is more.`,
        );
    },
  };

  function lost(what: string): StoreUnavailable {
    return new StoreUnavailable(
      `In ${folder} ${what} while Burnwatch ran; nothing is stored until it is back or Burnwatch is started again.`,
    );
  }
}

/** What is free where the folder is, or what the process may still add to its data file if that is less. */
function room(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  const { size } = statSync(join(folder, 'data.mdb'));
  return Math.min(bavail * bsize, fileSizeLimit() - size);
}

/** The most bytes that a file of this process can have, where the system tells. */
function fileSizeLimit(): number {
  try {
    const found = /^Max file size\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return found ? Number(found[1]) : Infinity;
  } catch {
    return Infinity;
  }
}
