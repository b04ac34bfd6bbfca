import type { OutcomeSli, Where } from '../../core/sli/sli.ts';
import { formatDuration } from '../../core/time/duration.ts';

/** Plain values, as they are written in YAML. */
export type Words = Readonly<Record<string, unknown>>;

/** Which outcomes an SLI counts, whatever of them is good. */
export function selectionWords({
  step,
  dependency,
  where,
}: Pick<OutcomeSli, 'step' | 'dependency' | 'where'>): Words {
  return {
    ...(step === null ? {} : { step }),
    ...(dependency === null ? {} : { dependency }),
    ...whereWords(where),
  };
}

/** By when they must have succeeded to be good. */
export function withinWords({ withinMs, from }: OutcomeSli): Words {
  if (withinMs === null) return {};
  return { within: formatDuration(withinMs), ...(from === 'queued' ? { from } : {}) };
}

const OPPOSITES = { 'not-in': 'not', glob: 'glob', 'not-glob': 'notGlob' } as const;

/** `where` with its tests, or nothing when there are none. */
export function whereWords(where: Where): Words {
  const tests = Object.entries(where).map(([attribute, { op, values }]): [string, unknown] => {
    const listed = values.length === 1 ? values[0]! : [...values];
    return [attribute, op === 'in' ? listed : { [OPPOSITES[op]]: listed }];
  });
  return tests.length === 0 ? {} : { where: Object.fromEntries(tests) };
}
