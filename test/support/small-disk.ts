import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk for the data of a process, which can be full. */
export interface SmallDisk {
  readonly folder: string;
  /** A line of shell that the process is started with. */
  readonly shell: string;
  /** From now on a process, if there is one, finds no room for anything that makes its files longer. */
  fill(pid: number | undefined): void;
  free(pid: number | undefined): void;
  /** Whether it is a file system of its own that is full, or a limit on the length of files. */
  readonly isFileSystem: boolean;
  remove(): void;
}

const MEGABYTE = 1024 * 1024;

/** Makes one: a small file system in memory where this process may mount one, else a limit that refuses longer files. */
export function makeSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-disk-'));
  const mounted = command('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder);
  const filler = join(folder, 'filler');
  return {
    folder,
    isFileSystem: mounted,
    // What is over the limit is refused instead of ending the process.
    shell: "trap '' XFSZ",
    fill(pid) {
      if (!mounted) limit(pid, '1');
      else takeAllRoom(filler, folder);
    },
    free(pid) {
      if (!mounted) limit(pid, 'unlimited');
      else rmSync(filler, { force: true });
    },
    remove() {
      if (mounted && !command('umount', folder)) command('umount', '--lazy', folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function takeAllRoom(filler: string, folder: string): void {
  const file = openSync(filler, 'a');
  try {
    for (let chunk = MEGABYTE; statfsSync(folder).bavail > 0;) {
      try {
        writeSync(file, Buffer.alloc(chunk));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        if (chunk === 1) return;
        chunk = 1;
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Only the limit that the process itself may raise again. */
function limit(pid: number | undefined, bytes: string): void {
  if (pid === undefined) return;
  if (!command('prlimit', '--pid', String(pid), `--fsize=${bytes}:`))
    throw new Error(`the limit on files of process ${pid} could not be set`);
}

function command(name: string, ...args: readonly string[]): boolean {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}
