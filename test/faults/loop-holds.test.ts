import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { measureLoopHolds } from '../support/loop-holds.ts';
import type { LoopHolds } from '../support/loop-holds.ts';

let holds: LoopHolds;
beforeEach(() => {
  holds = measureLoopHolds();
});
afterEach(() => holds.remove());

/** Runs a script that does something 300 ms after its start, and gives the longest hold from then on. */
async function longestHoldOf(action: string): Promise<number> {
  const script = `setTimeout(() => { process.stdout.write('now'); setTimeout(() => { ${action} }, 100); }, 300); setTimeout(() => {}, 1500);`;
  const child = spawn(process.execPath, ['-e', script], {
    env: { PATH: process.env['PATH'], ...holds.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  holds.read();
  await ended;
  return holds.read().longest;
}

it('a hold by computing is found, with about the time it took', async () => {
  const spin =
    'const used = () => process.cpuUsage().user; const from = used(); while (used() - from < 250_000);';
  expect(await longestHoldOf(spin)).toBeGreaterThan(150);
});

it('time in which a process does not get to run is no hold', async () => {
  const sleep = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);';
  expect(await longestHoldOf(sleep)).toBeLessThan(100);
});
