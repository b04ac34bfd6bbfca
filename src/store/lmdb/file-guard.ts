import { statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '../../core/ports/store/store.ts';

/** Knows whether the files of an open store are still those that were opened. */
export interface FileGuard {
  /**
   * Throws `StoreUnavailable` when a file was removed, replaced or cut off. LMDB notices neither: it goes on with a file
   * that nobody finds again, or is ended by the signal for reading beyond the end of one.
   */
  check(): void;
}

const FILES = ['data.mdb', 'lock.mdb'] as const;

/** Makes the guard; to be called when the store was just opened. Cheap enough to be asked at every call. */
export function createFileGuard(folder: string): FileGuard {
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
  };

  function lost(what: string): StoreUnavailable {
    return new StoreUnavailable(
      `In ${folder} ${what} while Burnwatch ran; nothing is stored until it is back or Burnwatch is started again.`,
    );
  }
}
