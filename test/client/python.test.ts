import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AcceptingPeer } from './accepting-peer.ts';
import { startAcceptingPeer } from './accepting-peer.ts';

// What only Python has; what both clients do is in conformance.test.ts.
type Fields = AcceptingPeer['records'][number];
let peer: AcceptingPeer;
beforeAll(async () => {
  peer = await startAcceptingPeer();
});
afterAll(() => peer.close());

/** Runs a program to its end; gives the records that arrived and what it printed. */
async function run(
  program: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly records: Fields[]; readonly stdout: string; readonly stderr: string }> {
  peer.records.length = 0;
  const env = {
    PATH: process.env['PATH'],
    PYTHONPATH: join(import.meta.dirname, '../../src/client/python'),
    PYTHONDONTWRITEBYTECODE: '1',
    BURNWATCH_URL: peer.url,
    ...settings,
  };
  const options = { env, timeout: 30_000 };
  const { stdout, stderr } = await promisify(execFile)('python3', ['-c', program], options).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return { records: [...peer.records], stdout, stderr };
}

const ends = (reported: readonly Fields[]): string[] =>
  reported
    .filter(({ status }) => status !== 'started')
    .map(({ execution, status, error }) => [execution, status, error].filter(Boolean).join(' '));

it('reports the class of an exception, and never its message', async () => {
  const { records, stderr } = await run(`
import burnwatch
class Declined(Exception):
    code = 'card_declined'
def fail(execution, make):
    try:
        with burnwatch.run('checkout', execution):
            raise make()
    except BaseException:
        pass
def wrapped():
    error = RuntimeError('bob')
    error.__cause__ = KeyError('bob')
    return error
class Hostile(Exception):
    @property
    def code(self):
        raise RuntimeError('bob')
fail('a', lambda: Declined('bob'))
fail('b', lambda: ConnectionRefusedError('bob'))
fail('c', lambda: OSError(28, 'bob'))
fail('d', wrapped)
fail('e', lambda: RuntimeError('bob'))
fail('f', KeyboardInterrupt)
fail('g', lambda: SystemExit(0))
fail('h', lambda: SystemExit(2))
fail('i', lambda: Hostile('bob'))
client = burnwatch.Client(error_of=lambda error: 'own' if isinstance(error, ValueError) else None)
client.start('checkout', 'j').failed(ValueError('bob'))
client.start('checkout', 'k').failed(KeyError('bob'))
client.close()
`);
  expect(stderr).toBe('');
  expect(ends(records).toSorted()).toEqual([
    'a failed card_declined',
    'b failed ConnectionRefusedError',
    'c failed ENOSPC',
    'd failed KeyError',
    'e failed RuntimeError',
    'f failed KeyboardInterrupt',
    'g succeeded',
    'h failed SystemExit',
    'i failed unknown',
    'j failed own',
    'k failed KeyError',
  ]);
});

it('an exception that ends the program is reported as it leaves', async () => {
  const { records, stderr } = await run(`
import burnwatch
with burnwatch.run('checkout', 'a') as run:
    with run.step('charge-card'):
        raise TimeoutError('slow')
`);
  expect(stderr).toContain('TimeoutError: slow');
  expect(ends(records)).toEqual(['a failed TimeoutError', 'a failed TimeoutError']);
  expect(records.at(-1)).toMatchObject({ failedStep: 'charge-card' });
});

it('works around coroutines and in many threads at once', async () => {
  const { records } = await run(`
import asyncio, threading, burnwatch
async def main():
    async with burnwatch.run('checkout', 'a') as run:
        async with run.step('charge-card', dependency='bank') as step:
            await asyncio.sleep(0)
asyncio.run(main())
def work(n):
    for m in range(50):
        with burnwatch.run('checkout', f'{n}-{m}'):
            pass
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
`);
  expect(records).toHaveLength(804);
  expect(new Set(records.map((record) => JSON.stringify(record))).size).toBe(804);
});

it('C1: a forked process reports its own, and nothing of its parent a second time', async () => {
  const { records, stdout } = await run(`
import os, sys, burnwatch
burnwatch.configure(flush_after=60)
burnwatch.start('checkout', 'parent').succeeded()
pid = os.fork()
if pid == 0:
    burnwatch.start('checkout', 'child').succeeded()
    assert burnwatch.stats()['reported'] == 2
    burnwatch.close()
    os._exit(0)
print(os.waitpid(pid, 0)[1])
`);
  expect(stdout).toBe('0\n');
  expect(ends(records).toSorted()).toEqual(['child succeeded', 'parent succeeded']);
});

it('takes the trace id of a traceparent, or of the active OpenTelemetry span', async () => {
  // Only what OpenTelemetry for Python documents of the span of a context; it is not installed here.
  const { records } = await run(`
import sys, types, burnwatch
trace_id = 0x4bf92f3577b34da6a3ce929d0e0e4736
span = types.SimpleNamespace(get_span_context=lambda: types.SimpleNamespace(trace_id=trace_id))
burnwatch.start('a', '1', traceparent='00-aaf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')
burnwatch.start('a', '2', traceparent='00-' + '0' * 32 + '-00f067aa0ba902b7-01')
sys.modules['opentelemetry.trace'] = types.SimpleNamespace(get_current_span=lambda: span)
burnwatch.start('a', '3')
trace_id = 0
burnwatch.start('a', '4')
sys.modules['opentelemetry.trace'] = None
burnwatch.start('a', '5')
`);
  expect(records.map(({ execution, traceId }) => [execution, traceId])).toEqual([
    ['1', 'aaf92f3577b34da6a3ce929d0e0e4736'],
    ['2', undefined],
    ['3', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['4', undefined],
    ['5', undefined],
  ]);
});

it('never raises into the caller: bad records and settings are counted, and logged once without the token', async () => {
  const { records, stdout, stderr } = await run(
    `
import burnwatch
class Odd:
    def __str__(self):
        raise RuntimeError('odd')
burnwatch.report('a', '1', 'started', attributes={'self': object()})
burnwatch.report('a', '1', 'started', count=float('nan'))
burnwatch.report('a', Odd(), 'started')
burnwatch.report('a', 'x' * 70000, 'started')
print(burnwatch.stats()['dropped'])
for options in (dict(url='burnwatch'), dict(url='ftp://host'), dict(url='http://me:secret@host'), dict(url='http://host:port'), dict(url='http://127.0.0.1:9', token='secret\\n')):
    client = burnwatch.Client(**options)
    with client.run('a', '1') as run:
        with run.step('b'):
            pass
    assert client.flush() and client.stats()['dropped'] == 4, client.stats()
`,
  );
  expect(stdout).toBe('3\n');
  expect(records).toMatchObject([{ execution: '' }]);
  expect(stderr).not.toContain('secret');
  expect(stderr).not.toContain('Traceback');
  expect(stderr.trim().split('\n')).toHaveLength(7);
});

it('without an address it is silent', async () => {
  const { stdout, stderr } = await run(
    `
import burnwatch
with burnwatch.run('a', '1'):
    pass
print(burnwatch.stats())
`,
    { BURNWATCH_URL: '' },
  );
  expect(stderr).toBe('');
  expect(stdout).toContain("'reported': 2");
  expect(stdout).toContain("'dropped': 2");
});
