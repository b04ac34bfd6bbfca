import { z } from 'zod';
import type { TargetDefinition, TargetOf } from '../../core/slo/slo.ts';
import { exactlyOne, httpUrl, listOf, mapWith, name, SECRET, timeZone } from './field-schemas.ts';
import type { Partly } from '../yaml/usable-part.ts';

const MAIL_ADDRESS = 'a mail address such as payments@example.com';

const route = listOf(name, 'names of targets', 20);

/** Where the notifications of a team go. */
export const teamSchema = mapWith(
  {
    page: route.optional().describe('Targets that wake someone.'),
    ticket: route.optional().describe('Targets that are looked at in working hours.'),
    fallback: route.optional().describe('Targets used when one of the others refuses permanently.'),
    timeZone: timeZone
      .optional()
      .describe('The time zone in which its notifications write times, such as Europe/Berlin.'),
  },
  'a map of page, ticket, fallback and timeZone',
);

const mailAddress = z
  .string({ error: MAIL_ADDRESS })
  .max(254, { error: MAIL_ADDRESS })
  .regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, { error: MAIL_ADDRESS });

type Kind = TargetDefinition['kind'];

/** What the key of each kind of target holds. */
const NATIVE_TARGETS = {
  slack: mapWith({
    webhook: httpUrl.meta(SECRET).describe('Incoming-webhook URL; keep it in the environment.'),
  })
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
} satisfies { readonly [K in Kind]: z.ZodOptional };

const KINDS = Object.keys(NATIVE_TARGETS) as Kind[];
const oneKind = exactlyOne(KINDS);

/** A place notifications can be sent to. */
export const targetSchema = mapWith(NATIVE_TARGETS, oneKind.error)
  .refine(oneKind.holds, { error: oneKind.error })
  .meta({ minProperties: 1, maxProperties: 1 });

type NativeTarget = Partly<z.infer<typeof targetSchema>>;

/** Makes the target of a name of what its key holds; null when what it needs is missing, which was reported. */
type ReadTarget<K extends Kind> = (native: NonNullable<NativeTarget[K]>, name: string) => TargetOf<K> | null;

const TARGET_READERS: { readonly [K in Kind]: ReadTarget<K> } = {
  slack: ({ webhook }, name) => (webhook === undefined ? null : { kind: 'slack', name, webhook }),
  email: ({ to }, name) => (to === undefined ? null : { kind: 'email', name, to }),
  log: (_native, name) => ({ kind: 'log', name }),
};

/** The target that is written under a name; null when it cannot be used, which was reported. */
export function readTarget(native: NativeTarget, name: string): TargetDefinition | null {
  for (const kind of KINDS) {
    const target = readAs(kind, native, name);
    if (target) return target;
  }
  return null;
}

function readAs<K extends Kind>(kind: K, native: NativeTarget, name: string): TargetOf<K> | null {
  const held = native[kind];
  return held ? TARGET_READERS[kind](held, name) : null;
}
