import { z } from 'zod';
import type { ReportSchedule } from '../../core/slo/report-schedule.ts';
import type { TargetDefinition, TargetOf } from '../../core/slo/slo.ts';
import { exactlyOne, httpUrl, listOf, mapWith, name, SECRET, timeZone } from './field-schemas.ts';
import { calendarSchema, rotationSchema } from './on-call-schema.ts';
import { quietSchema, readQuietHours } from './quiet-hours.ts';
import type { Partly } from '../yaml/usable-part.ts';

/** Where most find the APIs. */
const API_URLS = {
  slackApp: 'https://slack.com',
  pagerduty: 'https://events.pagerduty.com',
  opsgenie: 'https://api.opsgenie.com',
  telegram: 'https://api.telegram.org',
  ntfy: 'https://ntfy.sh',
} as const;

const CHANNEL = 'the id of a channel such as C0123ABCD';
const TOPIC = 'the id of a topic, a whole number above 0';
const SIGNING_KEY = /^(whsec_)?[A-Za-z0-9+/]{32,}={0,2}$/;
const MAIL_ADDRESS = 'a mail address such as payments@example.com';

const route = listOf(name, 'names of targets', 20);

const AT = 'a time of day such as 09:00, of weekly ones with a weekday: mon 09:00';
const REPORTS = 'a map of weekly, monthly and at, with at least one target';
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const reportFields = {
  weekly: route.optional().describe('Targets that get the report of each week, from Monday to Sunday.'),
  monthly: route.optional().describe('Targets that get the report of each month.'),
  at: z
    .string({ error: AT })
    .regex(/^((mon|tue|wed|thu|fri|sat|sun) )?([01]\d|2[0-3]):[0-5]\d$/, { error: AT })
    .optional()
    .describe(
      'When, by the clocks of the time zone; `mon 09:00` if absent. The day is that of weekly ones; monthly ones come on the first.',
    ),
};
const reportZone = timeZone.optional().describe('The time zone of the weeks and months, and of the times.');

/** Anything is sent to someone. */
const sends = {
  holds: ({ weekly = [], monthly = [] }: { weekly?: string[] | undefined; monthly?: string[] | undefined }) =>
    weekly.length + monthly.length > 0,
  error: REPORTS,
};

/** The reports of a team that are sent, in its time zone. */
const teamReportsSchema = mapWith(reportFields, REPORTS).refine(sends.holds, { error: sends.error });

/** The reports of all teams that are sent. */
export const reportsSchema = mapWith({ ...reportFields, timeZone: reportZone }, REPORTS).refine(sends.holds, {
  error: sends.error,
});

type NativeReports = Partly<z.infer<typeof reportsSchema>>;

/** What the SLO files say of reports, as a schedule. */
export function readReportSchedule({
  weekly = [],
  monthly = [],
  at = '09:00',
}: NativeReports): ReportSchedule {
  const [time = '', day = 'mon'] = at.split(' ').toReversed();
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  const weekday = WEEKDAYS.findIndex((known) => known === day);
  return { weekly, monthly, weekday, minute: 60 * hour + minute };
}

/** Where the notifications of a team go. */
export const teamSchema = mapWith(
  {
    page: route.optional().describe('Targets that wake someone.'),
    ticket: route.optional().describe('Targets that are looked at in working hours.'),
    fallback: route.optional().describe('Targets used when one of the others refuses permanently.'),
    timeZone: timeZone
      .optional()
      .describe('The time zone in which its notifications write times, such as Europe/Berlin.'),
    reports: teamReportsSchema
      .optional()
      .describe('The reports of its weeks and months, and who is sent them.'),
  },
  'a map of page, ticket, fallback, timeZone and reports',
);

const mailAddress = z
  .string({ error: MAIL_ADDRESS })
  .max(254, { error: MAIL_ADDRESS })
  .regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, { error: MAIL_ADDRESS });

/** A text of at least one character, without spaces, that is filled in from the environment. */
function secretText(error: string, pattern: RegExp) {
  return z.string({ error }).max(500, { error }).regex(pattern, { error }).meta(SECRET);
}

/** Where the API of a kind is, if not where most find it. */
const apiUrl = (description: string) => httpUrl.optional().describe(description);

