import type { DependencyReport } from '../../core/ports/queries.ts';
import { header, labelsOf, line } from './exposition.ts';

const LABELS = ['dependency'] as const;

/** The gauges every declared dependency has. One without calls is absent from those that are about calls. */
export const DEPENDENCY_METRICS = {
  info: {
    name: 'burnwatch_dependency_info',
    labelNames: [...LABELS, 'owner'],
    help: 'Always 1; who owns the dependency.',
  },
  sla: {
    name: 'burnwatch_dependency_sla_ratio',
    labelNames: LABELS,
    help: 'The share of calls that is promised to succeed in a calendar month (UTC).',
  },
  good: {
    name: 'burnwatch_dependency_good_calls',
    labelNames: LABELS,
    help: 'Calls of the dependency this month (UTC) that succeeded.',
  },
  bad: {
    name: 'burnwatch_dependency_bad_calls',
    labelNames: LABELS,
    help: 'Calls of the dependency this month (UTC) that failed.',
  },
  burning: {
    name: 'burnwatch_dependency_burning',
    labelNames: LABELS,
    help: '1 while the calls of the last hour do worse than promised, by more than chance explains, else 0.',
  },
} as const;

/** The gauges of all dependencies in the Prometheus text format. */
export function renderDependencyMetrics(dependencies: readonly DependencyReport[]): Buffer {
  const text = { info: '', sla: '', good: '', bad: '', burning: '' };
  for (const { name, owner, sla, month, burning } of dependencies) {
    const labels = labelsOf({ dependency: name });
    text.info += line(DEPENDENCY_METRICS.info.name, labelsOf({ dependency: name, owner: owner ?? '' }), 1);
    text.sla += line(DEPENDENCY_METRICS.sla.name, labels, sla);
    text.burning += line(DEPENDENCY_METRICS.burning.name, labels, burning ? 1 : 0);
    if (month.total === 0) continue;
    text.good += line(DEPENDENCY_METRICS.good.name, labels, month.good);
    text.bad += line(DEPENDENCY_METRICS.bad.name, labels, month.bad);
  }
  const keys = Object.keys(text) as (keyof typeof text)[];
  return Buffer.from(keys.map((key) => `${header(DEPENDENCY_METRICS[key])}${text[key]}`).join(''));
}
