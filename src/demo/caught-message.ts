import type { Mail } from '../notify/email/email-target.ts';
import type { PagerDutyEvent } from '../notify/pagerduty/pagerduty-event.ts';
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
  | {
      readonly kind: 'pagerduty';
      readonly id: number;
      readonly at: number;
      readonly event: PagerDutyEvent;
    }
  | { readonly kind: 'mail'; readonly id: number; readonly at: number; readonly mail: Mail };
