import type { SloFilter, SloReport } from '../../core/ports/queries.ts';
import { isAskedFor } from '../../core/ports/queries.ts';

/** By what SLOs are put together on the overview. */
export const GROUPS = ['workflow', 'owner', 'none'] as const;
export const VIEWS = ['page', 'tv'] as const;

/** What a reader wants to see of all SLOs; all of it is in the address of the page, so that it can be passed on. */
export interface OverviewChoice extends SloFilter {
  /** Only SLOs with this text in their id or owner; '' for all. */
  readonly text: string;
  readonly owner: string | null;
  readonly workflow: string | null;
  readonly group: (typeof GROUPS)[number];
  readonly view: (typeof VIEWS)[number];
  /** From 1 on. */
  readonly page: number;
}

export const WHOLE: OverviewChoice = {
  text: '',
  owner: null,
  workflow: null,
  alert: null,
  budget: null,
  data: null,
  group: 'workflow',
  view: 'page',
  page: 1,
};

/** Whether an SLO is among those that a reader wants to see. */
export function isChosen(slo: SloReport, choice: OverviewChoice): boolean {
  const text = choice.text.toLowerCase();
  return (
    (choice.owner === null || slo.owner === choice.owner) &&
    (choice.workflow === null || slo.workflow === choice.workflow) &&
    (text === '' || slo.id.toLowerCase().includes(text) || slo.owner.toLowerCase().includes(text)) &&
    isAskedFor(slo, choice)
  );
}

/** The address of the overview for a choice; what is as usual is left out. */
export function overviewPath(base: string, choice: OverviewChoice): string {
  const { text, ...others } = choice;
  const query = new URLSearchParams();
  if (text !== '') query.set('q', text);
  for (const [name, value] of Object.entries(others)) {
    if (value !== null && value !== WHOLE[name as keyof OverviewChoice]) query.set(name, String(value));
  }
  const written = query.toString();
  return written === '' ? `${base}/` : `${base}/?${written}`;
}
