import type { Message } from './message.ts';
import { type Field, phraseText } from './phrase.ts';
import type { MessageTable } from './report-words.ts';

/** A message as lines of plain text, for terminals and for the text part of mails. Ends without a newline. */
export function plainText(message: Message): string {
  const causes = message.causes.map(({ label, name, words }): Field => ({
    label,
    value: [name, ' ', words],
  }));
  const links = message.links.map(({ label, url }): Field => ({ label, value: [url] }));
  const about: Field[] = [
    { label: 'SLO', value: [message.slo] },
    { label: 'Incident', value: [message.incident] },
  ];
  return [
    message.headline,
    ...message.notices.map(phraseText),
    [phraseText(message.sentence), ...(message.description === null ? [] : [message.description])].join('\n'),
    table(message.fields),
    causes.length > 0 && `Failing most:\n${table(causes, '  ')}`,
    message.lastFailed.length > 0 &&
      `Last failed:\n${message.lastFailed.map((line) => `  ${phraseText(line)}`).join('\n')}`,
    ...message.tables.map(columns),
    table([...links, ...about]),
  ]
    .filter((part) => typeof part === 'string')
    .join('\n\n');
}

/** The first column to the left, where names are; the others, of figures, to the right. */
function columns({ title, columns: heads, rows, more }: MessageTable): string {
  const cells = [heads, ...rows.map((row) => row.map(phraseText))];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join('  '),
  );
  return [`${title}:`, ...lines.map((line) => `  ${line}`), ...(more === null ? [] : [`  ${more}`])].join(
    '\n',
  );
}

function table(fields: readonly Field[], indent = ''): string {
  const width = Math.max(...fields.map(({ label }) => label.length)) + 2;
  return fields.map(({ label, value }) => `${indent}${label.padEnd(width)}${phraseText(value)}`).join('\n');
}
