import { budgetChart, failingChart } from '../../charts/slo-charts.ts';
import { budgetSummary, failingSummary } from '../../charts/slo-figures.ts';
import { stackedCharts } from '../../charts/stacked-charts.ts';
import type { NotificationFacts } from '../../core/alerting/notification.ts';
import { isOfService, latestFacts } from '../../core/alerting/notification.ts';
import type { BudgetChartData } from '../../core/ports/chart-data.ts';
import type { ChartRenderer } from '../../core/ports/chart-renderer.ts';
import type { Log } from '../../core/ports/log.ts';
import { PICTURE_WITHIN } from '../../core/ports/message-pictures.ts';
import type { MessagePicture, MessagePictures } from '../../core/ports/message-pictures.ts';
import type { Notification } from '../../core/ports/target.ts';
import { plainName } from './wording.ts';

export interface MessagePicturesOptions {
  /** What a picture shows, as of the notification; null: nothing. May reject. */
  readonly read: (facts: NotificationFacts) => Promise<BudgetChartData | null>;
  readonly charts: Pick<ChartRenderer, 'png'>;
  readonly log: Log;
  /** Milliseconds for one picture. */
  readonly within?: number;
}

const WIDTH = 600;
const BUDGET_HEIGHT = 240;
const FAILING_HEIGHT = 190;
/** Pixels for each of the picture, for dense screens. */
const SCALE = 2;
/** Pictures that are made at the same time; what else is to be sent goes without. */
const AT_ONCE = 8;
const MAX_ALT = 900;

/** Makes the pictures of messages: the budget over its window, and the share that failed around the incident. */
export function createMessagePictures({
  read,
  charts,
  log,
  within = PICTURE_WITHIN,
}: MessagePicturesOptions): MessagePictures {
  /** Those being made. Several targets are sent the same transition at the same time. */
  const making = new Map<string, Promise<MessagePicture | null>>();

  async function draw(facts: NotificationFacts): Promise<MessagePicture | null> {
    const data = await read(facts);
    if (!data) return null;
    const { svg, ...picture } = pictureOf(data, facts.timeZone ?? 'UTC');
    return { ...picture, png: await charts.png(svg, SCALE) };
  }

  function drawOnce(facts: NotificationFacts): Promise<MessagePicture | null> {
    const key = JSON.stringify([facts.incident, facts.kind, facts.at]);
    let picture = making.get(key);
    if (!picture) {
      if (making.size >= AT_ONCE) return Promise.reject(new Error('Too many pictures are being made.'));
      picture = draw(facts).finally(() => making.delete(key));
      making.set(key, picture);
    }
    return picture;
  }

  function goesWithout({ facts }: Notification, reason: string): void {
    const { slo, incident } = facts.at(-1)!;
    log.warn({ slo, incident, reason }, 'a message goes without its picture');
  }

  return {
    async make(notification, signal) {
      const { facts } = notification;
      const latest = latestFacts(facts);
      if (latest.kind === 'acknowledged') return null;
      // A list is of many; its picture would be that of one.
      if (isOfService(latest.kind) || facts.some(({ incident }) => incident !== latest.incident)) return null;
      const late = lateness(within, signal);
      try {
        return await Promise.race([drawOnce(latest), late.comes]);
      } catch (error) {
        goesWithout(notification, error instanceof Error ? error.message : String(error));
        return null;
      } finally {
        late.end();
      }
    },
    notTaken: goesWithout,
  };
}

/** Rejects after some milliseconds, or when a signal aborts; the process need not stay for it. */
function lateness(
  within: number,
  signal: AbortSignal,
): { readonly comes: Promise<never>; readonly end: () => void } {
  let end = (): void => {};
  const comes = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Error('It was stopped before its picture was made.'));
    const timer = setTimeout(() => reject(new Error(`It was not made within ${within} ms.`)), within);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
  });
  return { comes, end: () => end() };
}

/** The picture before it is a bitmap. */
function pictureOf(
  data: BudgetChartData,
  timeZone: string,
): Omit<MessagePicture, 'png'> & { readonly svg: string } {
  const setting = { width: WIDTH, theme: 'light', timeZone, alone: true } as const;
  const budget = budgetChart({ ...setting, id: 'budget', height: BUDGET_HEIGHT, explainsMarks: true }, data);
  const failing = failingChart(
    { ...setting, id: 'failing', height: FAILING_HEIGHT, explainsMarks: false },
    data,
  );
  return {
    svg: stackedCharts(WIDTH, [
      { svg: budget, height: BUDGET_HEIGHT },
      { svg: failing, height: FAILING_HEIGHT },
    ]),
    width: WIDTH,
    height: BUDGET_HEIGHT + FAILING_HEIGHT,
    title: `Budget and failing share of ${plainName(data.id, 200)}`,
    alt: `Error budget: ${budgetSummary(data)} Failing share: ${failingSummary(data)}`.slice(0, MAX_ALT),
  };
}
