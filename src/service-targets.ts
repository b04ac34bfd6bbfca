import type { Config } from './config.ts';
import type { Clock } from './core/ports/clock.ts';
import type { Store } from './core/ports/store/store.ts';
import { createReceipts } from './engine/deliver/receipts.ts';
import type { SignedLinks } from './engine/incidents/signed-links.ts';
import { createSignedLinks } from './engine/incidents/signed-links.ts';
import type { IncidentChartSources } from './engine/queries/incident-charts.ts';
import { createIncidentCharts } from './engine/queries/incident-charts.ts';
import type { MessagePicturesOptions } from './notify/message/message-pictures.ts';
import { createMessagePictures } from './notify/message/message-pictures.ts';
import type { TargetOptions } from './notify/target-kinds.ts';
import type { Targets } from './notify/target-registry.ts';
import { createTargets } from './notify/target-registry.ts';

export interface ServiceTargetOptions extends Pick<MessagePicturesOptions, 'charts' | 'log'> {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  /** What the pictures of messages show. */
  readonly asked: IncidentChartSources;
  /** What the demo does differently. */
  readonly overrides: Partial<TargetOptions> | undefined;
}

export interface ServiceTargets {
  readonly targets: Targets;
  readonly links: SignedLinks;
}

/** Puts together the targets of the service, with what their messages hold: pictures, signed links, the conversations they go on with. */
export function createServiceTargets(options: ServiceTargetOptions): ServiceTargets {
  const { config, store, clock, asked, charts, log, overrides } = options;
  const links = createSignedLinks(config.linkSecrets);
  const receipts = createReceipts(store, clock);
  const pictures = createMessagePictures({ read: createIncidentCharts(asked), charts, log });
  const targets = createTargets({ ...config, clock, receipts, pictures, signLink: links.sign, ...overrides });
  return { targets, links };
}
