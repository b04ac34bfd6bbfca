/** The same text cut to at most `limit` characters; a cut one ends in an ellipsis. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, Math.max(0, limit - 1)).join('')}…`;
}

/** What most texts are: words of letters, digits and punctuation with single spaces between them. */
const CLEAN = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes a text safe to stand in a line that others wrote: one line, no control, zero-width or
 * direction-changing characters, no towers of accents, at most `limit` characters, never empty.
 */
export function oneLine(text: string, limit: number): string {
  if (CLEAN.test(text)) return shorten(text, limit);
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/[\p{Cf}\p{Cs}\u115f\u1160\u3164\uffa0]/gu, '')
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim();
  return line === '' ? '(blank)' : shorten(line, limit);
}

/** `oneLine` for text of producers and authors: mail clients and terminals do not make a link of it either. */
export function plainName(text: string, limit: number): string {
  return oneLine(oneLine(text, limit).replaceAll('://', ':/ /'), limit);
}

/** The address if it is an http(s) one of a sane length, in normal form; else null, and it must not become a link. */
export function webAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && url.href.length <= 1000 ? url.href : null;
}

/** A text as one part of a path; half surrogate pairs, which cannot be encoded, are left out. */
export function urlPart(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, ''));
}
