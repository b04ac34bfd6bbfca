import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdtempSync, openSync, rmSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';

/** The end of what is written is kept, this many bytes of it. */
const KEPT_BYTES = 2048;
/** After the command has ended, what it has started may go on writing; it is waited for this long. */
const LAST_WORDS = 1000;

/** Passes on what a command writes to its standard error, and keeps the end of it. */
export interface ErrorCopy {
  /** What the command gets as its standard input, output and error. */
  readonly stdio: readonly ['inherit', 'inherit' | number, number];
  /** To be called when the command has these. */
  begin(): void;
  /** Resolves with the end of what was written, once all of it was passed on; null when something goes on writing. */
  end(): Promise<Buffer | null>;
}

const writeTo = promisify(write);

/**
 * Makes a pipe for the standard error of a command. Null when there is to be none: a terminal is left alone, since programs look whether
 * they have one, and without `mkfifo` there is no pipe (those that Node makes are sockets, which /dev/stderr cannot be).
 */
export function openErrorCopy(): ErrorCopy | null {
  if (isatty(2)) return null;
  const pipe = openPipe();
  if (pipe === null) return null;
  const { readEnd, spareEnd, writeEnd } = pipe;
  const source = new Socket({ fd: readEnd, readable: true, writable: false });
  let kept = Buffer.alloc(0);
  let passing: Promise<void> = Promise.resolve();
  let isOpen = true;
  const ended = new Promise<void>((resolve) => source.on('close', () => resolve()));

  function onData(chunk: Buffer): void {
    kept = Buffer.concat([kept, chunk]).subarray(-KEPT_BYTES);
    source.pause();
    passing = passOn(chunk).then(
      () => void (isOpen && source.resume()),
      () => {
        // Nobody reads it any more, which the command is to notice as it would without us.
        source.destroy();
        closeSpare();
      },
    );
  }

  function closeSpare(): void {
    if (isOpen) closeSync(spareEnd);
    isOpen = false;
  }

  source.on('error', () => source.destroy());
  // Both by one pipe where they go to the same place, so that they stay in order.
  return {
    stdio: ['inherit', isSamePlace() ? writeEnd : 'inherit', writeEnd],
    begin() {
      closeSync(writeEnd);
      source.on('data', onData);
    },
    async end() {
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<'open'>((resolve) => {
        timer = setTimeout(() => resolve('open'), LAST_WORDS);
      });
      const state = await Promise.race([ended, silence]);
      clearTimeout(timer);
      if (state !== 'open') {
        await passing;
        closeSpare();
        return kept;
      }
      source.pause();
      source.off('data', onData);
      await passing;
      if (isOpen)
        spawn('cat', { stdio: [spareEnd, 2, 'ignore'], detached: true })
          .on('error', () => {})
          .unref();
      source.destroy();
      closeSpare();
      return null;
    },
  };
}

/** A pipe with a second end to read from, which blocks; null when none can be made. */
function openPipe(): {
  readonly readEnd: number;
  readonly spareEnd: number;
  readonly writeEnd: number;
} | null {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), 'burnwatch-exec-'));
    const path = join(folder, 'err');
    if (spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' }).status !== 0) return null;
    // In this order neither of them waits for the other.
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeEnd = openSync(path, constants.O_WRONLY);
    return { readEnd, writeEnd, spareEnd: openSync(path, constants.O_RDONLY) };
  } catch {
    return null;
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

function isSamePlace(): boolean {
  const [output, errors] = [fstatSync(1), fstatSync(2)];
  return output.dev === errors.dev && output.ino === errors.ino;
}

async function passOn(chunk: Buffer): Promise<void> {
  for (let from = 0; from < chunk.length;) {
    try {
      from += (await writeTo(2, chunk, from, chunk.length - from)).bytesWritten;
    } catch (error) {
      // Another program that has it open as well may have made it so that writing does not wait.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
