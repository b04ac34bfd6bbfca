import { oneLine } from './wording.ts';

const MAX_REASON = 200;
// Whatever follows the host may be a token, and what precedes it a password.
const ADDRESS = /([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s/@]*@)?([^\s/?#@]*)[^\s]*/gi;
// Before any pattern sees it, whatever was in it.
const MAX_READ = 4096;

/**
 * Makes a reason that may be logged, stored and shown: one line of at most 200 characters in which the given
 * secrets are blotted out and every address is cut down to its host.
 */
export function redact(reason: string, secrets: readonly string[]): string {
  let text = reason.slice(0, MAX_READ);
  for (const secret of secrets.toSorted((a, b) => b.length - a.length)) {
    if (secret !== '') text = text.replaceAll(secret, '[secret]');
  }
  return oneLine(text.replace(ADDRESS, '$1$3'), MAX_REASON);
}

/** The parts of a webhook's address that would let a reader use it. */
export function secretsOfWebhook(webhook: string): string[] {
  if (!URL.canParse(webhook)) return [webhook];
  const { href, pathname, search, searchParams, username, password } = new URL(webhook);
  const decoded = [...pathname.split('/').map(decode), ...searchParams.values()];
  const parts = decoded.flatMap((part) => [part, encodeURIComponent(part)]);
  const tokens = parts.filter((part) => part.length >= 8 && part !== 'services');
  return [webhook, href, pathname.length > 1 ? pathname : '', search, username, password, ...tokens];
}

/** The password of a mail server's address in every form it travels in. */
export function secretsOfMailServer(smtpUrl: string): string[] {
  if (!URL.canParse(smtpUrl)) return [smtpUrl];
  const { href, username, password } = new URL(smtpUrl);
  const [user, pass] = [decode(username), decode(password)];
  const credentials = pass === '' ? [] : [base64(pass), base64(`\u0000${user}\u0000${pass}`)];
  return [smtpUrl, href, password, pass, ...credentials];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