type Kind = TargetDefinition['kind'];

/** What the key of each kind of target holds. */
const NATIVE_TARGETS = {
  slack: mapWith({
    webhook: httpUrl.meta(SECRET).describe('Incoming-webhook URL; keep it in the environment.'),
  })
    .optional()
    .describe('A Slack channel.'),
  slackApp: mapWith({
    botToken: secretText('the token of a bot such as xoxb-123-ABC', /^xoxb-[A-Za-z0-9-]{8,200}$/).describe(
      'Bot token of the app; keep it in the environment.',
    ),
    channel: z
      .string({ error: CHANNEL })
      .regex(/^[CGD][A-Z0-9]{6,20}$/, { error: CHANNEL })
      .describe('Id of the channel, as its details show it.'),
    signingSecret: secretText('the signing secret of the app, 32 hexadecimal digits', /^[0-9a-f]{32}$/)
      .optional()
      .describe('Signing secret of the app, for buttons; keep it in the environment.'),
    url: apiUrl(`Address of the Web API; ${API_URLS.slackApp} if absent.`),
  })
    .optional()
    .describe('A Slack channel, written to by an app of yours.'),
  email: mapWith({
    to: listOf(mailAddress, 'mail addresses', 50)
      .min(1, { error: 'at least one mail address' })
      .describe('Mail addresses.'),
  })
    .optional()
    .describe('Mailboxes.'),
  webhook: mapWith({
    url: httpUrl
      .meta(SECRET)
      .describe('Address that takes POST requests with JSON (see `burnwatch schema --dialect webhook`).'),
    secret: secretText('a key of Standard Webhooks: whsec_ and at least 24 bytes in base64', SIGNING_KEY)
      .optional()
      .describe('Signs requests as Standard Webhooks says; keep it in the environment.'),
  })
    .optional()
    .describe('Any HTTP endpoint.'),
  pagerduty: mapWith({
    routingKey: secretText('an integration key of PagerDuty', /^[A-Za-z0-9_-]{8,100}$/).describe(
      'Integration key of the Events API v2; keep it in the environment.',
    ),
    url: apiUrl(`Address of the Events API; ${API_URLS.pagerduty} if absent.`),
  })
    .optional()
    .describe('A service of PagerDuty.'),
  alertmanager: mapWith({
    urls: listOf(httpUrl.meta(SECRET), 'addresses of Alertmanager', 20)
      .min(1, { error: 'at least one address' })
      .describe('Addresses of all peers of the cluster.'),
  })
    .optional()
    .describe('A Prometheus Alertmanager.'),
  opsgenie: mapWith({
    apiKey: secretText('an API key of Opsgenie', /^[A-Za-z0-9_-]{8,100}$/).describe(
      'API key of an integration; keep it in the environment.',
    ),
    url: apiUrl(`Address of the API; ${API_URLS.opsgenie} if absent.`),
  })
    .optional()
    .describe('A team of Opsgenie.'),
  teams: mapWith({
    webhook: httpUrl
      .meta(SECRET)
      .describe('Address of a workflow that posts cards; keep it in the environment.'),
  })
    .optional()
    .describe('A channel of Microsoft Teams.'),
  discord: mapWith({
    webhook: httpUrl.meta(SECRET).describe('Address of the webhook; keep it in the environment.'),
  })
    .optional()
    .describe('A channel of Discord.'),
  telegram: mapWith({
    botToken: secretText(
      'the token of a bot such as 123456:ABC-DEF',
      /^\d{3,20}:[A-Za-z0-9_-]{10,100}$/,
    ).describe('Token of the bot; keep it in the environment.'),
    chat: secretText(
      'the id of a chat or the @name of a channel, in quotation marks',
      /^(-?\d{1,20}|@\w{4,64})$/,
    ).describe('Id of a chat, or @name of a channel.'),
    topic: z.int({ error: TOPIC }).min(1, { error: TOPIC }).optional().describe('Id of a topic of a forum.'),
    url: apiUrl(`Address of the Bot API; ${API_URLS.telegram} if absent.`),
  })
    .optional()
    .describe('A chat of Telegram.'),
  ntfy: mapWith({
    topic: secretText('a topic of 1 to 64 characters of A-Z a-z 0-9 _ -', /^[A-Za-z0-9_-]{1,64}$/).describe(
      'Topic; on a public server keep it in the environment.',
    ),
    url: apiUrl(`Address of the server; ${API_URLS.ntfy} if absent.`),
    token: secretText('an access token', /^[\x21-\x7e]+$/)
      .optional()
      .describe('Access token; keep it in the environment.'),
  })
    .optional()
    .describe('A topic of ntfy.'),
  log: z
    .strictObject({}, { error: 'an empty map: {}' })
    .optional()
    .describe('The log of the service itself.'),
} satisfies { readonly [K in Kind]: z.ZodOptional };

