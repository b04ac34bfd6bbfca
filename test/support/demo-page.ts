import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { MessagePicture } from '../../src/core/ports/message-pictures.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { createAdjustments } from '../../src/engine/adjustments/adjustments.ts';
import { NOTHING_NOTED } from '../../src/engine/annotations/annotations.ts';
import { createIncidentCharts } from '../../src/engine/queries/incident-charts.ts';
import { createMessagePictures } from '../../src/notify/message/message-pictures.ts';
import { createPngRenderer } from '../../src/png/png-renderer.ts';
import { stageAt } from '../demo/stage.ts';
import { memoryLog } from './memory-log.ts';

/** The page of the demo that starts at a moment, with its picture; the same for the same moment. */
export async function demoPage(
  start: number,
): Promise<{ readonly facts: NotificationFacts; readonly picture: MessagePicture }> {
  const stage = await stageAt(start);
  const charts = createPngRenderer();
  try {
    const notified = await stage.play(MINUTE);
    const { facts } = notified.find((one) => one.facts.severity === 'page')!;
    const log = memoryLog();
    const pictures = createMessagePictures({
      read: createIncidentCharts({
        store: stage.store,
        adjustments: createAdjustments(stage.store, log),
        annotations: NOTHING_NOTED,
        definitions: stage.definitions,
      }),
      charts,
      log,
      within: MINUTE,
    });
    const picture = await pictures.make({ facts: [facts], key: 'page' }, new AbortController().signal);
    if (!picture) throw new Error(JSON.stringify(log.entries));
    return { facts, picture };
  } finally {
    await charts.close();
    await stage.close();
  }
}
