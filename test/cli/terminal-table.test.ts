import { describe, expect, it } from 'vitest';
import { showsColor, terminalTable } from '../../src/cli/terminal-table.ts';

describe('a table for a terminal', () => {
  const rows = [
    [{ text: 'page', tone: 'bad' as const }, { text: 'orders/works' }],
    [{ text: '-' }, { text: 'x', tone: 'good' as const }],
  ];

  it('has columns as wide as their widest cell, and says in colour nothing that its words do not', () => {
    const plain = terminalTable(['ALERT', 'SLO'], rows, false);
    expect(plain).toBe('ALERT  SLO\npage   orders/works\n-      x');
    const colored = terminalTable(['ALERT', 'SLO'], rows, true);
    expect(colored).toBe('ALERT  SLO\n\u001b[31mpage \u001b[0m  orders/works\n-      \u001b[32mx\u001b[0m');
  });

  it('lets no text move the cursor, colour the screen or end a line', () => {
    const hostile = terminalTable(['SLO'], [[{ text: 'a\u001b[2J\nb\u009b31m\u202ec' }]], true);
    expect(hostile).toBe('SLO\na\ufffd[2J\ufffdb\ufffd31m\ufffdc');
  });

  it('is coloured on a terminal that wants it only', () => {
    expect(showsColor({ isTTY: true }, {})).toBe(true);
    expect(showsColor({}, {})).toBe(false);
    expect(showsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(showsColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  });
});
