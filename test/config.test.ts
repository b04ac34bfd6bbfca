import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env, {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the address of the mail server', () => {
  it.each(['pa#ss', 'pa/ss', 'pa?ss', '12#34', '12/34', '%zz#', 'p/@/s'])(
    'says how to write the password %s, and never shows it (case 11)',
    (password) => {
      const [problem, ...others] = problemsOf({
        BURNWATCH_SMTP_URL: `smtp://alerts:${password}@mail.example.com:587`,
      });
      expect(others).toEqual([]);
      expect(problem).toContain('percent-encoded: / as %2F, # as %23');
      expect(problem).not.toContain(password);
    },
  );

  it.each([
    'smtp://alerts:pa%23ss@mail.example.com:587',
    'smtps://mail.example.com',
    'smtp://alerts:secret@mail.example.com:587/?name=here',
  ])('%s is right', (BURNWATCH_SMTP_URL) => {
    expect(problemsOf({ BURNWATCH_SMTP_URL })).toEqual([]);
    expect(readConfig({ BURNWATCH_SMTP_URL }, {}).smtpUrl).toBe(BURNWATCH_SMTP_URL);
  });

  it('of another kind is refused as before', () => {
    expect(problemsOf({ BURNWATCH_SMTP_URL: 'http://mail.example.com' })).toEqual([
      'BURNWATCH_SMTP_URL is not usable; expected an address that begins with smtp:// or smtps://.',
    ]);
  });
});

describe('the grace after a break', () => {
  it.each([
    ['', 60_000],
    ['90s', 90_000],
    ['1d', 86_400_000],
  ])('%j is %i ms', (BURNWATCH_BREAK_GRACE, grace) => {
    expect(readConfig({ BURNWATCH_BREAK_GRACE }, {}).breakGrace).toBe(grace);
  });

  it.each(['0s', '500ms', '2d', '60', 'a while'])('%j is refused', (BURNWATCH_BREAK_GRACE) => {
    expect(problemsOf({ BURNWATCH_BREAK_GRACE })).toEqual([
      `BURNWATCH_BREAK_GRACE is "${BURNWATCH_BREAK_GRACE}"; expected a duration from 1s to 1d, such as 90s or 5m.`,
    ]);
  });
});
