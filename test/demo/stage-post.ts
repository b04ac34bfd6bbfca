import type { Definitions } from '../../src/core/slo/slo.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { SECOND } from '../../src/core/time/duration.ts';
import { createInbox } from '../../src/demo/inbox.ts';
import { LOOKS_AFTER } from '../../src/demo/on-call-person.ts';
import { createDeliverer } from '../../src/engine/deliver/deliver.ts';
import { createManageIncidents } from '../../src/engine/incidents/open-incidents.ts';
import { createTargets } from '../../src/notify/target-registry.ts';
import { startServer } from '../http/running-server.ts';
import type { ManualClock } from '../support/clock.ts';
import { LINKS } from '../notify/example-facts.ts';
import { memoryLog } from '../support/memory-log.ts';
import { OUTBOUND } from '../support/outbound.ts';
import { ANYONE } from '../support/tokens.ts';
import { until } from '../support/until.ts';

/** What the demo does beside judging: somebody acknowledges, and messages reach the inbox. */
interface StagePost {
  /** To be called after each tick: acknowledges a page that is a minute old, and delivers what is pending. */
  readonly afterTick: () => Promise<void>;
  /** The articles of the inbox page, oldest first. */
  readonly articles: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export function openPost({
  store,
  definitions,
  clock,
}: {
  readonly store: Store;
  readonly definitions: Definitions;
  readonly clock: ManualClock;
}): StagePost {
  const log = memoryLog();
  const inbox = createInbox();
  const targets = createTargets({
    ...LINKS,
    mailServer: null,
    mailFrom: 'burnwatch@localhost',
    outbound: OUTBOUND,
    clock,
    fetch: inbox.fetch,
    mailTransport: inbox.mailTransport,
    write() {},
  });
  const replaced = targets.replace(definitions.targets);
  const deliverer = createDeliverer({
    store,
    definitions: () => definitions,
    targetOf: targets.get,
    owner: 'test',
    clock,
    random: () => 0,
    log,
    onDelivery() {},
  });
  const incidents = createManageIncidents({ store, definitions: () => definitions, clock, log });
  const seen = new Map<string, number>();

  return {
    async afterTick() {
      await replaced;
      for (const { id, severity, acknowledged } of await incidents.incidents()) {
        if (severity !== 'page' || acknowledged) continue;
        if (!seen.has(id)) seen.set(id, clock.now());
        if (clock.now() - seen.get(id)! >= LOOKS_AFTER)
          await incidents.acknowledge(id, { by: 'ana' }, ANYONE);
      }
      // A target takes one message at a time, and the next one after a pause; all before the next tick.
      const from = clock.now();
      await until('all is delivered', async () => {
        await deliverer.run();
        if ((await store.outbox(100)).pending.length === 0) return true;
        if (clock.now() - from < 4 * SECOND) clock.advance(SECOND / 4);
        return false;
      });
    },
    async articles() {
      const { url } = await startServer({ routes: inbox.routes });
      const html = await (await fetch(`${url}/inbox`)).text();
      return html.split('<article ').slice(1).toReversed();
    },
    async close() {
      await deliverer.stop(0);
      await targets.close();
    },
  };
}
