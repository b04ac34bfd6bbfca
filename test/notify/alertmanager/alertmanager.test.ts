import { systemClock } from '../../support/clock.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { createTarget } from '../../../src/notify/target-kinds.ts';
import { startHttpReceiver } from '../../support/http-receiver.ts';
import { OUTBOUND } from '../../support/outbound.ts';
import { until } from '../../support/until.ts';
import { ESCALATED, LINKS, OPENED, RESOLVED, notificationOf } from '../example-facts.ts';

interface Notified {
  readonly status: string;
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

it('a real Alertmanager groups what it is sent and notifies of it, also when it is over', async () => {
  const hook = await startHttpReceiver(() => ({ status: 200 }));
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  await writeFile(
    config,
    `route: { receiver: hook, group_by: [workflow], group_wait: 300ms, group_interval: 300ms, repeat_interval: 1h }
receivers: [{ name: hook, webhook_configs: [{ url: '${hook.url}', send_resolved: true }] }]
`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const alertmanager = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  const ended = once(alertmanager, 'exit');
  onTestFinished(async () => {
    alertmanager.kill();
    await ended;
    await hook.close();
    await rm(folder, { recursive: true, force: true });
  });
  await until('Alertmanager to be ready', async () => {
    const answer = await fetch(`http://${address}/-/ready`).catch(() => null);
    return answer?.ok === true;
  });
  // One of the peers is away.
  const urls = [`http://${address}`, `http://127.0.0.1:${await freePort()}`];
  const target = createTarget(
    { kind: 'alertmanager', name: 'alerts', urls },
    {
      ...LINKS,
      mailServer: null,
      clock: systemClock,
      mailFrom: 'burnwatch@example.com',
      outbound: OUTBOUND,
    },
  );
  const send = async (facts: NotificationFacts) => {
    const delivery = await target.send(notificationOf(facts), new AbortController().signal);
    expect(delivery).toEqual({ result: 'delivered' });
  };
  const stands = (): Record<string, string> => {
    const latest = new Map<string, string>();
    for (const { raw } of hook.requests) {
      for (const { status, labels } of (JSON.parse(raw) as Notified).alerts)
        latest.set(`${labels['slo']!.split('/')[1]!} ${labels['severity']!}`, status);
    }
    return Object.fromEntries(latest);
  };
  const other = { ...OPENED, slo: 'order-fulfillment/charged', severity: 'ticket' } as const;
  const wanted = (states: Readonly<Record<string, string>>) =>
    until(`Alertmanager to notify of ${JSON.stringify(states)}`, () =>
      Object.entries(states).every(([alert, state]) => stands()[alert] === state),
    );
  await send({ ...OPENED, severity: 'ticket' });
  await send(other);
  await wanted({ 'fulfilled-in-10m ticket': 'firing', 'charged ticket': 'firing' });
  // Both in one group.
  const grouped = hook.requests.some(({ raw }) => (JSON.parse(raw) as Notified).alerts.length === 2);
  expect(grouped).toBe(true);
  await send(ESCALATED);
  await wanted({ 'fulfilled-in-10m ticket': 'resolved', 'fulfilled-in-10m page': 'firing' });
  await send(RESOLVED);
  await wanted({ 'fulfilled-in-10m page': 'resolved', 'charged ticket': 'firing' });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
