import type { Refused } from './refused.ts';

/** What someone pressed below a message in a chat. */
export interface ButtonPress {
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

/** What was done to the open incidents of the conversation. */
export interface PressReport {
  /** The ids of those it was done to. */
  readonly done: readonly string[];
  /** What became of it, as a sentence. */
  readonly message: string;
}

/** The signing secret of a target. */
export interface SigningSecret {
  readonly target: string;
  readonly secret: string;
}

/** Does what people press in chats. */
export interface ButtonPresses {
  /** With what presses may be signed at this moment. */
  signingSecrets(): readonly SigningSecret[];
  /**
   * Does it to every open incident of the conversation that the target was notified of. Doing it again changes nothing, and says so.
   * The message shows it, and its thread tells it.
   */
  press(press: ButtonPress): Promise<PressReport | Refused>;
}
