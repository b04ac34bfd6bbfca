import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DEDUP_HORIZON } from '../core/outcomes/record-fields.ts';

/**
 * Reports that could not be sent, in files of one record each, which `exec.sh` reads and writes as well. They lie in folders by the address
 * they are for, since another Burnwatch must not get them, and by workflow, since a token may be for one only. Their names
 * begin with their time. Runs at the same time need no lock: a record that two of them send counts once.
 */
export interface Spool {
  /** What is kept of this workflow, oldest first, at most so many; what is too old to be taken is removed. */
  oldest(count: number): readonly KeptRecord[];
  /** Keeps a record as one line of JSON; returns false when it could not. Of too many, the oldest go. */
  keep(name: string, record: string): boolean;
  remove(records: readonly KeptRecord[]): void;
  /** The spools of all workflows of the same address. */
  all(): readonly Spool[];
  /** Removes the folder if nothing is in it. */
  close(): void;
  readonly folder: string;
}

export interface KeptRecord {
  readonly name: string;
  readonly record: string;
}

/** Of a workflow. */
const MAX_KEPT = 1000;

export function spoolFolder(spool: string, url: string, workflow: string): string {
  const address = url.replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, 200);
  return join(spool, `u-${address}`, `w-${workflow.replaceAll('/', '%2F')}`);
}

/** Where the spool is if no setting says so; null when there is no place for it that is ours. */
export function defaultSpool(env: Readonly<Record<string, string | undefined>>): string | null {
  const home = env['XDG_STATE_HOME'] || (env['HOME'] ? join(env['HOME'], '.local/state') : '');
  if (home !== '') {
    try {
      const spool = join(home, 'burnwatch/spool');
      makeFolder(spool);
      return spool;
    } catch {
      // Users of services often have no home.
    }
  }
  const own = process.getuid?.();
  const spool = join(tmpdir(), `burnwatch-spool-${own}`);
  try {
    mkdirSync(spool, { mode: 0o700 });
  } catch {
    // It may be there already.
  }
  try {
    // Others may write there: what they made is not ours to send.
    const found = lstatSync(spool);
    return found.isDirectory() && found.uid === own ? spool : null;
  } catch {
    return null;
  }
}

/** With the folders above it. Not by `recursive`, which goes on forever where a folder takes no others, as in /proc. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
  }
}

export function openSpool(folder: string): Spool {
  function names(): string[] {
    try {
      return readdirSync(folder)
        .filter((name) => /^\.?\d{1,14}-/.test(name))
        .toSorted();
    } catch {
      return [];
    }
  }

  const kept = (): string[] => names().filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  const remove = (name: string): void => rmSync(join(folder, name), { force: true });

  return {
    folder,
    oldest(count) {
      const since = Date.now() - DEDUP_HORIZON;
      for (const name of names()) if (Number(/\d+/.exec(name)![0]) < since) remove(name);
      return kept()
        .slice(0, count)
        .flatMap((name): KeptRecord[] => {
          try {
            return [{ name, record: readFileSync(join(folder, name), 'utf8').trim() }];
          } catch {
            // Another run has sent it.
            return [];
          }
        });
    },
    keep(name, record) {
      const temporary = join(folder, `.${name}.tmp`);
      try {
        makeFolder(folder);
        if (statSync(folder).uid !== process.getuid?.()) return false;
        const all = kept();
        for (const old of all.slice(0, Math.max(0, all.length - MAX_KEPT + 1))) remove(old);
        const file = openSync(temporary, 'wx', 0o600);
        try {
          writeFileSync(file, `${record}\n`);
        } finally {
          closeSync(file);
        }
        renameSync(temporary, join(folder, `${name}.json`));
        return true;
      } catch {
        rmSync(temporary, { force: true });
        return false;
      }
    },
    remove(records) {
      for (const { name } of records) remove(name);
    },
    all() {
      const address = dirname(folder);
      try {
        return readdirSync(address)
          .filter((name) => name.startsWith('w-'))
          .toSorted((one, other) => Number(other === basename(folder)) - Number(one === basename(folder)))
          .map((name) => openSpool(join(address, name)));
      } catch {
        return [];
      }
    },
    close() {
      try {
        rmdirSync(folder);
      } catch {
        // Something is in it, or it was never there.
      }
    },
  };
}
