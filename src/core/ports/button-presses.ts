import type { Refused } from './refused.ts';

/** What someone pressed below a message in a chat. */
export interface ButtonPress {
  /** Tells this press from every other one; the same when what was sent is sent again. */
  readonly id: string;
  /** The target that the message is at, and the conversation that it tells. */
  readonly target: string;
  readonly conversation: string;
  readonly action: 'acknowledge' | 'silence';
  /** The name of who pressed it, and how the chat knows them. */
  readonly user: string;
  readonly userId: string;
  /** Where the request came from. */
  readonly address: string;
}

/** Who pressed it, as it is kept with what was done: people choose their names, and the id stays. */
export function slackActor({ user, userId }: Pick<ButtonPress, 'user' | 'userId'>): string {
  return `slack:${user} (${userId})`;
}

/** What was done to the open incidents of the conversation. */
export interface PressReport {
  /** The ids of those it was done to. */
  readonly done: readonly string[];
  /** What became of it, as a sentence. */
  readonly message: string;
}

/** The signing secret of a target, and the channel that its messages are in. */
export interface SigningSecret {
  readonly target: string;
  readonly channel: string;
  readonly secret: string;
}

/** Does what people press in chats. */
export interface ButtonPresses {
  /** With what presses may be signed at this moment. */
  signingSecrets(): readonly SigningSecret[];
  /**
   * Does it to every open incident of the conversation that the target was notified of. Pressing again changes nothing, and says so;
   * the same press once more does nothing at all. The message shows what was done, and its thread tells it.
   */
  press(press: ButtonPress): Promise<PressReport | Refused>;
}
