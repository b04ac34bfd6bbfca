/** The last word of a key whose value people would not want to be read aloud. */
const SECRET_WORDS = new Set([
  'auth',
  'authorization',
  'cookie',
  'credential',
  'credentials',
  'dsn',
  'pass',
  'passphrase',
  'passwd',
  'password',
  'passwords',
  'pwd',
  'secret',
  'secrets',
  'token',
  'tokens',
  'webhook',
  'webhooks',
]);
/** Such as `apiKey`, `private_key`, `privateKeyData`. */
const SECRET_PHRASE = /(api|access|private|routing|integration|signing|encryption)[._ -]?key/i;
const MAX_KEY = 128;
/** A key at the start of a line or in a map in one line, and the colon behind it. */
const KEY =
  /((?:^|[\n{,[])[ \t]*(?:-[ \t]+)*)(?:"([^"\n]{1,128})"|'([^'\n]{1,128})'|([\w.-]{1,128}))[ \t]{0,20}:/g;
const REFERENCE_OR_CHARACTER = /\$\{[^{}\n]*\}|\S/g;

/** Whether what stands behind a key may be a secret: `password`, `slackToken`, `api-key`, `webhook`. */
export function isSecretKey(key: string): boolean {
  const text = key.slice(0, MAX_KEY);
  const words = text.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).filter(Boolean);
  return SECRET_WORDS.has(words.at(-1)?.toLowerCase() ?? '') || SECRET_PHRASE.test(text);
}

/** A part of a text, its end not included. */
export interface SecretSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * Where a YAML text, broken or not, has values under secret-like keys: behind the key up to the end of the value or of the
 * line, the lines below that are indented deeper or continue a list, and all lines up to the end of open brackets.
 */
export function secretSpans(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const found of text.matchAll(KEY)) {
    const [whole, before = ''] = found;
    const key = found[2] ?? found[3] ?? found[4] ?? '';
    const from = found.index + whole.length;
    // What is in another one needs no span of its own.
    if (from < (spans.at(-1)?.to ?? 0) || !isSecretKey(key)) continue;
    const inBrackets = /[{,[]/.test(before);
    const end =
      (inBrackets ? endInBrackets(text, from) : null) ?? endOfValue(text, from, found.index + before.length);
    spans.push({ from, to: end });
  }
  return spans;
}

/** The text with every character but white space starred out, except that references such as `${NAME}` stay. */
export function starred(text: string): string {
  return text.replace(REFERENCE_OR_CHARACTER, (part) => (part.length > 1 ? part : '*'));
}

/** Where a value in a map or list in one line ends; null when it does not end in this line. */
function endInBrackets(text: string, from: number): number | null {
  let open = 0;
  let quote: string | null = null;
  for (let at = from, end = endOfLine(text, from); at < end; at++) {
    const character = text[at]!;
    if (quote !== null) quote = character === quote ? null : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (open === 0 && /[,}\]]/.test(character)) return at;
    else if (/[{[]/.test(character)) open++;
    else if (/[}\]]/.test(character)) open--;
  }
  return null;
}

function endOfValue(text: string, from: number, keyStart: number): number {
  const lineStart = text.lastIndexOf('\n', from - 1) + 1;
  const indent = /^[ \t-]*$/.test(text.slice(lineStart, keyStart))
    ? keyStart - lineStart
    : indentAt(text, lineStart);
  let end = endOfLine(text, from);
  let open = openBrackets(text, from, end);
  while (end < text.length) {
    const start = end + 1;
    const next = endOfLine(text, start);
    const inner = indentAt(text, start);
    const blank = start + inner >= next;
    const listItem = text[start + inner] === '-' && inner >= indent;
    if (!blank && open <= 0 && inner <= indent && !listItem) break;
    open += openBrackets(text, start, next);
    end = next;
  }
  return end;
}

function openBrackets(text: string, from: number, to: number): number {
  let open = 0;
  for (let at = from; at < to; at++) {
    if (text[at] === '{' || text[at] === '[') open++;
    else if (text[at] === '}' || text[at] === ']') open--;
  }
  return open;
}

function indentAt(text: string, lineStart: number): number {
  let at = lineStart;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at - lineStart;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}
