/** A cell of a table: its text, and whether it is bad news, a warning or good news. */
export interface Cell {
  readonly text: string;
  readonly tone?: CellTone;
}

export type CellTone = 'bad' | 'warning' | 'good';

const COLORS: Readonly<Record<CellTone, string>> = {
  bad: '\u001b[31m',
  warning: '\u001b[33m',
  good: '\u001b[32m',
};
const NO_COLOR = '\u001b[0m';

/** What a producer sent must not move the cursor or colour the screen. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * The lines of a table with a heading, every column but the last as wide as its widest cell. Tones are colours on top of texts that
 * say the same, and only with `colored`.
 */
export function terminalTable(
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  colored: boolean,
): string {
  const all = [heading.map((text): Cell => ({ text })), ...rows].map((row) =>
    row.map(({ text, ...cell }) => ({ ...cell, text: text.replaceAll(CONTROL, '\ufffd') })),
  );
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]!.text.length)));
  return all
    .map((row) =>
      row
        .map(({ text, tone }, column) => {
          const padded = column === row.length - 1 ? text : text.padEnd(widths[column]!);
          return colored && tone ? `${COLORS[tone]}${padded}${NO_COLOR}` : padded;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Whether a stream shows colours and wants them (https://no-color.org). */
export function showsColor(
  stream: { readonly isTTY?: boolean },
  { NO_COLOR: none, TERM: terminal }: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !none && terminal !== 'dumb';
}
