import type { Format } from './format.ts';
import type { Judge } from './incident-services.ts';

/** The Web API's `chat.postMessage`, `chat.update` and `chat.postEphemeral`, with the limits of Block Kit. */
export const judgeSlackApp: Judge = (format, { method, path, headers }, body) => {
  format.oneOf('method', method, ['POST']);
  format.must('Authorization', /^Bearer xoxb-\S+$/.test(String(headers.authorization)));
  format.oneOf('path', path, ['/api/chat.postMessage', '/api/chat.update', '/api/chat.postEphemeral']);
  const needs: Readonly<Record<string, string>> = {
    '/api/chat.update': 'channel text ts',
    '/api/chat.postEphemeral': 'channel text user',
  };
  const message = format.map(
    'message',
    body,
    needs[path] ?? 'channel text',
    path === '/api/chat.postMessage'
      ? 'blocks link_names unfurl_links unfurl_media thread_ts reply_broadcast'
      : 'blocks link_names',
  );
  format.must('channel', /^[CGD][A-Z0-9]{6,}$/.test(String(message['channel'])));
  for (const name of ['ts', 'thread_ts'])
    if (message[name] !== undefined)
      format.must(name, typeof message[name] === 'string' && /^\d{10}\.\d{6}$/.test(message[name]));
  format.text('text', message['text'], 4000);
  const blocks = format.list('blocks', message['blocks'] ?? [], 50);
  format.must('8,000 characters', JSON.stringify({ blocks }).length < 8000);
  for (const block of blocks) judgeBlock(format, block);
  const channel = message['channel'];
  const ts = typeof message['ts'] === 'string' ? message['ts'] : '1503435956.000247';
  return { status: 200, body: JSON.stringify({ ok: true, channel, ts, message: { blocks } }) };
};

function judgeBlock(format: Format, block: unknown): void {
  const { type, text, fields, elements } = format.map('block', block, 'type', 'text fields elements');
  format.oneOf('type of block', type, ['header', 'section', 'context', 'actions']);
  if (type === 'header') judgeText(format, text, 'plain_text', 150);
  if (type === 'section' && fields === undefined) judgeText(format, text, 'mrkdwn', 3000);
  if (fields !== undefined)
    for (const field of format.list('fields', fields, 10, 1)) judgeText(format, field, 'mrkdwn', 2000);
  if (type === 'context')
    for (const element of format.list('elements', elements, 10, 1)) {
      const { type: kind } = element as { readonly type: string };
      judgeText(format, element, kind, 2000);
    }
  if (type === 'actions')
    for (const element of format.list('elements', elements, 25, 1)) judgeButton(format, element);
}

function judgeButton(format: Format, element: unknown): void {
  const button = format.map('button', element, 'type action_id text', 'style value url');
  format.oneOf('type of element', button['type'], ['button']);
  format.text('action_id', button['action_id'], 255);
  judgeText(format, button['text'], 'plain_text', 75);
  if (button['value'] !== undefined) format.text('value', button['value'], 2000);
  if (button['url'] !== undefined) {
    format.link('url', button['url']);
    format.text('url', button['url'], 3000);
  }
  if (button['style'] !== undefined) format.oneOf('style', button['style'], ['primary', 'danger']);
}

function judgeText(format: Format, value: unknown, kind: string, most: number): void {
  const text = format.map('text', value, 'type text', kind === 'mrkdwn' ? 'verbatim' : 'emoji');
  format.oneOf('type of text', text['type'], [kind]);
  format.text('text', text['text'], most);
  if (kind === 'mrkdwn') format.oneOf('verbatim', text['verbatim'], [true]);
}
