import { createHash } from 'node:crypto';
import { SCOPES } from './core/ports/token.ts';
import type { Grant, Scope, Token } from './core/ports/token.ts';

const MIN_SECRET = 16;
/** A random secret of the shortest legal length has more different characters than this, but for one in millions. */
const MIN_DIFFERENT = 8;
const EMPTY_DIGEST = digestOf('');
/** What shells, compose files and templates replace, and what instructions write in place of a secret. */
const UNSUBSTITUTED = /\$\{|\$\(|\{\{|:\$[A-Z_]\w*(?=[\s,]|$)|:<[\w -]{1,40}>/;
const PLACEHOLDER = /change-?_?me|your-?_?(secret|token)|example|placeholder|password/i;
const PATTERN = /^(owner=)?([A-Za-z0-9._:/*?-]{1,128})$/;

/** The tokens that a text holds, and what is wrong with it. No problem quotes any of it, since all of it may be a secret. */
export interface ReadTokens {
  readonly tokens: readonly Token[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The SHA-256 of a secret, in hexadecimal. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * Reads tokens, each `name:scope[@pattern]+scope[@pattern]…:secret`, separated by commas or white space. `source` is where
 * they are from, as the user knows it.
 */
export function readTokens(text: string, source: string): ReadTokens {
  const problems: string[] = [];
  const warnings: string[] = [];
  if (UNSUBSTITUTED.test(text)) {
    // Its parts would each be reported as a token of a wrong form.
    problems.push(
      `${source} holds a variable or a placeholder, such as \${NAME}, that nothing has replaced; write the secret itself or its sha256: hash.`,
    );
    return { tokens: [], problems, warnings };
  }
  const entries = text.split(/[\s,]+/).filter(Boolean);
  const tokens = entries.map((entry, index) => readToken(entry, `${source}, entry ${index + 1},`, problems));
  for (const name of repeated(tokens.map(({ name }) => name))) {
    problems.push(`${source} has two tokens called ${name}; each needs a name of its own.`);
  }
  const twice = repeated(tokens.filter(({ digest }) => digest !== EMPTY_DIGEST).map(({ digest }) => digest));
  for (const digest of twice) {
    const sharing = tokens.filter((token) => token.digest === digest).map(({ name }) => name);
    problems.push(`${source} gives ${sharing.join(' and ')} the same secret; each token needs its own.`);
  }
  const ambiguous = tokens.filter(
    ({ grants }) =>
      grants.some(({ scope }) => scope === 'write') &&
      !grants.some(({ scope }) => scope === 'ingest' || scope === 'respond' || scope === 'admin'),
  );
  if (ambiguous.length > 0) {
    warnings.push(
      `The scope write now also adjusts budgets, which before took admin. Of ${ambiguous.map(({ name }) => name).join(', ')}: give producers ingest instead; where write is meant, write respond+write.`,
    );
  }
  return { tokens, problems, warnings };
}

/** Reads what a token may do, `scope[@pattern]` joined by `+`; null when it is not of that form. */
export function readGrants(text: string): readonly Grant[] | null {
  const grants = text.split('+').map((part): Grant | null => {
    const [word = '', pattern, ...more] = part.split('@');
    const scope: Scope | undefined = SCOPES.find((known) => known === word);
    if (!scope || more.length > 0) return null;
    if (pattern === undefined) return { scope, only: null };
    const [, owner, name] = PATTERN.exec(pattern) ?? [];
    return name === undefined || scope === 'admin'
      ? null
      : { scope, only: { by: owner ? 'owner' : 'workflow', pattern: name } };
  });
  return grants.every((grant) => grant !== null) ? grants : null;
}

function readToken(entry: string, place: string, problems: string[]): Token {
  const [name = '', scopes = '', ...rest] = entry.split(':');
  if (!/^[\w.-]{1,64}$/.test(name) || rest.length === 0) {
    problems.push(
      `${place} is not of the form name:scopes:secret (a ':' in a pattern is written '?', which is any one character).`,
    );
    return { name: '', digest: EMPTY_DIGEST, grants: [] };
  }
  const grants = readGrants(scopes);
  if (!grants) {
    problems.push(
      `${place} has scopes other than ${SCOPES.join(', ')} (joined by +, each but admin with @pattern or @owner=pattern if it is for some workflows only).`,
    );
  }
  const secret = rest.join(':');
  const hash = /^sha256:(.*)$/is.exec(secret)?.[1];
  const digest = hash === undefined ? digestOf(secret) : hash.toLowerCase();
  const problem = hash === undefined ? weakness(secret) : hashProblem(digest);
  if (problem) problems.push(`${place} ${problem}`);
  return { name, digest, grants: grants ?? [] };
}

function hashProblem(digest: string): string | null {
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    return 'has a hash that is not 64 hexadecimal digits; `printf %s "$SECRET" | sha256sum` makes one.';
  }
  return digest === EMPTY_DIGEST ? 'has the hash of nothing: the secret it was made of was empty.' : null;
}

/** Why a secret is too weak, as what follows its name in a sentence; null when it is not. */
export function weakness(secret: string): string | null {
  const advice = '`openssl rand -hex 24` makes a good one.';
  if (secret.length < MIN_SECRET) return `has a secret of fewer than ${MIN_SECRET} characters; ${advice}`;
  if (new Set(secret).size < MIN_DIFFERENT || PLACEHOLDER.test(secret) || isRepetition(secret)) {
    return `has a secret that can be guessed: too few different characters, one part again and again, or a placeholder; ${advice}`;
  }
  return null;
}

/** Whether a text is one part of it, at most half as long, again and again. */
function isRepetition(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

function repeated(values: readonly string[]): ReadonlySet<string> {
  return new Set(values.filter((value, index) => value !== '' && values.indexOf(value) !== index));
}
