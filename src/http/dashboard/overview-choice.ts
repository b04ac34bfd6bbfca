import { labelsText } from '../../core/slo/labels.ts';
import type { SloFilter } from '../../core/ports/slo-filter.ts';

/** By what SLOs are put together on the overview. */
export const GROUPS = ['workflow', 'owner', 'none'] as const;
export const VIEWS = ['page', 'tv'] as const;

/** What a reader wants to see of all SLOs; all of it is in the address of the page, so that it can be passed on. */
export interface OverviewChoice extends SloFilter {
  readonly group: (typeof GROUPS)[number];
  readonly view: (typeof VIEWS)[number];
  /** From 1 on. */
  readonly page: number;
}

export const WHOLE: OverviewChoice = {
  text: '',
  owner: null,
  workflow: null,
  labels: {},
  alert: null,
  budget: null,
  data: null,
  group: 'workflow',
  view: 'page',
  page: 1,
};

/** The address of the overview for a choice; what is as usual is left out. */
export function overviewPath(base: string, choice: OverviewChoice): string {
  const { text, labels, ...others } = choice;
  const query = new URLSearchParams();
  if (text !== '') query.set('q', text);
  if (Object.keys(labels).length > 0) query.set('label', labelsText(labels));
  for (const [name, value] of Object.entries(others)) {
    if (value !== null && value !== WHOLE[name as keyof OverviewChoice]) query.set(name, String(value));
  }
  const written = query.toString();
  return written === '' ? `${base}/` : `${base}/?${written}`;
}
