import { z } from 'zod';
import { httpUrl, listOf, mapWith, name } from './field-schemas.ts';

const MAIL_ADDRESS = 'a mail address such as payments@example.com';

const route = listOf(name, 'names of targets', 20);

/** Where the notifications of a team go. */
export const teamSchema = mapWith(
  {
    page: route.optional().describe('Targets that wake someone.'),
    ticket: route.optional().describe('Targets that are looked at in working hours.'),
    fallback: route.optional().describe('Targets used when one of the others refuses for good.'),
  },
  'a map of page, ticket and fallback',
);

const mailAddress = z
  .string({ error: MAIL_ADDRESS })
  .max(254, { error: MAIL_ADDRESS })
  .regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, { error: MAIL_ADDRESS });

const ONE_KIND = 'exactly one of slack, email and log';

/** A place notifications can be sent to. */
export const targetSchema = mapWith(
  {
    slack: mapWith({ webhook: httpUrl.describe('Incoming-webhook URL; keep it in the environment.') })
      .optional()
      .describe('A Slack channel.'),
    email: mapWith({
      to: listOf(mailAddress, 'mail addresses', 50)
        .min(1, { error: 'at least one mail address' })
        .describe('Mail addresses.'),
    })
      .optional()
      .describe('Mailboxes.'),
    log: z
      .strictObject({}, { error: 'an empty map: {}' })
      .optional()
      .describe('The log of the service itself.'),
  },
  ONE_KIND,
)
  .refine((kinds) => Object.keys(kinds).length === 1, { error: ONE_KIND })
  .meta({ minProperties: 1, maxProperties: 1 });