/** What stands for the targets of other people. */
const NATIVE_SCHEDULES = {
  rotation: rotationSchema.optional().describe('Whoever is on call: people who take turns.'),
  calendar: calendarSchema.optional().describe('Whoever is on call: people whom a calendar names.'),
};

const KINDS = Object.keys(NATIVE_TARGETS) as Kind[];
const oneKind = exactlyOne([...KINDS, ...Object.keys(NATIVE_SCHEDULES)]);

/** A place notifications can be sent to, or a schedule that says which. */
export const targetSchema = mapWith(
  {
    ...NATIVE_TARGETS,
    ...NATIVE_SCHEDULES,
    quiet: quietSchema.optional().describe('When tickets to it wait, until they are sent as one list.'),
  },
  oneKind.error,
)
  .refine(oneKind.holds, { error: oneKind.error })
  .meta({ minProperties: 1, maxProperties: 2 });

type NativeTarget = Partly<z.infer<typeof targetSchema>>;

/** Makes the target of a name of what its key holds; null when what it needs is missing, which was reported. */
type ReadTarget<K extends Kind> = (native: NonNullable<NativeTarget[K]>, name: string) => TargetOf<K> | null;

const TARGET_READERS: { readonly [K in Kind]: ReadTarget<K> } = {
  slack: ({ webhook }, name) => (webhook === undefined ? null : { kind: 'slack', name, webhook }),
  slackApp: ({ botToken, channel, signingSecret = null, url = API_URLS.slackApp }, name) =>
    botToken === undefined || channel === undefined
      ? null
      : { kind: 'slackApp', name, botToken, channel, signingSecret, url },
  email: ({ to }, name) => (to === undefined ? null : { kind: 'email', name, to }),
  webhook: ({ url, secret = null }, name) =>
    url === undefined ? null : { kind: 'webhook', name, url, secret },
  pagerduty: ({ routingKey, url = API_URLS.pagerduty }, name) =>
    routingKey === undefined ? null : { kind: 'pagerduty', name, routingKey, url },
  alertmanager: ({ urls }, name) => (urls === undefined ? null : { kind: 'alertmanager', name, urls }),
  opsgenie: ({ apiKey, url = API_URLS.opsgenie }, name) =>
    apiKey === undefined ? null : { kind: 'opsgenie', name, apiKey, url },
  teams: ({ webhook }, name) => (webhook === undefined ? null : { kind: 'teams', name, webhook }),
  discord: ({ webhook }, name) => (webhook === undefined ? null : { kind: 'discord', name, webhook }),
  telegram: ({ botToken, chat, topic = null, url = API_URLS.telegram }, name) =>
    botToken === undefined || chat === undefined
      ? null
      : { kind: 'telegram', name, botToken, chat, topic, url },
  ntfy: ({ topic, token = null, url = API_URLS.ntfy }, name) =>
    topic === undefined ? null : { kind: 'ntfy', name, url, topic, token },
  log: (_native, name) => ({ kind: 'log', name }),
};

/** The target that is written under a name; null when it cannot be used, which was reported, and of a schedule. */
export function readTarget(native: NativeTarget, name: string): TargetDefinition | null {
  for (const kind of KINDS) {
    const target = readAs(kind, native, name);
    if (target) return native.quiet ? { ...target, ...readQuietHours(native.quiet) } : target;
  }
  return null;
}

function readAs<K extends Kind>(kind: K, native: NativeTarget, name: string): TargetOf<K> | null {
  const held = native[kind];
  return held ? TARGET_READERS[kind](held, name) : null;
}
