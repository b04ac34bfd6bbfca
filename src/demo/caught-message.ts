import type { Mail } from '../notify/email/email-target.ts';
import type { SlackPayload } from '../notify/slack/slack-blocks.ts';

/** A notification that was caught on its way out. */
export type CaughtMessage =
  | {
      readonly kind: 'slack';
      readonly id: number;
      readonly at: number;
      readonly webhook: string;
      readonly payload: SlackPayload;
    }
  | { readonly kind: 'mail'; readonly id: number; readonly at: number; readonly mail: Mail };
