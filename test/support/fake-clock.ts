import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The clock of a process, which can be set while it runs; the time that passes for its timers is left alone. */
export interface FakeClock {
  /** What the process is started with. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the clock this many milliseconds ahead of the right time, or behind it when negative. */
  set(ahead: number): void;
  /** How far ahead of the right time it is, in milliseconds. */
  ahead(): number;
  remove(): void;
}

/** Makes one that goes right, by Debian's faketime. */
export function makeFakeClock(): FakeClock {
  const { stdout, error } = spawnSync('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD'], {
    encoding: 'utf8',
  });
  if (error) throw error;
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-clock-'));
  const file = join(folder, 'offset');
  let offset = 0;
  const set = (ahead: number): void => {
    offset = ahead;
    writeFileSync(file, `${ahead < 0 ? '' : '+'}${ahead / 1000}\n`);
  };
  set(0);
  return {
    env: {
      LD_PRELOAD: stdout.trim(),
      FAKETIME_TIMESTAMP_FILE: file,
      // Else it would look at the file every ten seconds.
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    set,
    ahead: () => offset,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
