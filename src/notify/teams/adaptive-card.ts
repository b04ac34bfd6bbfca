import { aboutLine, causeFields, SIGNS } from '../message/layout.ts';
import type { Message, Tone } from '../message/message.ts';
import type { Field, Phrase } from '../message/phrase.ts';

/** What a workflow of Microsoft Teams that posts cards is sent. */
export interface TeamsPayload {
  readonly type: 'message';
  readonly attachments: readonly [
    {
      readonly contentType: 'application/vnd.microsoft.card.adaptive';
      readonly contentUrl: null;
      readonly content: AdaptiveCard;
    },
  ];
}

export interface AdaptiveCard {
  readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
  readonly type: 'AdaptiveCard';
  readonly version: '1.4';
  /** What the push notification shows. */
  readonly fallbackText: string;
  readonly msteams: { readonly width: 'Full' };
  readonly body: readonly RichTextBlock[];
  readonly actions: readonly {
    readonly type: 'Action.OpenUrl';
    readonly title: string;
    readonly url: string;
  }[];
}

/** Text of runs, which unlike a `TextBlock` reads no Markdown (D4). */
export interface RichTextBlock {
  readonly type: 'RichTextBlock';
  readonly inlines: readonly TextRun[];
  readonly separator?: true;
}

export interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Medium';
  readonly color?: 'Attention' | 'Warning' | 'Accent' | 'Good' | 'Default';
  readonly isSubtle?: true;
  readonly fontType?: 'Monospace';
  readonly selectAction?: { readonly type: 'Action.OpenUrl'; readonly url: string };
}

/** Teams refuses messages over 28 KB; some is left for what a workflow adds. */
export const MAX_CARD_BYTES = 26 * 1024;

const COLORS = {
  page: 'Attention',
  ticket: 'Warning',
  acknowledged: 'Accent',
  over: 'Good',
  test: 'Default',
} as const;

/** Lays a message out as an adaptive card within the size that Teams takes; the last lines are left out when it does not fit. */
export function teamsPayload(message: Message): TeamsPayload {
  const { sentence, notices, description, fields, lastFailed } = message;
  const head: RichTextBlock[] = [
    block([headRun(message, message.tone)]),
    ...notices.map((notice) => block(runs(notice, { weight: 'Bolder' }))),
    block(runs(sentence)),
  ];
  const detail: RichTextBlock[] = [
    ...(description === null ? [] : [block([{ type: 'TextRun', text: description, isSubtle: true }])]),
    ...fields.map((field, index) => fieldBlock(field, index === 0)),
    ...titled('Failing most', causeFields(message).map(fieldRuns)),
    ...titled(
      'Last failed',
      lastFailed.map((line) => runs(line)),
    ),
    { ...block(runs(aboutLine(message), { isSubtle: true })), separator: true },
  ];
  let shown = detail;
  for (;;) {
    const payload = payloadOf(message, [...head, ...shown]);
    if (shown.length === 0 || Buffer.byteLength(JSON.stringify(payload)) <= MAX_CARD_BYTES) return payload;
    shown = shown.slice(0, -1);
  }
}

function payloadOf(message: Message, body: readonly RichTextBlock[]): TeamsPayload {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: message.headline,
          msteams: { width: 'Full' },
          body,
          actions: message.links.map(({ label, url }) => ({ type: 'Action.OpenUrl', title: label, url })),
        },
      },
    ],
  };
}

function headRun({ headline }: Message, tone: Tone): TextRun {
  const text = `${SIGNS[tone]} ${headline}`;
  return { type: 'TextRun', text, weight: 'Bolder', size: 'Medium', color: COLORS[tone] };
}

function titled(title: string, lines: readonly (readonly TextRun[])[]): RichTextBlock[] {
  if (lines.length === 0) return [];
  const head = block([{ type: 'TextRun', text: title, weight: 'Bolder' }]);
  return [{ ...head, separator: true }, ...lines.map((line) => block(line))];
}

function fieldBlock(field: Field, isFirst: boolean): RichTextBlock {
  const shown = block(fieldRuns(field));
  return isFirst ? { ...shown, separator: true } : shown;
}

function fieldRuns({ label, value }: Field): TextRun[] {
  return [{ type: 'TextRun', text: `${label}: `, weight: 'Bolder' }, ...runs(value)];
}

function block(inlines: readonly TextRun[]): RichTextBlock {
  return { type: 'RichTextBlock', inlines };
}

function runs(phrase: Phrase, look: Partial<TextRun> = {}): TextRun[] {
  return phrase.flatMap((piece): TextRun[] => {
    if (piece === '') return [];
    if (typeof piece === 'string') return [{ ...look, type: 'TextRun', text: piece }];
    if ('name' in piece) return [{ ...look, type: 'TextRun', text: piece.name, fontType: 'Monospace' }];
    const selectAction = { type: 'Action.OpenUrl', url: piece.url } as const;
    return [{ ...look, type: 'TextRun', text: piece.label, selectAction }];
  });
}
