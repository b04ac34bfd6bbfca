import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Incident } from '../../src/core/alerting/incident.ts';
import { QUIET } from '../../src/core/alerting/incident.ts';
import { upgradeAcknowledgement } from '../../src/core/alerting/stored-acknowledgement.ts';
import { upgradeSilence } from '../../src/core/alerting/stored-silence.ts';
import type { Severity } from '../../src/core/slo/alert-policy.ts';
import type { TargetDefinition } from '../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { createAdjustments } from '../../src/engine/adjustments/adjustments.ts';
import { createReceipts } from '../../src/engine/deliver/receipts.ts';
import { createButtonPresses } from '../../src/engine/incidents/button-presses.ts';
import { createManageIncidents } from '../../src/engine/incidents/open-incidents.ts';
import { createTakenPresses } from '../../src/engine/incidents/taken-presses.ts';
import type { ToldInChats } from '../../src/engine/incidents/told-in-chats.ts';
import { acknowledgeAloud, createToldInChats } from '../../src/engine/incidents/told-in-chats.ts';
import { createManageSilences } from '../../src/engine/silences/manage-silences.ts';
import { createSilences } from '../../src/engine/silences/silences.ts';
import { createTargets } from '../../src/notify/target-registry.ts';
import type { Targets } from '../../src/notify/target-registry.ts';
import { LINKS, OPENED, notificationOf } from '../notify/example-facts.ts';
import type { SlackWorkspace } from '../notify/slack-app/slack-workspace.ts';
import { TOKEN, buttonsOf, shownIn, startSlackWorkspace } from '../notify/slack-app/slack-workspace.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { OUTBOUND } from '../support/outbound.ts';
import { signedBySlack } from '../support/slack-signature.ts';
import { ANYONE } from '../support/tokens.ts';
import type { World } from '../support/world.ts';
import { startWorld } from '../support/world.ts';
import type { RunningServer } from './running-server.ts';
import { startServer } from './running-server.ts';

const PATH = '/v1/slack/interactivity';
const SECRET = '8f742231b10e8888abcd99eeeccc85a5';
const OTHER_SECRET = '0123456789abcdef0123456789abcdef';
const SLOS = ['one', 'two', 'three'].map((name) => defineSlo({ workflow: 'order-fulfillment', name }));
const NEVER = new AbortController().signal;

let world: World;
let slack: SlackWorkspace;
let targets: Targets;
let running: RunningServer;
let incidents: ReturnType<typeof createManageIncidents>;
let chats: ToldInChats;
let revisions: Map<string, number>;

const appTarget = (name: string, signingSecret: string, channel = 'C0123ABCD'): TargetDefinition => ({
  kind: 'slackApp',
  name,
  url: slack.url,
  botToken: TOKEN,
  channel,
  signingSecret,
});

beforeEach(async () => {
  world = await startWorld({ slos: SLOS });
  slack = await startSlackWorkspace();
  revisions = new Map();
  const { store, clock, log } = world;
  const receipts = createReceipts(store, clock);
  const declared = [
    appTarget('channel', SECRET),
    appTarget('elsewhere', OTHER_SECRET),
    appTarget('other-channel', SECRET, 'C9999ZZZZ'),
  ];
  const definitions = { ...define(SLOS), targets: new Map(declared.map((target) => [target.name, target])) };
  targets = createTargets({
    ...LINKS,
    signLink: ({ action }) => `signed-${action}`,
    mailServer: null,
    mailFrom: 'burnwatch@example.com',
    outbound: OUTBOUND,
    clock,
    receipts,
  });
  await targets.replace(definitions.targets);
  const common = { store, definitions: () => definitions, clock, log };
  const { recurrences } = createAdjustments(store, log);
  const silences = createSilences({ store, recurrences, log });
  incidents = createManageIncidents(common);
  chats = createToldInChats({ store, incidents, targets: targets.all, receipts, log });
  running = await startServer({
    clock,
    presses: createButtonPresses({
      ...common,
      incidents,
      silences,
      manageSilences: createManageSilences({
        ...common,
        silences,
        recurrences,
        incidents: () => incidents.incidents(),
      }),
      chats,
      taken: createTakenPresses(store, clock),
    }),
  });
  await opens(0, 'i-1');
});

