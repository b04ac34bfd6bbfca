import { escapeHtml } from '../../core/escape-html.ts';
import type { MessagePicture } from '../../core/ports/message-pictures.ts';
import type { Message, Tone } from '../message/message.ts';
import type { Field, Link, Phrase } from '../message/phrase.ts';
import type { Cause } from '../message/failures.ts';
import type { MessageTable } from '../message/report-words.ts';

const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/** Each dark enough for white text on it, and light enough to be distinguished on a dark page. */
const COLORS: Readonly<Record<Tone, string>> = {
  page: '#c0281f',
  ticket: '#a35f00',
  acknowledged: '#2b5fb4',
  over: '#1f7a47',
  test: '#566072',
};

const EVENTS: Readonly<Record<Message['event'], (message: Message) => string>> = {
  opened: ({ severity }) => severity,
  escalated: ({ severity }) => `${severity} · escalated`,
  deescalated: () => 'down to ticket',
  unacknowledged: ({ severity }) => `${severity} · unacknowledged`,
  reminder: ({ severity }) => `${severity} · still burning`,
  acknowledged: ({ severity }) => `${severity} · acknowledged`,
  resolved: () => 'resolved',
  recovered: () => 'fired and recovered',
  test: () => 'test · not an alert',
  'data-loss': () => 'data loss',
  'delivery-failing': () => 'notifications fail',
  'delivery-restored': () => 'notifications work again',
  report: () => 'report',
  'gate-overridden': () => 'gate overridden',
};

