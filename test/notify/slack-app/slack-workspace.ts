import {
  type HttpAnswer,
  type HttpReceiver,
  type ReceivedRequest,
  startHttpReceiver,
} from '../../support/http-receiver.ts';
import { Format } from '../http/format.ts';
import { judgeSlackApp } from '../http/slack-app.ts';

/** A file as it is shown in a thread. */
export interface SharedFile {
  readonly channel: string;
  readonly thread: string;
  readonly title: string;
  readonly alt: string;
  readonly content: Buffer;
}

/** A message as people see it. */
export interface Posted {
  readonly ts: string;
  readonly channel: string;
  readonly thread: string | null;
  /** Shown in the channel as well. */
  readonly broadcast: boolean;
  text: string;
  blocks: readonly Block[];
  edits: number;
}

export interface Block {
  readonly type: string;
  readonly text?: { readonly text: string };
  readonly fields?: readonly { readonly text: string }[];
  readonly elements?: readonly {
    readonly text: string | { readonly text: string };
    readonly action_id?: string;
    readonly value?: string;
    readonly url?: string;
  }[];
}

export interface SlackWorkspace {
  readonly url: string;
  readonly receiver: HttpReceiver;
  readonly messages: Posted[];
  readonly files: SharedFile[];
  /** What single people were shown. */
  readonly whispered: { readonly user: string; readonly text: string }[];
  /** What requests broke of the published format. */
  readonly broken: string[];
  /** Takes the request, and then answers otherwise: the reply is lost. */
  loseNextReply(): void;
  answer(...answers: readonly HttpAnswer[]): void;
  close(): Promise<void>;
}

export const TOKEN = 'xoxb-1234567890-sEcReTbOtToKeN';

/** An answer of status 200 that says no. */
export const failure = (error: string): HttpAnswer => ({
  status: 200,
  body: JSON.stringify({ ok: false, error }),
});

/** Stands in for the Web API of Slack: keeps messages, and refuses what is not in its format. */
export async function startSlackWorkspace(): Promise<SlackWorkspace> {
  const messages: Posted[] = [];
  const whispered: { user: string; text: string }[] = [];
  const broken: string[] = [];
  let lost = false;
  const files: SharedFile[] = [];
  const reserved = new Map<string, { readonly length: number; readonly alt: string; content?: Buffer }>();

  /** The methods that take no JSON, and the address that a file is sent to. */
  function takenFile(format: Format, { path, headers, raw, bytes }: ReceivedRequest): HttpAnswer {
    if (path.startsWith('/upload/')) {
      const file = reserved.get(path.slice('/upload/'.length));
      format.must('no token with the file', headers.authorization === undefined);
      format.must('address and length of a file', file?.length === bytes.length);
      if (file) file.content = bytes;
      return { status: 200, body: `OK - ${bytes.length}` };
    }
    format.must('a form', String(headers['content-type']).startsWith('application/x-www-form-urlencoded'));
    format.must('token', headers.authorization === `Bearer ${TOKEN}`);
    const fields = Object.fromEntries(new URLSearchParams(raw));
    if (path === '/api/files.getUploadURLExternal') {
      const { length, alt_txt: alt } = format.map('file', fields, 'filename length', 'alt_txt snippet_type');
      const id = `F0${reserved.size}ABCDEF`;
      format.must('length', /^[1-9]\d*$/.test(String(length)));
      format.text('alt_txt', alt, 1000);
      reserved.set(id, { length: Number(length), alt: String(alt) });
      const answer = { ok: true, upload_url: `${receiver.url}/upload/${id}`, file_id: id };
      return { status: 200, body: JSON.stringify(answer) };
    }
    const shared = format.map('files', fields, 'files', 'channel_id thread_ts initial_comment');
    const [one] = format.list('files', JSON.parse(String(shared['files'])), 1, 1);
    const { id, title } = format.map('file', one, 'id', 'title');
    const { content, alt } = reserved.get(String(id)) ?? {};
    const [channel, thread] = [String(shared['channel_id']), String(shared['thread_ts'])];
    format.must('channel_id', /^[CGD][A-Z0-9]{6,}$/.test(channel));
    if (!content || alt === undefined) return failure('file_not_found');
    if (!messages.some(({ ts }) => ts === thread)) return failure('thread_not_found');
    files.push({ channel, thread, title: String(title), alt, content });
    return { status: 200, body: JSON.stringify({ ok: true, files: [{ id, title }] }) };
  }

  function taken(method: string, body: Record<string, unknown>): object {
    const text = body['text'] as string;
    const blocks = (body['blocks'] ?? []) as readonly Block[];
    const channel = body['channel'] as string;
    if (method === 'chat.postEphemeral') {
      whispered.push({ user: body['user'] as string, text });
      return { ok: true, message_ts: '1503435956.000247' };
    }
    if (method === 'chat.update') {
      const found = messages.find(({ ts }) => ts === body['ts']);
      if (!found) return { ok: false, error: 'message_not_found' };
      Object.assign(found, { text, blocks, edits: found.edits + 1 });
      return { ok: true, channel, ts: found.ts, text };
    }
    const ts = `1503435956.${String(messages.length).padStart(6, '0')}`;
    const thread = (body['thread_ts'] as string | undefined) ?? null;
    messages.push({
      ts,
      channel,
      thread,
      broadcast: body['reply_broadcast'] === true,
      text,
      blocks,
      edits: 0,
    });
    return { ok: true, channel, ts, message: { text, blocks } };
  }

  const receiver = await startHttpReceiver((request) => {
    const format = new Format();
    if (/^\/(upload|api\/files\.)/.test(request.path)) {
      const answer = takenFile(format, request);
      broken.push(...format.broken);
      return answer;
    }
    const body = JSON.parse(request.raw) as Record<string, unknown>;
    judgeSlackApp(format, request, body);
    format.must('token', request.headers.authorization === `Bearer ${TOKEN}`);
    broken.push(...format.broken);
    const answer = taken(request.path.replace('/api/', ''), body);
    if (lost) {
      lost = false;
      return (response) => response.socket!.resetAndDestroy();
    }
    return { status: 200, body: JSON.stringify(answer) };
  });
  return {
    url: receiver.url,
    receiver,
    messages,
    files,
    whispered,
    broken,
    loseNextReply: () => void (lost = true),
    answer: (...answers) => receiver.answer(...answers),
    close: () => receiver.close(),
  };
}

/** All that a message shows. */
export function shownIn({ blocks }: Pick<Posted, 'blocks'>): string {
  return JSON.stringify(blocks);
}

/** The labels of its buttons. */
export function buttonsOf({ blocks }: Pick<Posted, 'blocks'>): string[] {
  return blocks
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) =>
      elements.map(({ text }) => (typeof text === 'string' ? text : text.text)),
    );
}
