import type { MessagePicture } from '../../core/ports/message-pictures.ts';
import type { Called, SlackApi } from './slack-api.ts';

/** Where a picture is shown: in the thread of a message. */
export interface PicturePlace {
  readonly channel: string;
  readonly message: string;
}

/** As Slack allows for the text of a picture and its title. */
const MAX_ALT = 1000;
const MAX_TITLE = 250;

/**
 * Puts a picture into the thread of a message, in Slack's three steps: an address for it, the picture itself, and where it is shown. Gives
 * why that did not work; null when it did. A picture of which a step failed is shown nowhere.
 */
export async function uploadPicture(
  api: SlackApi,
  { png, title, alt }: MessagePicture,
  place: PicturePlace,
  signal: AbortSignal,
): Promise<string | null> {
  const reserved = await api.form(
    'files.getUploadURLExternal',
    { filename: 'budget.png', length: String(png.byteLength), alt_txt: alt.slice(0, MAX_ALT) },
    signal,
  );
  if (!reserved.ok) return reasonOf(reserved);
  const { upload_url: address, file_id: file } = reserved.fields;
  if (typeof address !== 'string' || !URL.canParse(address) || typeof file !== 'string')
    return 'Slack named no place for it';
  const sent = await api.upload(address, png, signal);
  if (sent !== null) return sent;
  const shown = await api.form(
    'files.completeUploadExternal',
    {
      files: JSON.stringify([{ id: file, title: title.slice(0, MAX_TITLE) }]),
      channel_id: place.channel,
      thread_ts: place.message,
    },
    signal,
  );
  return shown.ok ? null : reasonOf(shown);
}

function reasonOf({ delivery }: Extract<Called, { ok: false }>): string {
  return delivery.reason;
}
