import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { isOfService, isUrgent } from '../../core/alerting/notification.ts';
import type { KeptReceipt, ToldReceipt, Receipts } from '../../core/ports/receipts.ts';
import { conversationToldIn } from '../../core/ports/receipts.ts';
import type { ConversationNote, Delivery, Notification, TargetAdapter } from '../../core/ports/target.ts';
import { SECOND } from '../../core/time/duration.ts';
import type { MessagePictures } from '../../core/ports/message-pictures.ts';
import { type Peer, retry } from '../http/post-once.ts';
import { type Links, composeMessage } from '../message/message.ts';
import { plainName } from '../message/wording.ts';
import { mrkdwn } from '../slack/slack-blocks.ts';
import type { AppPayload } from './app-message.ts';
import { plainPayload, rootPayload, textOnly } from './app-message.ts';
import type { Called, SlackApi } from './slack-api.ts';
import { isGone, isNotShown, slackApi } from './slack-api.ts';
import type { PicturePlace } from './picture-upload.ts';
import { uploadPicture } from './picture-upload.ts';
import { changedBy, notedIn, receiptOf } from './told-conversation.ts';

export interface SlackAppOptions extends Omit<Peer, 'name'> {
  /** The address of the Web API, such as `https://slack.com`. */
  readonly url: string;
  readonly botToken: string;
  readonly channel: string;
  /** Whether Slack can say what was pressed, so that buttons do something. */
  readonly presses: boolean;
  readonly links: Links;
  readonly receipts: Receipts;
  /** Absent: messages have no pictures. */
  readonly pictures?: MessagePictures | undefined;
}

/** Milliseconds that a picture may take from when it is asked for until it is shown. */
const SHOWN_WITHIN = 10 * SECOND;
/** Pictures of one target that wait for each other; what else is told goes without. */
const MOST_PICTURES = 6;
/** What is changed in the same moment by others is read again this often. */
const TRIES = 3;
/** Conversations of a list that are remembered as told in it; those after them begin a message of their own with what is next. */
const MOST_LISTED = 100;
const MAX_PERSON = 100;
/** Messages that are changed along with a list. */
const MOST_CHANGED = 10;

type Unsaved = Omit<ToldReceipt, 'at'>;

/**
 * A Slack channel, written to by an app. A conversation is one message, which is changed as it goes on, with what happens as its
 * thread; where it is, is remembered. Several conversations at once are a list of their own. Sends once and says what became of it.
 * What was told already is not told twice where that is known.
 */
