import type { Mail } from '../notify/email/email-target.ts';
import type { PagerDutyEvent } from '../notify/pagerduty/pagerduty-event.ts';
import type { SlackPayload } from '../notify/slack/slack-blocks.ts';

export type PagerDutyStatus = 'Triggered' | 'Acknowledged' | 'Resolved';

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
      /** What the incident of its key is after it: a trigger leaves what was acknowledged as it is. */
      readonly status: PagerDutyStatus;
    }
  | { readonly kind: 'mail'; readonly id: number; readonly at: number; readonly mail: Mail };
