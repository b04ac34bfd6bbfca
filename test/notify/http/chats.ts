import type { Format } from './format.ts';
import type { Judge } from './incident-services.ts';

/** A workflow of Teams that posts the card of a webhook request: adaptive cards 1.4, 28 KB. */
export const judgeTeams: Judge = (format, { method, raw }, body) => {
  format.oneOf('method', method, ['POST']);
  format.must('28 KB', Buffer.byteLength(raw) <= 28 * 1024);
  const message = format.map('message', body, 'type attachments');
  format.oneOf('type', message['type'], ['message']);
  const [attachment] = format.list('attachments', message['attachments'], 1, 1);
  const { contentType, content } = format.map('attachment', attachment, 'contentType contentUrl content');
  format.oneOf('contentType', contentType, ['application/vnd.microsoft.card.adaptive']);
  const card = format.map('card', content, '$schema type version body', 'actions msteams fallbackText');
  format.oneOf('type', card['type'], ['AdaptiveCard']);
  format.oneOf('version', card['version'], ['1.4']);
  for (const block of format.list('body', card['body'], 100, 1)) {
    const { type, inlines } = format.map('block', block, 'type inlines', 'separator');
    // Anything else would read Markdown.
    format.oneOf('type of block', type, ['RichTextBlock']);
    for (const inline of format.list('inlines', inlines, 30, 1)) {
      const run = format.map('run', inline, 'type text', 'weight size color isSubtle fontType selectAction');
      format.oneOf('type of run', run['type'], ['TextRun']);
      format.text('text of run', run['text'], 4000);
      if (run['selectAction'] !== undefined) judgeOpenUrl(format, run['selectAction']);
    }
  }
  for (const action of format.list('actions', card['actions'], 6)) judgeOpenUrl(format, action);
  return { status: 202 };
};

function judgeOpenUrl(format: Format, action: unknown): void {
  const { type, url } = format.map('action', action, 'type url', 'title');
  format.oneOf('type of action', type, ['Action.OpenUrl']);
  format.link('url', url);
}

/** "Execute Webhook" of Discord, with its limits of embeds. */
export const judgeDiscord: Judge = (format, { method, path }, body) => {
  format.oneOf('method', method, ['POST']);
  format.must('wait', path.endsWith('?wait=true'));
  const message = format.map('message', body, 'embeds allowed_mentions', 'username content flags');
  // `SUPPRESS_NOTIFICATIONS`; others are not for webhooks, or hide the embed.
  if (message['flags'] !== undefined) format.oneOf('flags', message['flags'], [4096]);
  const { parse } = format.map('allowed_mentions', message['allowed_mentions'], 'parse');
  format.list('parse', parse, 0);
  const [first] = format.list('embeds', message['embeds'], 1, 1);
  const embed = format.map('embed', first, 'title description', 'color url timestamp fields footer');
  const texts = [
    format.text('title', embed['title'], 256),
    format.text('description', embed['description'], 4096),
  ];
  if (embed['url'] !== undefined) format.link('url', embed['url']);
  format.time('timestamp', embed['timestamp']);
  for (const field of format.list('fields', embed['fields'], 25)) {
    const { name, value } = format.map('field', field, 'name value', 'inline');
    texts.push(format.text('name', name, 256), format.text('value', value, 1024));
  }
  texts.push(format.text('footer', format.map('footer', embed['footer'], 'text')['text'], 2048));
  format.must('6,000 characters', texts.join('').length <= 6000);
  return { status: 200, body: JSON.stringify({ id: '1191234567890', type: 0 }) };
};

const TAG = /<[^>]*>/g;

/** `sendMessage` of the Bot API 7 with its HTML style. */
export const judgeTelegram: Judge = (format, { method, path }, body) => {
  format.oneOf('method', method, ['POST']);
  format.must('path', /^\/bot\d+:[A-Za-z0-9_-]+\/sendMessage$/.test(path));
  const message = format.map(
    'message',
    body,
    'chat_id text',
    'parse_mode link_preview_options disable_notification message_thread_id',
  );
  format.oneOf('parse_mode', message['parse_mode'], ['HTML']);
  const text = String(message['text']);
  const open: string[] = [];
  for (const [tag] of text.matchAll(TAG)) {
    const [, end, name = ''] = /^<(\/?)(b|code|a)(?: href="https?:\/\/[^"]+")?>$/.exec(tag) ?? [];
    format.must(`tag ${tag}`, name !== '');
    if (end === '') open.push(name);
    else format.must(`end of ${name}`, open.pop() === name);
  }
  format.must('open tags', open.length === 0);
  const bare = text.replaceAll(TAG, '');
  format.must('brackets', !/[<>]/.test(bare));
  format.must('entities', !/&(?!(amp|lt|gt|quot|#39);)/.test(bare));
  format.text('text', bare, 4096);
  return { status: 200, body: JSON.stringify({ ok: true, result: { message_id: 7 } }) };
};

/** "Publish as JSON" of ntfy 2. */
export const judgeNtfy: Judge = (format, { method, path, headers }, body) => {
  format.oneOf('request', `${method} ${path}`, ['POST /']);
  format.must('Authorization', /^Bearer \S+$/.test(String(headers.authorization)));
  const message = format.map('message', body, 'topic', 'title message priority tags click actions');
  format.must('topic', /^[-_A-Za-z0-9]{1,64}$/.test(String(message['topic'])));
  format.text('title', message['title'], 250);
  format.text('message', message['message'], 4096);
  format.must('4,096 bytes', Buffer.byteLength(String(message['message'])) <= 4096);
  format.oneOf('priority', message['priority'], [1, 2, 3, 4, 5]);
  for (const tag of format.list('tags', message['tags'], 5)) format.text('tag', tag, 50);
  if (message['click'] !== undefined) format.link('click', message['click']);
  for (const action of format.list('actions', message['actions'] ?? [], 3)) {
    const { url } = format.map('action', action, 'action label url');
    format.link('url', url);
  }
  return { status: 200, body: JSON.stringify({ id: 'sPs71M8A2T', time: 1, event: 'message', topic: 'x' }) };
};