afterEach(async () => {
  expect(slack.receiver.requests.filter(({ path }) => !path.startsWith('/api/chat.'))).toEqual([]);
  expect(slack.broken).toEqual([]);
  await targets.close();
  await slack.close();
  await world.close();
});

const CONVERSATION = { id: 'i-1', openedAt: 1, slo: SLOS[0]!.id, signs: [] };

/** Has an incident of an SLO stand, in the conversation of the first, and tells it in the channel. */
async function opens(
  index: number,
  id: string,
  notified: readonly string[] = ['channel'],
  severity: Severity = 'page',
): Promise<void> {
  const incident: Incident = {
    id,
    openedAt: 1,
    began: 1,
    severity,
    tier: 'fast',
    peakBurnRate: 1,
    pagedAt: 1,
    stepsTaken: 0,
    lastNotifiedAt: 1,
    acknowledged: null,
    sequence: 1,
    notified,
    conversation: CONVERSATION,
  };
  await stands(index, incident);
  const conversation = { ...CONVERSATION, others: index };
  const facts = { ...OPENED, slo: SLOS[index]!.id, incident: id, conversation };
  for (const name of notified)
    await targets.get(name)?.send({ ...notificationOf(facts), key: `${name} ${id}` }, NEVER);
}

async function stands(index: number, incident: Incident | null): Promise<void> {
  const { id } = SLOS[index]!;
  const revision = revisions.get(id) ?? 0;
  const change = { slo: id, revision, state: { ...QUIET, incident }, rows: [] };
  expect(await world.store.commit('this process', [change])).toEqual([true]);
  revisions.set(id, revision + 1);
}

interface Press {
  readonly action?: string;
  readonly conversation?: string;
  readonly target?: string;
  readonly user?: object;
  readonly type?: string;
  readonly channel?: object;
}

