import type { Notification } from './target.ts';

/** The picture of a message, as a PNG. */
export interface MessagePicture {
  readonly png: Uint8Array;
  /** As it is to be shown, in pixels; it holds twice as many each way. */
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
}

/** Makes the pictures of messages as they are sent; none is stored, so that another try makes it again. */
export interface MessagePictures {
  /**
   * The picture of a notification about one incident; null where it has none, or it could not be made in time, which is logged. Never
   * rejects, and takes `PICTURE_WITHIN` at the longest.
   */
  make(notification: Notification, signal: AbortSignal): Promise<MessagePicture | null>;
  /** Logs why the receiver did not get a picture that was made. */
  notTaken(notification: Notification, reason: string): void;
}

/** Milliseconds that a message waits for its picture. */
export const PICTURE_WITHIN = 2000;
