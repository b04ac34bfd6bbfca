import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Annotation } from '../../core/ports/store/annotations.ts';
import { MAY_EXPLAIN_FOR, annotationWords, isAbout } from '../../core/ports/store/annotations.ts';
import { isStoreAway } from '../../core/ports/store/store.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { MINUTE } from '../../core/time/duration.ts';
import type { Annotations } from '../annotations/annotations.ts';

interface NotedIn {
  readonly annotations?: Pick<Annotations, 'within'>;
  readonly log: Log;
}

/** Reads what was noted before any of some changes began. A page is worth more than this: without it, it goes out all the same. */
export async function readNoted<Change>(
  { annotations, log }: NotedIn,
  changes: readonly Change[],
  beganOf: (change: Change) => number,
): Promise<readonly Annotation[]> {
  if (!annotations || changes.length === 0) return [];
  const began = changes.map(beganOf);
  try {
    return await annotations.within(Math.min(...began) - MAY_EXPLAIN_FOR, Math.max(...began) + MINUTE);
  } catch (error) {
    if (isStoreAway(error)) throw error;
    log.error({ error: String(error) }, 'annotations could not be read; notifications go out without them');
    return [];
  }
}

/** The last that was noted of an SLO before it began to fail, which is known to the minute. */
export function precedingEvent(
  noted: readonly Annotation[],
  slo: Slo,
  began: number,
): Pick<NotificationFacts, 'after'> {
  const found = noted.findLast(
    (annotation) =>
      annotation.at >= began - MAY_EXPLAIN_FOR &&
      annotation.at < began + MINUTE &&
      isAbout(annotation, { ...slo, slo: slo.id }),
  );
  return found ? { after: { at: found.at, text: annotationWords(found), link: found.link } } : {};
}
