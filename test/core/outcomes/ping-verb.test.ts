import { describe, expect, it } from 'vitest';
import { endOfExit } from '../../../src/core/outcomes/exit-code.ts';
import { messageOf } from '../../../src/core/outcomes/message.ts';
import { readPingVerb } from '../../../src/core/outcomes/ping-verb.ts';

describe('verbs of pings', () => {
  it.each([
    ['start', { kind: 'outcome', status: 'started', error: null }],
    ['ok', { kind: 'outcome', status: 'succeeded', error: null }],
    ['0', { kind: 'outcome', status: 'succeeded', error: null }],
    ['fail', { kind: 'outcome', status: 'failed', error: null }],
    ['1', { kind: 'outcome', status: 'failed', error: 'exit-1' }],
    ['255', { kind: 'outcome', status: 'failed', error: 'exit-255' }],
    ['143', { kind: 'outcome', status: 'cancelled', error: null }],
    ['log', { kind: 'log' }],
  ])('%s', (verb, meaning) => expect(readPingVerb(verb)).toEqual(meaning));

  it.each(['', 'OK', 'success', '256', '-1', '01', '1.0', '1e1', '+1', ' 1', 'constructor'])(
    '%j is none',
    (verb) => expect(readPingVerb(verb)).toBeNull(),
  );
});

describe('exit codes', () => {
  it('say how a command ended: with 0, stopped by a signal, or failed', () => {
    const by = new Map<string, number[]>();
    for (let code = 0; code <= 255; code++) {
      const { status, error } = endOfExit(code);
      expect(error).toBe(status === 'failed' ? `exit-${code}` : null);
      by.set(status, [...(by.get(status) ?? []), code]);
    }
    expect(by.get('succeeded')).toEqual([0]);
    expect(by.get('cancelled')).toEqual([129, 130, 131, 143]);
    expect(by.get('failed')).toHaveLength(251);
  });
});

describe('messages', () => {
  it('are one line of at most 256 characters, or none', () => {
    expect(messageOf(' a\r\n\tb\u0000c ')).toBe('a b c');
    expect(messageOf('')).toBeNull();
    expect(messageOf('\n\u0007 ')).toBeNull();
    expect(messageOf('x'.repeat(1000))).toBe('x'.repeat(256));
    expect(messageOf(`${'x'.repeat(255)}\u{1f600}`)).toBe(`${'x'.repeat(255)}\ufffd`);
  });
});
