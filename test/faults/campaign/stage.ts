import { startService } from '../../support/service.ts';
import type { Service } from '../../support/service.ts';
import { makeFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { startSlackReceiver } from '../../support/slack-receiver.ts';
import type { SlackReceiver } from '../../support/slack-receiver.ts';
import { sloFolder } from '../../support/slo-folder.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';

/** What faults happen to: replicas of the built service, their store, and the receiver of their pages. */
export interface Stage {
  readonly replicas: readonly StagedReplica[];
  readonly receiver: SlackReceiver;
  /** The names of workflows that can fail, each with a target of its own whose path ends with the name. */
  readonly workflows: readonly string[];
  /** What is missing for all to be well again, of the store; null when nothing is. */
  storeTrouble(): Promise<string | null>;
  stop(): Promise<void>;
}

/** One replica, at an address of its own that outlives its process. */
export interface StagedReplica {
  readonly name: string;
  /** Where producers reach it: through `proxy`. */
  readonly url: string;
  readonly proxy: TcpProxy;
  readonly clock: FakeClock;
  /** The process; null while there is none. */
  service(): Service | null;
  /** When it began to listen, as `performance.now()` gives it. */
  startedAt(): number;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** What a process printed last that ended although it was not killed; null while none has. */
  ended(): string | null;
  isPaused(): boolean;
  pause(isPaused: boolean): void;
}

/** What producers report without end; a tenth of it fails, which its SLO bears. */
export const STEADY = 'orders/works';

/** Evaluated every second. */
export const TICK = 1000;

export interface ReplicaSettings {
  readonly store: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly shell?: string;
}

/** Makes replicas that are not started yet, with a receiver for `outages` workflows that may fail. */
export async function prepareReplicas(
  count: number,
  outages: number,
  { store, env, shell }: ReplicaSettings,
): Promise<Pick<Stage, 'replicas' | 'receiver' | 'workflows' | 'stop'>> {
  const receiver = await startSlackReceiver('');
  const workflows = Array.from({ length: outages }, (_, index) => `outage-${index}`);
  const settings = {
    BURNWATCH_STORE: store,
    BURNWATCH_SLOS: await sloFolder(slosOf(workflows, receiver.url)),
    BURNWATCH_EVALUATE: '* * * * * *',
    ...env,
  };
  const replicas = await Promise.all(
    Array.from({ length: count }, (_, index) => prepareReplica(`replica ${index + 1}`, settings, shell)),
  );
  return {
    replicas,
    receiver,
    workflows,
    async stop() {
      for (const replica of replicas) {
        await replica.kill();
        await replica.proxy.close();
        replica.clock.remove();
      }
      await receiver.close();
    },
  };
}

async function prepareReplica(
  name: string,
  env: Readonly<Record<string, string>>,
  shell: string | undefined,
): Promise<StagedReplica> {
  const proxy = await startTcpProxy();
  const clock = makeFakeClock();
  let service: Service | null = null;
  let paused = false;
  let startedAt = 0;
  let ended: string | null = null;
  return {
    name,
    url: `http://127.0.0.1:${proxy.port}`,
    proxy,
    clock,
    service: () => service,
    startedAt: () => startedAt,
    async start() {
      const started = await startService({ ...env, ...clock.env, LOG_LEVEL: 'warn' }, ['serve'], shell);
      service = started;
      void started.ended.then((code) => {
        if (service === started) ended = `(${code ?? 'by a signal'}) ${started.output().slice(-800)}`;
      });
      paused = false;
      startedAt = performance.now();
      proxy.lead(Number(new URL(service.url).port));
    },
    async kill() {
      proxy.lead(null);
      const killed = service;
      service = null;
      await killed?.stop('SIGKILL');
    },
    ended: () => ended,
    isPaused: () => paused,
    pause(isPaused) {
      paused = isPaused;
      service?.signal(isPaused ? 'SIGSTOP' : 'SIGCONT');
    },
  };
}

function slosOf(workflows: readonly string[], receiver: string): string {
  const failing = workflows.map(
    (name) => `
workflow: ${name}
owner: team-${name}
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
teams: { team-${name}: { page: [${name}] } }
targets: { ${name}: { slack: { webhook: "${receiver}/${name}" } } }
`,
  );
  const steady = `
workflow: orders
owner: shop
slos: { works: { objective: 50%, window: 1d, sli: succeeded } }
---
teams: { shop: { page: [unexpected] }, admins: { page: [unexpected] } }
targets: { unexpected: { slack: { webhook: "${receiver}/unexpected" } } }
`;
  return [...failing, steady].join('---');
}