// Styles stand in the elements, where every mail reader honours them. The style sheet only adds the dark
// colours, for the readers that ask for them; those that invert by themselves find plain solid colours.
const DARK = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.ground{background:#14171c!important}
.card{background:#1e232b!important;border-color:#353c48!important}
.text,.code{color:#e8eaee!important}
.soft{color:#a9b1bf!important}
.line{border-color:#353c48!important}
.code,.track{background:#2c333e!important}
.notice{background:#3a3118!important;color:#f3e3b3!important}
.plain{color:#9ec1ff!important;border-color:#4c5668!important}
}`;

/** A picture that comes with a mail, under its content id. */
export type MailPicture = Pick<MessagePicture, 'width' | 'height' | 'alt'> & { readonly cid: string };

/** A message as an HTML mail: no scripts, nothing fetched, at most the picture that comes with it; reads well from 320 pixels up. */
export function emailHtml(message: Message, picture: MailPicture | null = null): string {
  const color = COLORS[message.tone];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(message.headline)}</title><style>${DARK}</style></head>
<body class="ground" style="margin:0;padding:0;background:#f2f4f7;-webkit-text-size-adjust:100%">
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f7">
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid #dfe3e9;border-radius:10px;border-collapse:separate;overflow:hidden;font-family:${FONT}">
<tr><td style="background:${color};color:#ffffff;padding:10px 20px;font-size:13px;font-weight:700;letter-spacing:.06em;text-transform:uppercase">${escapeHtml(EVENTS[message.event](message))}</td></tr>
<tr><td style="padding:18px 20px 20px">
<h1 class="text" style="margin:0 0 10px;font-size:19px;line-height:1.35;color:#171b22;overflow-wrap:anywhere">${escapeHtml(message.headline)}</h1>
${message.notices.map((notice) => `<p class="notice" style="margin:0 0 12px;padding:8px 12px;border-radius:6px;background:#fff6dc;color:#5a4300;font-size:14px;line-height:1.45;overflow-wrap:anywhere">${html(notice)}</p>`).join('\n')}
<p class="text" style="margin:0 0 6px;font-size:16px;line-height:1.5;color:#171b22;overflow-wrap:anywhere">${html(message.sentence)}</p>
${message.description === null ? '' : `<p class="soft" style="margin:0 0 6px;font-size:14px;line-height:1.5;color:#5b6472;overflow-wrap:anywhere">${escapeHtml(message.description)}</p>`}
${fieldsTable(message.fields)}
${causesTable(message.causes, color)}
${failedList(message.lastFailed)}
${message.tables.map(dataTable).join('\n')}
${picture === null ? '' : image(picture)}
${buttons(message.links, color)}
<p class="soft" style="margin:18px 0 0;font-size:12px;line-height:1.5;color:#5b6472;overflow-wrap:anywhere">${escapeHtml(message.slo)} · incident ${escapeHtml(message.incident)}</p>
</td></tr></table>
</td></tr></table>
</body></html>
`;
}

function fieldsTable(fields: readonly Field[]): string {
  const rows = fields.map(
    ({ label, value }) =>
      `<tr><td class="soft line" valign="top" style="padding:7px 14px 7px 0;border-top:1px solid #e6e9ee;font-size:14px;line-height:1.45;color:#5b6472;white-space:nowrap">${escapeHtml(label)}</td>` +
      `<td class="text line" valign="top" width="100%" style="padding:7px 0;border-top:1px solid #e6e9ee;font-size:14px;line-height:1.45;color:#171b22;overflow-wrap:anywhere">${html(value)}</td></tr>`,
  );
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:12px 0 0;border-collapse:collapse">${rows.join('\n')}</table>`;
}

/** A bar for each cause: a table cell as wide as its share, since mail readers drop everything cleverer. */
function causesTable(causes: readonly Cause[], color: string): string {
  if (causes.length === 0) return '';
  const rows = causes.map(({ label, name, share, words }) => {
    const filled = Math.max(1, Math.round(share * 100));
    const rest = filled < 100 ? `<td style="font-size:0;line-height:0">&nbsp;</td>` : '';
    return (
      `<p class="text" style="margin:10px 0 4px;font-size:14px;line-height:1.45;color:#171b22;overflow-wrap:anywhere"><span class="soft" style="color:#5b6472">${label}</span> ${html([{ name }])} ${escapeHtml(words)}</p>` +
      `<table role="presentation" class="track" width="100%" cellpadding="0" cellspacing="0" style="background:#e9ecf1;border-radius:3px"><tr><td width="${filled}%" height="6" style="height:6px;background:${color};border-radius:3px;font-size:0;line-height:0">&nbsp;</td>${rest}</tr></table>`
    );
  });
  return `${heading('Failing most')}${rows.join('\n')}`;
}

/** Numbers stand right, under each other; on a narrow screen what is long breaks. */
function dataTable({ title, columns, rows, more }: MessageTable): string {
  const side = (column: number) => (column === 0 ? 'left' : 'right');
  const heads = columns.map(
    (words, column) =>
      `<th class="soft" align="${side(column)}" valign="bottom" style="padding:0 0 4px ${column === 0 ? 0 : 10}px;font-size:12px;line-height:1.4;font-weight:600;color:#5b6472">${escapeHtml(words)}</th>`,
  );
  const lines = rows.map((row) => {
    const cells = row.map(
      (value, column) =>
        `<td class="text line" align="${side(column)}" valign="top" style="padding:6px 0 6px ${column === 0 ? 0 : 10}px;border-top:1px solid #e6e9ee;font-size:13px;line-height:1.45;color:#171b22;${column === 0 ? 'overflow-wrap:anywhere' : 'white-space:nowrap'}">${html(value)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  const rest =
    more === null
      ? ''
      : `<p class="soft" style="margin:6px 0 0;font-size:13px;line-height:1.5;color:#5b6472">${escapeHtml(more)}</p>`;
  return `${heading(escapeHtml(title))}<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse"><tr>${heads.join('')}</tr>
${lines.join('\n')}</table>${rest}`;
}

function failedList(lines: readonly Phrase[]): string {
  if (lines.length === 0) return '';
  const items = lines.map(
    (line) =>
      `<p class="text line" style="margin:0;padding:7px 0;border-top:1px solid #e6e9ee;font-size:13px;line-height:1.6;color:#171b22;overflow-wrap:anywhere">${html(line)}</p>`,
  );
  return `${heading('Last failed')}${items.join('\n')}`;
}

function image({ cid, width, height, alt }: MailPicture): string {
  return `<p style="margin:20px 0 0"><img src="cid:${escapeHtml(cid)}" width="${width}" alt="${escapeHtml(alt)}" style="display:block;width:100%;max-width:${width}px;height:auto;aspect-ratio:${width}/${height};border-radius:6px"></p>`;
}

function heading(words: string): string {
  return `<h2 class="text" style="margin:22px 0 8px;font-size:15px;line-height:1.4;color:#171b22">${words}</h2>\n`;
}

function buttons(links: readonly Link[], color: string): string {
  if (links.length === 0) return '';
  const looks = [
    `background:${color};color:#ffffff;border:1px solid ${color}`,
    'color:#1f4f9e;border:1px solid #c5ccd8',
  ];
  const shown = links.map(({ label, url }, index) => {
    const style = `display:inline-block;margin:0 8px 8px 0;padding:9px 18px;border-radius:6px;font-size:14px;font-weight:600;text-decoration:none;${looks[Math.min(index, 1)]}`;
    return `<a ${index > 0 ? 'class="plain" ' : ''}href="${escapeHtml(url)}" style="${style}">${escapeHtml(label)}</a>`;
  });
  return `<p style="margin:22px 0 0">${shown.join('')}</p>`;
}

function html(phrase: Phrase): string {
  return phrase
    .map((piece) => {
      if (typeof piece === 'string') return escapeHtml(piece);
      if ('name' in piece)
        return `<code class="code" style="font-family:${MONO};font-size:.93em;background:#eef0f4;color:#171b22;border-radius:4px;padding:1px 5px">${escapeHtml(piece.name)}</code>`;
      return `<a class="plain" href="${escapeHtml(piece.url)}" style="color:#1f4f9e">${escapeHtml(piece.label)}</a>`;
    })
    .join('');
}
