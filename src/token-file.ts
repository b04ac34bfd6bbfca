import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Log } from './core/ports/log.ts';
import type { Token } from './core/ports/token.ts';
import { readTokens } from './token-text.ts';
import type { ReadTokens } from './token-text.ts';

/** Reads a file with one token a line; lines that begin with # are comments. Throws when it cannot be read. */
export function readTokenFile(path: string, source: string): ReadTokens {
  return parse(readFileSync(path, 'utf8'), source);
}

/** The tokens of a file, as it is now. */
export interface TokenFile {
  tokens(): readonly Token[];
  /** Reads the file again. A version that is broken or gone is logged once, and the last good one stays. Never rejects. */
  check(): Promise<void>;
}

export function followTokenFile(path: string, first: readonly Token[], log: Log): TokenFile {
  let tokens = first;
  let fingerprint = fingerprintOf(first);
  let complaint: string | null = null;

  function complain(problems: readonly string[]): void {
    const text = problems.join(' ');
    if (text === complaint) return;
    complaint = text;
    log.error({ file: path, problems }, 'the token file is not usable; the tokens it held before stay');
  }

  return {
    tokens: () => tokens,
    async check() {
      let read: ReadTokens;
      try {
        read = parse(await readFile(path, 'utf8'), 'The token file');
      } catch (error) {
        complain([`It cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unreadable'}).`]);
        return;
      }
      if (read.problems.length > 0) {
        complain(read.problems);
        return;
      }
      const next = fingerprintOf(read.tokens);
      if (complaint === null && next === fingerprint) return;
      complaint = null;
      tokens = read.tokens;
      fingerprint = next;
      for (const warning of read.warnings) log.warn({}, warning);
      log.info({ tokens: tokens.map(({ name }) => name) }, 'the token file was read again');
    },
  };
}

function parse(text: string, source: string): ReadTokens {
  const read = readTokens(text.replace(/^[^\S\r\n]*#.*$/gm, ''), source);
  if (read.tokens.length > 0 || read.problems.length > 0) return read;
  // Without tokens everything would be open to everybody.
  return { ...read, problems: [`${source} holds no tokens.`] };
}

function fingerprintOf(tokens: readonly Token[]): string {
  return JSON.stringify(tokens);
}