function bodyOf({
  action = 'burnwatch_acknowledge',
  conversation = 'i-1',
  target = 'channel',
  user,
  type,
  channel = { id: 'C0123ABCD', name: 'payments' },
}: Press): string {
  const payload = {
    type: type ?? 'block_actions',
    channel,
    // No message of ours needs it, so nothing is ever sent there.
    response_url: `${slack.url}/commands/T1/1/secret`,
    user: user ?? { id: 'U0123', username: 'ana', name: 'ana', team_id: 'T1' },
    actions: [
      { action_id: action, type: 'button', value: new URLSearchParams({ target, conversation }).toString() },
    ],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

function headersOf(body: string, secret = SECRET, at = world.clock.now()): Record<string, string> {
  return signedBySlack(body, secret, at);
}

async function press(
  given: Press = {},
  headers?: (body: string) => Record<string, string>,
): Promise<[number, string]> {
  const body = bodyOf(given);
  const response = await running.post(body, (headers ?? headersOf)(body), PATH);
  return [response.status, await response.text()];
}

const acknowledgements = async () =>
  (await world.store.records('acknowledgements')).map(({ id, value }) => ({
    id,
    ...upgradeAcknowledgement(value)!,
  }));
const silencesMade = async () =>
  (await world.store.records('silences')).map(({ value }) => upgradeSilence(value)!);
const code = (text: string) => (JSON.parse(text) as { readonly code: string }).code;

describe('G1: what is not signed by the app of the target does nothing', () => {
  const byHand = (change: (headers: Record<string, string>) => Record<string, string>) => (body: string) =>
    change(headersOf(body));

  it.each<[string, (body: string) => Record<string, string>]>([
    ['without a signature', () => ({ 'Content-Type': 'application/x-www-form-urlencoded' })],
    ['with another secret', (body) => headersOf(body, 'f'.repeat(32))],
    ['of another body', (body) => headersOf(`${body}&x=1`)],
    ['of another time', byHand((headers) => ({ ...headers, 'X-Slack-Request-Timestamp': '1' }))],
    [
      'cut short',
      byHand((headers) => ({ ...headers, 'X-Slack-Signature': headers['X-Slack-Signature']!.slice(0, -1) })),
    ],
    [
      'without its version',
      byHand((headers) => ({ ...headers, 'X-Slack-Signature': headers['X-Slack-Signature']!.slice(3) })),
    ],
    ['with a time that is none', byHand((headers) => ({ ...headers, 'X-Slack-Request-Timestamp': 'now' }))],
    ['that is stale', (body) => headersOf(body, SECRET, world.clock.now() - 5 * MINUTE - 1000)],
    ['from too far ahead', (body) => headersOf(body, SECRET, world.clock.now() + 5 * MINUTE + 1000)],
    ['of the app of another target', (body) => headersOf(body, OTHER_SECRET)],
  ])('a request %s', async (_, headers) => {
    const [status, text] = await press({}, headers);
    expect([status, code(text)]).toEqual([401, 'bad-signature']);
    expect(await acknowledgements()).toEqual([]);
    expect(running.audit.noted).toEqual([]);
  });

  it('a press in another channel than that of the target, although of the same app', async () => {
    await opens(1, 'i-2', ['other-channel']);
    for (const given of [{ target: 'other-channel' }, { channel: { id: 'C9999ZZZZ' } }]) {
      const [status, text] = await press(given);
      expect([status, code(text)]).toEqual([401, 'bad-signature']);
    }
    const [status, text] = await press({ channel: {} });
    expect([status, code(text)]).toEqual([400, 'invalid-fields']);
    expect(await acknowledgements()).toEqual([]);
  });

  it('a body that is not said to be a form', async () => {
    const body = bodyOf({});
    const headers = { ...headersOf(body), 'Content-Type': 'application/json' };
    expect((await running.post(body, headers, PATH)).status).toBe(415);
    expect(await acknowledgements()).toEqual([]);
  });

  it('takes what is nearly five minutes old, or ahead', async () => {
    for (const away of [-4, 4]) {
      const [status] = await press({}, (body) => headersOf(body, SECRET, world.clock.now() + away * MINUTE));
      expect(status).toBe(200);
    }
  });

  it('reads no more than a message of Slack could be', async () => {
    const body = `payload=${'x'.repeat(200_000)}`;
    const response = await running.post(body, headersOf(body), PATH);
    expect(response.status).toBe(413);
  });

  it.each(['payload=no', 'payload=[]', '', 'x=1'])('says of a signed %s that it is none', async (body) => {
    const response = await running.post(body, headersOf(body), PATH);
    expect([response.status, await response.text()]).toEqual(
      body === 'payload=[]' ? [200, ''] : [400, expect.stringContaining('payload must be') as string],
    );
  });
});

describe('Acknowledge', () => {
  it('acknowledges in the name of who pressed it; the message and its thread show it, and it is audited', async () => {
    const [status, text] = await press();
    expect([status, text]).toEqual([
      200,
      expect.stringMatching(/^Acknowledged by ana \(Slack\) at /) as string,
    ]);
    expect(await acknowledgements()).toEqual([
      expect.objectContaining({ id: 'i-1', by: 'ana (Slack)', actor: 'slack:ana (U0123)' }),
    ]);
    expect(running.audit.noted).toEqual([
      expect.objectContaining({
        who: 'slack:ana (U0123)',
        what: 'incident.acknowledged',
        about: 'i-1',
        address: '127.0.0.1',
      }),
    ]);
    const [root, said] = slack.messages;
    expect(shownIn(root!)).toContain('Acknowledged by `ana (Slack)` at');
    expect(buttonsOf(root!)).toEqual(['Silence for 1 h', 'Runbook']);
    expect(said).toMatchObject({
      thread: root!.ts,
      text: expect.stringContaining('Acknowledged by') as string,
    });
  });

  it('pressing again changes nothing, and says so to that person', async () => {
    await press();
    world.clock.advance(MINUTE);
    expect(await press()).toEqual([200, 'Already acknowledged by ana (Slack).']);
    expect(await acknowledgements()).toHaveLength(1);
    expect(running.audit.noted).toHaveLength(1);
    expect(slack.messages).toHaveLength(2);
    expect(slack.whispered).toEqual([{ user: 'U0123', text: 'Already acknowledged by `ana (Slack)`.' }]);
  });

  it('takes all open incidents of the conversation that this target was notified of, and no other', async () => {
    await opens(1, 'i-2');
    await opens(2, 'i-3', ['elsewhere']);
    expect((await press())[1]).toContain('2 incidents');
    expect((await acknowledgements()).map(({ id }) => id)).toEqual(['i-1', 'i-2']);
    expect(running.audit.noted.map(({ about }) => about)).toEqual(['i-1', 'i-2']);
  });

  it('of what is over says so, and acknowledges nothing', async () => {
    await stands(0, null);
    expect(await press()).toEqual([200, 'Nothing that is told here is open any more.']);
    expect(await acknowledgements()).toEqual([]);
    expect(slack.whispered).toHaveLength(1);
    expect((await press({ conversation: 'never-was' }))[1]).toContain('Nothing that is told here');
  });

  it('shows a name of strange letters as it is', async () => {
    await press({ user: { id: 'U1', username: 'a*\u202e<!channel>\n' } });
    expect((await acknowledgements())[0]!.by).toBe('a*<!channel> (Slack)');
    expect(shownIn(slack.messages[0]!)).toContain('`a*&lt;!channel&gt; (Slack)`');
  });

  it('holds although Slack cannot be told of it', async () => {
    slack.answer({ status: 500 }, { status: 500 }, { status: 500 });
    expect((await press())[0]).toBe(200);
    expect(await acknowledgements()).toHaveLength(1);
  });
});

it('what is acknowledged elsewhere is told; the button stays until all of it is', async () => {
  await opens(1, 'i-2');
  const words = ['Acknowledged by ', { name: 'leo' }, '.'];
  await chats.tellOf('i-2', words, true);
  const [root] = slack.messages;
  expect(shownIn(root!)).toContain('Acknowledged by `leo`.');
  expect(buttonsOf(root!)).toContain('Acknowledge');
  expect(slack.messages.at(-1)).toMatchObject({ thread: root!.ts, text: 'Acknowledged by `leo`.' });
  await press();
  expect(buttonsOf(root!)).not.toContain('Acknowledge');
  await chats.tellOf('not-open', words, true);
  expect(slack.messages).toHaveLength(4);
});

it('what a link, a page or a request acknowledges is told once, with how many it was', async () => {
  await opens(1, 'i-2');
  const aloud = acknowledgeAloud(incidents, chats, world.clock);
  world.clock.advance(MINUTE);
  await aloud('i-1', { by: 'leo', conversation: true }, ANYONE);
  const told = () => slack.messages.filter(({ text }) => text.startsWith('Acknowledged by'));
  await expect
    .poll(() => told().map(({ text }) => text))
    .toEqual([expect.stringMatching(/^Acknowledged by `leo` at .*, 2 incidents\.$/)]);
  expect(buttonsOf(slack.messages[0]!)).not.toContain('Acknowledge');
  world.clock.advance(MINUTE);
  await aloud('i-1', { by: 'eva' }, ANYONE);
  await aloud('no-such', { by: 'eva' }, ANYONE);
  expect(told()).toHaveLength(1);
});

describe('Silence', () => {
  const silence = { action: 'burnwatch_silence' };

  it('mutes the incident for an hour, by who pressed it', async () => {
    const [status, text] = await press(silence);
    expect([status, text]).toEqual([
      200,
      expect.stringMatching(/^Silenced by ana \(Slack\) until /) as string,
    ]);
    const [made] = await silencesMade();
    expect(made).toMatchObject({
      matching: { incident: 'i-1', slo: SLOS[0]!.id },
      createdBy: 'ana (Slack)',
      actor: 'slack:ana (U0123)',
      within: [{ by: 'workflow', pattern: 'order-fulfillment' }],
      when: { kind: 'once', from: world.clock.now(), to: world.clock.now() + HOUR },
    });
    expect(running.audit.noted).toEqual([expect.objectContaining({ what: 'silence.created', about: 'i-1' })]);
    expect(shownIn(slack.messages[0]!)).toContain('Silenced by `ana (Slack)` until');
    expect(buttonsOf(slack.messages[0]!)).toContain('Acknowledge');
  });

  it('pressing again makes no second one; after the hour it does', async () => {
    await press(silence);
    world.clock.advance(MINUTE);
    expect(await press(silence)).toEqual([200, 'Already silenced by ana (Slack).']);
    expect(await silencesMade()).toHaveLength(1);
    world.clock.advance(HOUR);
    expect((await press(silence))[1]).toContain('Silenced by');
    expect(await silencesMade()).toHaveLength(2);
  });
});

describe('D1: a press that is sent again does nothing', () => {
  const AGAIN = [200, 'This press was taken before; nothing was done.'];

  /** Sends the same bytes with the same signature, as often as it is called. */
  function kept(given: Press): () => Promise<[number, string]> {
    const body = bodyOf(given);
    const headers = headersOf(body);
    return async () => {
      const response = await running.post(body, headers, PATH);
      return [response.status, await response.text()];
    };
  }

  it('also to a page that the ticket became, and to an incident that joined, since it was pressed', async () => {
    const press = kept({});
    await opens(0, 'i-1', ['channel'], 'ticket');
    expect((await press())[1]).toContain('Acknowledged by');
    await opens(0, 'i-1');
    await opens(1, 'i-2');
    world.clock.advance(MINUTE);
    expect(await press()).toEqual(AGAIN);
    expect((await acknowledgements()).map(({ id, severity }) => [id, severity])).toEqual([['i-1', 'ticket']]);
    expect(running.audit.noted).toHaveLength(1);
    expect(slack.whispered).toEqual([]);
  });

  it('also after the silence that it made was ended', async () => {
    const press = kept({ action: 'burnwatch_silence' });
    await press();
    const [record] = await world.store.records('silences');
    await world.store.putRecord('silences', record!.id, record!.revision, null);
    expect(await press()).toEqual(AGAIN);
    expect(await silencesMade()).toEqual([]);
  });

  it('of two at once, one does it', async () => {
    const press = kept({});
    const answers = (await Promise.all([press(), press(), press()])).map(([, text]) => text);
    expect(answers.filter((text) => text === AGAIN[1])).toHaveLength(2);
    expect(running.audit.noted).toHaveLength(1);
  });

  it('what was pressed is forgotten when it is too old to be sent again', async () => {
    const press = kept({});
    await press();
    expect(await world.store.records('presses')).toHaveLength(1);
    world.clock.advance(16 * MINUTE);
    expect((await press())[0]).toBe(401);
    await kept({})();
    expect(await world.store.records('presses')).toHaveLength(1);
  });
});

it('a message with buttons has no links that do the same', () => {
  const [root] = slack.messages;
  expect(buttonsOf(root!)).toEqual(['Acknowledge', 'Silence for 1 h', 'Runbook']);
  expect(shownIn(root!)).not.toContain('/links/');
});

it('what a fallback was sent can be pressed there', async () => {
  await opens(0, 'i-1', ['gone']);
  const facts = {
    ...OPENED,
    slo: SLOS[0]!.id,
    incident: 'i-1',
    conversation: { ...CONVERSATION, others: 0 },
  };
  await targets.get('channel')!.send({ ...notificationOf(facts), key: 'copy' }, NEVER);
  expect((await press())[1]).toContain('Acknowledged by');
  expect((await acknowledgements()).map(({ id }) => id)).toEqual(['i-1']);
});

it('a link, and what else Slack says, does nothing', async () => {
  expect(await press({ action: 'burnwatch_runbook' })).toEqual([200, '']);
  expect(await press({ type: 'view_closed' })).toEqual([200, '']);
  expect(running.audit.noted).toEqual([]);
});

it('Slack has its answer in time, however long it takes', async () => {
  running = await startServer({
    clock: world.clock,
    presses: {
      signingSecrets: () => [{ target: 'channel', channel: 'C0123ABCD', secret: SECRET }],
      press: () => new Promise(() => {}),
    },
  });
  const began = performance.now();
  expect(await press()).toEqual([200, expect.stringContaining('takes longer') as string]);
  expect(performance.now() - began).toBeLessThan(3000);
});
