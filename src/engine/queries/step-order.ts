import type { KnownSubject } from '../../core/ports/store/counting.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import { iso } from '../../core/time/timestamp.ts';

/** What of a step goes against the map, as sentences. `known` are the steps of one execution by their names. */
export function orderNotes(
  step: string,
  known: ReadonlyMap<string | null, KnownSubject>,
  { after }: Pick<WorkflowMap, 'after'>,
): readonly string[] {
  if (after.size === 0) return [];
  const needed = after.get(step);
  if (!needed) return ['it is not in the map of the workflow'];
  const subject = known.get(step)!;
  const began = subject.startedAt ?? subject.ends[0]?.at;
  if (began === undefined) return [];
  return needed.flatMap((before): readonly string[] => {
    const succeeded = known.get(before)?.ends.filter(({ status }) => status === 'succeeded') ?? [];
    if (succeeded.length > 0) {
      const first = Math.min(...succeeded.map(({ at }) => at));
      return first <= began ? [] : [`it began before ${before} had succeeded, at ${iso(first)}`];
    }
    return [known.has(before) ? `it began and ${before} has not succeeded` : `it began without ${before}`];
  });
}
