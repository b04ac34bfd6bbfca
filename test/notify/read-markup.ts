import { Parser } from 'htmlparser2';

/** What a receiver makes of a text: everything but the words themselves, in order. */
export type Reading = readonly string[];

/** Anything that is not seen, but for line ends. */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** An address that receivers make a link of by themselves. */
const ADDRESS = /[a-z][a-z0-9+.-]*:\/\/[^\s/`<>|)"']*/iu;

/** Where a link leads: to whom. */
export function leadsTo(address: string): string {
  if (!URL.canParse(address)) return `no address: ${address}`;
  const { protocol, username, host } = new URL(address);
  return `${protocol}//${username}${host}`;
}

interface Rule {
  readonly pattern: RegExp;
  /** What it is; null: words. */
  readonly is: (match: RegExpExecArray) => string | null;
}

/** Words that no rule begins inside of. */
const REST_OF_WORD = /[a-z0-9]+/iy;

/** Makes what reads a text by rules, of which the first that matches at a place holds there. */
function reader(rules: readonly Rule[]): (text: string) => Reading {
  const sticky = rules.map(({ pattern, is }) => ({ pattern: new RegExp(pattern.source, 'imuy'), is }));
  const lengthAt = (text: string, at: number, found: string[]): number => {
    for (const { pattern, is } of sticky) {
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (!match) continue;
      const meaning = is(match);
      if (meaning !== null) found.push(meaning);
      return match[0].length;
    }
    REST_OF_WORD.lastIndex = at;
    return REST_OF_WORD.exec(text)?.[0].length ?? 1;
  };
  return (text) => {
    const found: string[] = INVISIBLE.test(text) ? ['invisible'] : [];
    for (let at = 0; at < text.length;) at += lengthAt(text, at, found);
    return found;
  };
}

const LINE: Rule = { pattern: /\n/, is: () => 'line' };
const BARE_ADDRESS: Rule = { pattern: ADDRESS, is: ([address]) => `address ${leadsTo(address)}` };

/** Plain text of which receivers and terminals still make links. */
const PLAIN: readonly Rule[] = [
  LINE,
  // With its path, which may hold what looks like one.
  { pattern: /https?:\/\/\S+/, is: ([address]) => `address ${leadsTo(address)}` },
  BARE_ADDRESS,
];

export const plain = reader(PLAIN);

/** The same for what is passed on to places with markup of their own. */
const PASSED_ON: readonly Rule[] = [...PLAIN, { pattern: /[<>]/, is: ([bracket]) => `bracket ${bracket}` }];

export const passedOn = reader(PASSED_ON);

const SLACK_LINKS: readonly Rule[] = [
  LINE,
  { pattern: /<[@!#][^>\n]*>/, is: ([mention]) => `mention ${mention}` },
  {
    pattern: /<([^|>\s]+)(?:\|([^>\n]*))?>/,
    is: ([, address, label]) => `link ${label} ${leadsTo(address!.replaceAll('&amp;', '&'))}`,
  },
  { pattern: /&(amp|lt|gt);/, is: () => null },
  { pattern: /[<>&]/, is: ([character]) => `bare ${character}` },
];

const SLACK: readonly Rule[] = [
  { pattern: /```/, is: () => 'fence' },
  {
    pattern: /`[^`\n]+`/,
    is: ([code]) => (/[<>]|&(?!(amp|lt|gt);)/.test(code) ? `read in code ${code}` : 'code'),
  },
  ...SLACK_LINKS,
  { pattern: /^(&gt;)/, is: () => 'quote' },
  { pattern: /:[a-z0-9_+-]+:/, is: () => 'emoji' },
  BARE_ADDRESS,
  { pattern: /[`*_~]/, is: ([character]) => `markup ${character}` },
];

/** Slack's mrkdwn. */
export const slack = reader(SLACK);
/** What Slack shows where there is no layout, as in a push notification: there only links and mentions matter. */
export const slackPush = reader(SLACK_LINKS);

const DISCORD: readonly Rule[] = [
  { pattern: /\\[^A-Za-z0-9\s]/, is: () => null },
  { pattern: /(`+)(?!`)[^]*?(?<!`)\1(?!`)/, is: ([code]) => `code of ${code.split('\n').length} line` },
  {
    pattern: /\[([^\]\n]*)\]\(\s*([^()\s]*)\)/,
    is: ([, label, address]) => `link ${label} ${leadsTo(address!)}`,
  },
  { pattern: /<[@#:ti][^>\n]*>/, is: ([mention]) => `mention ${mention}` },
  { pattern: /@(everyone|here)\b/, is: ([mention]) => `mention ${mention}` },
  LINE,
  BARE_ADDRESS,
  { pattern: /[*_~|>#`<[\]@]/, is: ([character]) => `markup ${character}` },
];

/** Discord's Markdown. */
export const discord = reader(DISCORD);

/** What Telegram makes links of by itself, outside of code. */
const TELEGRAM: readonly Rule[] = [
  LINE,
  { pattern: /[@#$][A-Za-z]\w*/, is: ([entity]) => `entity ${entity}` },
  { pattern: /(?<![\w/])\/[A-Za-z]\w*/, is: ([command]) => `command ${command}` },
  { pattern: /[\w.+-]+@[\w-]+\.[\w.]+|(?<![\w.])[a-z][\w-]*\.[a-z]{2,}/, is: ([link]) => `domain ${link}` },
  { pattern: /[a-z]+:\/\/\S+/, is: ([address]) => `address ${address}` },
];

const readOutsideCode = reader(TELEGRAM);

/** Telegram's HTML. The words of the first line stand in code where Telegram would read them, else in bold. */
export function telegram(text: string): Reading {
  const found: string[] = INVISIBLE.test(text) ? ['invisible'] : [];
  const open: string[] = [];
  let words = '';
  const readWords = (): void => {
    found.push(...readOutsideCode(words));
    words = '';
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      readWords();
      open.push(name);
      const { href, ...others } = attributes;
      found.push(
        [
          `<${name}`,
          ...(href === undefined ? [] : [leadsTo(href)]),
          ...Object.entries(others).map(([key, value]) => `${key}=${value}`),
        ].join(' '),
      );
    },
    ontext(text) {
      if (!open.includes('code') && !open.includes('a')) words += text;
    },
    oncomment: () => void found.push('comment'),
    onclosetag(name) {
      readWords();
      open.pop();
      found.push(`</${name}`);
    },
  });
  parser.end(text);
  readWords();
  const end = found.indexOf('line');
  const headline = new Set(['<b', '</b', '<code', '</code']);
  return [...found.slice(0, end).filter((part) => !headline.has(part)), ...found.slice(end)];
}

/** The elements of a page or mail with their attributes, and where its links lead. Words are left out, whether they stand in elements or in `shown` attributes. */
export function html(text: string, shown: readonly string[] = ['alt', 'title', 'value']): Reading {
  const found: string[] = INVISIBLE.test(text.replaceAll('\t', ' ')) ? ['invisible'] : [];
  const parser = new Parser({
    onopentag(name, attributes) {
      const written = Object.entries(attributes).map(([key, value]) => {
        if (shown.includes(key)) return key;
        return /^https?:/.test(value) ? `${key} ${leadsTo(value)}` : `${key}=${value}`;
      });
      found.push(['<', name, ...written].join(' '));
    },
    onclosetag: (name) => void found.push(`</${name}`),
    oncomment: () => void found.push('comment'),
    onprocessinginstruction: (name) => void found.push(name),
  });
  parser.end(text);
  return found;
}
