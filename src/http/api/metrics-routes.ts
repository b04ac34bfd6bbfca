import type { DependencyReport, SloReport } from '../../core/ports/queries.ts';
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
      let slos: readonly SloReport[] = [];
      let dependencies: readonly DependencyReport[] = [];
      let report = NOTHING;
      // One after the other: of work in slices that is done side by side, one turn of the event loop has a slice of each (G2).
      try {
        slos = await queries.slos();
        dependencies = await queries.dependencies(null);
        report = await queries.scrape();
      } catch {
        // A scrape must show that the store is down, so it cannot fail with it; nor does it wait for each part to fail.
      }
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
