import type { ScrapeReport } from '../../core/ports/scrape.ts';
import { METRICS_TYPE } from '../metrics/metrics.ts';
import { TEXT } from './parameters.ts';
import type { HttpRoute } from './route-table.ts';

const NOTHING: ScrapeReport = { events: new Map(), workflows: [], stepsLeftOut: 0 };

export const METRICS_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/metrics',
    scope: 'read',
    everyWorkflow: true,
    summary: 'metrics for Prometheus',
    query: {
      parameters: {
        owner: { schema: TEXT, description: 'only SLOs, workflows and dependencies of this owner' },
        workflow: { schema: TEXT, description: 'only this workflow and its SLOs' },
      },
      others: 'refused',
    },
    answer: { kind: 'text', type: METRICS_TYPE, statuses: [200] },
    async handler({ queries, metrics, status }, { query }) {
      const [owner, workflow] = [query('owner'), query('workflow')];
      // A scrape must show that the store is down, so it cannot fail with it. One after the other: work in slices that is
      // done side by side takes a slice of each in one turn of the event loop (G2).
      const slos = await queries.slos().catch(() => []);
      const dependencies = await queries.dependencies(null).catch(() => []);
      const report = await queries.scrape().catch(() => NOTHING);
      if (owner === null && workflow === null)
        return metrics.render(status(), { slos, dependencies, report });
      const isAsked = (of: { readonly workflow: string | null; readonly owner: string | null }) =>
        (owner === null || of.owner === owner) && (workflow === null || of.workflow === workflow);
      return metrics.render(status(), {
        slos: slos.filter(isAsked),
        dependencies: dependencies.filter((one) => isAsked({ workflow: null, owner: one.owner })),
        report: { ...report, workflows: report.workflows.filter(isAsked) },
      });
    },
  },
];