export function slackAppTarget(name: string, options: SlackAppOptions): TargetAdapter {
  const { channel, presses, links, receipts, pictures } = options;
  const api = slackApi({ name: 'Slack', ...options }, options.url, options.botToken);
  const closing = new AbortController();
  let showing: Promise<void> = Promise.resolve();
  let waiting = 0;

  /** Shows the picture of a message in its thread, later: nothing waits for it, and nothing is sent again because of it. */
  function showPicture(notification: Notification, place: PicturePlace): void {
    if (!pictures) return;
    if (waiting >= MOST_PICTURES)
      return pictures.notTaken(notification, 'Too many pictures wait to be shown in Slack.');
    waiting++;
    showing = showing.then(async () => {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(SHOWN_WITHIN)]);
      const picture = await pictures.make(notification, signal);
      const problem = picture && (await uploadPicture(api, picture, place, signal));
      if (problem !== null) pictures.notTaken(notification, problem);
      waiting--;
    });
  }

  async function send(notification: Notification, signal: AbortSignal): Promise<Delivery> {
    const conversations = new Set(notification.facts.map(conversationToldIn));
    if (conversations.size > 1) return sendList(notification, [...conversations], signal);
    const [conversation] = conversations;
    // Every test is one of its own.
    const kept = notification.facts.every(({ kind }) => kind === 'test')
      ? null
      : await receipts.read(name, conversation!);
    if (kept) return sendChange(notification, kept, signal);
    return begin(notification, conversation!, 0, signal);
  }

  /** Posts the message of a conversation. `revision` is that of the receipt of one that is gone. */
  async function begin(
    notification: Notification,
    conversation: string,
    revision: number,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const draft = receiptOf(name, conversation, notification, links);
    const text = textOnly(composeMessage(notification, links));
    const posted = await post(api, { channel }, rootPayload(draft, presses), text, signal);
    if (!posted.ok) return posted.delivery;
    const place = placeOf(posted);
    if (place && notification.facts.some(({ kind }) => kind !== 'test'))
      await remember({ ...draft, place }, revision);
    if (place) showPicture(notification, place);
    return { result: 'delivered' };
  }

  async function sendChange(
    notification: Notification,
    kept: KeptReceipt,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const { receipt } = kept;
    // Its answer was lost, or whoever sent it went away before writing that down.
    if (receipt.told === notification.key) return { result: 'delivered' };
    const { place, conversation } = receipt;
    if (receipt.of !== null) {
      const updated = await update(changedBy(receipt, notification, links), signal);
      if (isGone(updated)) return begin(notification, conversation, kept.revision, signal);
      // A message that is changed once more looks the same.
      if (!updated.ok)
        return { ...updated.delivery, ...(updated.delivery.result === 'retry' && { mayHaveArrived: false }) };
    }
    const message = composeMessage(notification, links);
    const answered = await post(
      api,
      {
        channel: place.channel,
        thread_ts: place.message,
        ...(isLoud(notification) && { reply_broadcast: true }),
      },
      plainPayload(message),
      textOnly(message),
      signal,
    );
    if (isGone(answered)) return begin(notification, conversation, kept.revision, signal);
    if (!answered.ok) return answered.delivery;
    await rememberChange(
      kept,
      (before) => ({ ...changedBy(before, notification, links), told: notification.key }),
      signal,
    );
    showPicture(notification, place);
    return { result: 'delivered' };
  }

  async function sendList(
    notification: Notification,
    conversations: readonly string[],
    signal: AbortSignal,
  ): Promise<Delivery> {
    const message = composeMessage(notification, links);
    const posted = await post(api, { channel }, plainPayload(message), textOnly(message), signal);
    if (!posted.ok) return posted.delivery;
    const place = placeOf(posted);
    let changed = 0;
    for (const conversation of conversations.slice(0, MOST_LISTED)) {
      if (signal.aborted || !place) break;
      const facts = notification.facts.filter((one) => conversationToldIn(one) === conversation);
      const part = { ...notification, facts };
      try {
        const kept = await receipts.read(name, conversation);
        if (!kept) {
          const draft = receiptOf(name, conversation, part, links);
          await remember({ ...draft, of: null, body: { text: '', blocks: [] }, place }, 0);
        } else if (kept.receipt.of !== null && changed++ < MOST_CHANGED) {
          await update(changedBy(kept.receipt, part, links), signal);
          await rememberChange(kept, (before) => changedBy(before, part, links), signal);
        }
      } catch {
        // The list has told it; what cannot be remembered begins a message of its own with what is next.
        break;
      }
    }
    return { result: 'delivered' };
  }

  function update(receipt: Unsaved, signal: AbortSignal): Promise<Called> {
    const { text, blocks } = rootPayload(receipt, presses);
    const { channel: at, message: ts } = receipt.place;
    return withoutLayout(
      (layout) => api.call('chat.update', { channel: at, ts, text, link_names: false, ...layout }, signal),
      blocks,
    );
  }

  /** What cannot be remembered is told in a message of its own next time; it was told all the same. */
  async function remember(receipt: Unsaved, revision: number): Promise<boolean> {
    try {
      return await receipts.write(receipt, revision);
    } catch {
      return true;
    }
  }

  /** Writes down what a message looks like now; what others wrote in the meantime is kept, and shown. */
  async function rememberChange(
    kept: KeptReceipt,
    change: (before: ToldReceipt) => Unsaved,
    signal: AbortSignal,
  ): Promise<void> {
    if (await remember(change(kept.receipt), kept.revision)) return;
    for (let tries = 1; tries < TRIES; tries++) {
      const newer = await receipts.read(name, kept.receipt.conversation);
      if (!newer) return;
      const next = change(newer.receipt);
      if (!(await remember(next, newer.revision))) continue;
      if (next.of !== null) await update(next, signal);
      return;
    }
  }

  async function say(note: ConversationNote, signal: AbortSignal): Promise<Delivery> {
    const kept = await receipts.read(name, note.conversation);
    if (!kept) return { result: 'delivered' };
    const { place, of } = kept.receipt;
    const text = mrkdwn(
      // As people call themselves elsewhere.
      note.words.map((piece) =>
        typeof piece === 'string' ? piece : { name: plainName(piece.name, MAX_PERSON) },
      ),
    );
    if (note.only !== null) {
      const whispered = await api.call(
        'chat.postEphemeral',
        { channel: place.channel, user: note.only, text, link_names: false },
        signal,
      );
      return whispered.ok ? { result: 'delivered' } : whispered.delivery;
    }
    const noted = (before: ToldReceipt) => notedIn(before, text, note.acknowledged);
    if (of !== null) await update(noted(kept.receipt), signal);
    await rememberChange(kept, noted, signal);
    const answered = await api.call(
      'chat.postMessage',
      { channel: place.channel, thread_ts: place.message, text, link_names: false },
      signal,
    );
    return answered.ok ? { result: 'delivered' } : answered.delivery;
  }

  return {
    name,
    kind: 'slackApp',
    async send(notification, signal) {
      try {
        return await send(notification, signal);
      } catch {
        return { ...retry('The store did not say where the incident is told'), mayHaveArrived: false };
      }
    },
    say,
    async close() {
      closing.abort();
      await showing;
    },
  };
}

/** Whether a change is shown in the channel as well: only what wakes people. */
function isLoud({ facts }: Notification): boolean {
  return facts.some((one: NotificationFacts) => isUrgent(one) || isOfService(one.kind));
}

/** Posts a message; once more without its layout where Slack cannot show that. */
async function post(
  api: SlackApi,
  where: object,
  { text, blocks }: AppPayload,
  plain: string,
  signal: AbortSignal,
): Promise<Called> {
  const shown = { ...where, link_names: false, unfurl_links: false, unfurl_media: false };
  const posted = await api.call('chat.postMessage', { ...shown, text, blocks }, signal);
  return isNotShown(posted) ? api.call('chat.postMessage', { ...shown, text: plain }, signal) : posted;
}

async function withoutLayout(
  call: (layout: object) => Promise<Called>,
  blocks: readonly object[],
): Promise<Called> {
  const called = await call({ blocks });
  return isNotShown(called) ? call({ blocks: [] }) : called;
}

function placeOf(called: Called): ToldReceipt['place'] | null {
  if (!called.ok) return null;
  const { channel, ts } = called.fields;
  return typeof channel === 'string' && typeof ts === 'string' ? { channel, message: ts } : null;
}
