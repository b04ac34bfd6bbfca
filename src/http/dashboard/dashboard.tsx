import type { IncomingMessage } from 'node:http';
import type { AlertLevel, Queries, SloReport } from '../../core/ports/queries.ts';
import type { IncidentDetail, IncidentPage, IncidentQuery } from '../../core/ports/incident-reports.ts';
import type { NotificationPage } from '../../core/ports/outbox-reports.ts';
import type { RowState } from '../../core/ports/store/outbox.ts';
import type { PeriodReport } from '../../core/ports/period-report.ts';
import type { SilencePage } from '../../core/ports/silences.ts';
import { isRefused } from '../../core/ports/refused.ts';
import type { Rejections } from '../../core/ports/rejections.ts';
import type { Grant } from '../../core/ports/token.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import { Reply } from '../answers/respond.ts';
import type { OverviewChoice } from './overview-choice.ts';
import { overviewPage, shownSlos } from './overview-page.tsx';
import { byAttention, surveyOf } from './survey.ts';
import { dependencyCard, dependencyPage } from './dependency-pages.tsx';
import { openAlerts, severest } from './open-alerts.ts';
import type { HttpProblem } from '../answers/problems.ts';
import type { Theme } from './layout.tsx';
import { page } from './layout.tsx';
import type { SilenceVisitor } from './silences-page.tsx';
import { silencesPage } from './silences-page.tsx';
import { problemPage } from './problem-page.tsx';
import type { SignInNotice } from './sign-in-page.tsx';
import { signInPage } from './sign-in-page.tsx';
import type { LinkView } from '../../core/ports/incident-links.ts';
import type { LinkPageTime, LinkVisitor } from './link-page.tsx';
import { linkPage } from './link-page.tsx';
import { rejectionCard } from './rejection-card.tsx';
import { incidentListPage } from './incident-list-page.tsx';
import type { IncidentVisitor } from './incident-page.tsx';
import { incidentPage } from './incident-page.tsx';
import { onCallPage } from './on-call-page.tsx';
import type { OutboxVisitor } from './outbox-page.tsx';
import { outboxPage } from './outbox-page.tsx';
import { periodReportPage } from './period-report-page.tsx';
import type { ReferenceSection } from './reference-page.tsx';
import { referencePage } from './reference-page.tsx';
import type { ChartChoice, DrawnCharts } from './chart-cards.tsx';
import { drawCharts } from './chart-cards.tsx';
import type { SloVisitor } from './slo-page.tsx';
import { sloPage, sloTitle } from './slo-page.tsx';
import { DEFAULT_STATISTICS_WINDOW } from './statistics-card.tsx';
import { MAX_SLOS, workflowPage } from './workflow-page.tsx';
import type { ServiceStatus } from '../../core/ports/service-status.ts';
import type { Child } from './markup.ts';
import { h } from './markup.ts';

/** Who looks at a page. */
export interface Viewer {
  /** What that one may read. */
  readonly queries: Queries;
  /** Whether that is everything: what is said of the service and its files names all workflows. */
  readonly readsAll: boolean;
  /** The name of who is signed in by a cookie; null for all others. */
  readonly signedIn: string | null;
  /** What that one's browser was set to; null: as its system has it. */
  readonly theme: Theme | null;
}

export interface DashboardOptions {
  readonly status: () => ServiceStatus;
  /** What was rejected lately. */
  readonly rejections: Pick<Rejections, 'lastHour'>;
  /** What a caller without a token may do; null when a token is needed. */
  readonly access: { readonly open: readonly Grant[] | null };
  readonly publicUrl: string | null;
  /** Where traces are shown, with `{traceId}` in it; null: nowhere. */
  readonly traceUrl: string | null;
  readonly version: string;
}

/** The pages for people. They work without their script, too. */
export interface Dashboard {
  /** `host` is the Host header of the request, for examples when no public URL is known. */
  overview(choice: OverviewChoice, host: string | undefined, viewer: Viewer): Promise<Reply<string>>;
  /** A time of charts that is none is as if it were absent. `visitor` says what the viewer may do, and what came of it. */
  slo(
    id: string,
    choice: ChartChoice,
    host: string | undefined,
    visitor: SloVisitor,
    viewer: Viewer,
  ): Promise<Reply<string>>;
  /** `window` as in the query of the page: one that is none is as if it were absent. */
  workflow(name: string, window: string | null, viewer: Viewer): Promise<Reply<string>>;
  dependency(name: string, viewer: Viewer): Promise<Reply<string>>;
  incidents(
    read: () => Promise<IncidentPage>,
    query: IncidentQuery,
    now: number,
    viewer: Viewer,
  ): Promise<Reply<string>>;
  outbox(
    read: () => Promise<NotificationPage>,
    state: RowState,
    visitor: OutboxVisitor,
    answer: { readonly now: number; readonly status: number },
    viewer: Viewer,
  ): Promise<Reply<string>>;
  /** `visitor` says what the viewer may do, and what came of it. */
  silences(
    read: () => Promise<SilencePage>,
    visitor: SilenceVisitor,
    answer: { readonly now: number; readonly status: number },
    viewer: Viewer,
  ): Promise<Reply<string>>;
  onCall(now: number, viewer: Viewer): Promise<Reply<string>>;
  reference(sections: readonly ReferenceSection[], viewer: Viewer): Promise<Reply<string>>;
  report(make: () => Promise<PeriodReport>, viewer: Viewer): Promise<Reply<string>>;
  /** `visitor` says what the viewer may do with what was found. */
  incident(
    id: string,
    find: () => Promise<IncidentDetail | null>,
    visitor: (incident: IncidentDetail) => IncidentVisitor,
    answer: { readonly now: number; readonly status: number },
    viewer: Viewer,
  ): Promise<Reply<string>>;
  /** The page where people sign in and then go on to `next`. */
  signIn(
    status: number,
    next: string,
    notice: SignInNotice,
    request: Pick<IncomingMessage, 'headers'>,
  ): Reply<string>;
  /** The page of a link in a message. */
  link(view: LinkView, visitor: LinkVisitor, at: LinkPageTime): Reply<string>;
  /** What a browser gets in place of a page. */
  problem(problem: HttpProblem, theme: Theme | null): Reply<string>;
  /** Where a path of ours is found from outside. */
  place(path: string): string;
}

/** Of one report: what people ask for in its five seconds is of few kinds, what a program asks for may not be. */
const MAX_OVERVIEWS = 50;

/** What was made of a report for all who look at it. */
interface MadeOverview {
  readonly main: Child;
  readonly title: string;
  readonly severest: AlertLevel;
  /** Those that the report is of. */
  readonly workflows: ReadonlySet<string>;
}

export function createDashboard({
  status,
  rejections,
  access,
  publicUrl,
  traceUrl,
  version,
}: DashboardOptions): Dashboard {
  const base = publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/(?<!\/)\/+$/, '');

  /** Where producers reach the service, as far as can be known. */
  const originFor = (host: string | undefined): string =>
    publicUrl?.replace(/(?<!\/)\/+$/, '') ?? originOf(host);
  const needsToken = access.open === null;
  const overviews = new WeakMap<readonly SloReport[], Map<string, Promise<MadeOverview>>>();

  /** What is shown of a report, once for all who look at it. */
  function overviewOf(
    queries: Queries,
    slos: readonly SloReport[],
    choice: OverviewChoice,
    origin: string,
  ): Promise<MadeOverview> {
    const asked = JSON.stringify([choice, origin]);
    let made = overviews.get(slos);
    if (!made) overviews.set(slos, (made = new Map()));
    let overview = made.get(asked);
    if (overview) return overview;
    overview = makeOverview(queries, slos, choice, origin);
    if (made.size < MAX_OVERVIEWS) made.set(asked, overview);
    return overview;
  }

  async function makeOverview(
    queries: Queries,
    slos: readonly SloReport[],
    choice: OverviewChoice,
    origin: string,
  ): Promise<MadeOverview> {
    const survey = await surveyOf(slos);
    const shown = await shownSlos(survey, choice);
    const [inFlight, recent] = await Promise.all([
      queries.inFlight([...new Set(shown.rows.map(({ workflow }) => workflow))]),
      queries.recent(shown.rows.map(({ id }) => id)),
    ]);
    return {
      main: await overviewPage({ slos, survey, shown, inFlight, recent, choice, base, origin }),
      title: openAlerts(survey.alerts) ?? 'Error budgets',
      severest: severest(survey.alerts),
      workflows: survey.workflows,
    };
  }

  type Show = (code: number, title: string, main: Child, alert?: AlertLevel) => Reply<string>;

  function showTo({ readsAll, signedIn, theme }: Viewer): Show {
    return (code, title, main, alert = 'none') => {
      const known = status();
      const shown = readsAll ? known : { ...known, sloProblems: [] };
      return new Reply(code, page({ title, alert, base, version, status: shown, signedIn, theme }, main));
    };
  }

  async function unlessAway(show: Show, render: () => Promise<Reply<string>>): Promise<Reply<string>> {
    try {
      return await render();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const text = 'Outcomes are refused with 503 until it answers again; producers send them again.';
      return show(
        503,
        'Store unavailable',
        <>
          <h1>The store does not answer</h1>
          <p>{text}</p>
        </>,
      );
    }
  }

  /** `elsewhere`: the path and the name of a page that lists what there is. */
  function notFound(show: Show, heading: string, elsewhere: readonly [string, string] = ['/', 'All SLOs']) {
    const [path, name] = elsewhere;
    return show(
      404,
      'Not found',
      <>
        <h1>{heading}</h1>
        <p>
          <a href={`${base}${path}`}>{name}</a>
        </p>
      </>,
    );
  }

  return {
    overview(choice, host, viewer) {
      const { queries } = viewer;
      const show = showTo(viewer);
      return unlessAway(show, async () => {
        const slos = await queries.slos();
        const overview = await overviewOf(queries, slos, choice, originFor(host));
        const { main, workflows } = overview;
        // What names no workflow of theirs may name one of others.
        const rejected = rejections
          .lastHour()
          .filter(({ workflow }) => viewer.readsAll || (workflow !== null && workflows.has(workflow)));
        const dependencies = await queries.dependencies(null);
        const body = (
          <>
            {main}
            {dependencyCard(dependencies, base)}
            {rejectionCard(rejected, workflows)}
          </>
        );
        return show(200, overview.title, body, overview.severest);
      });
    },
    slo(id, choice, host, visitor, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () => {
        const [slo, charts, changes] = await Promise.all([
          viewer.queries.slo(id),
          chartsOf(viewer.queries, id, choice),
          viewer.queries.definitionChanges(id),
        ]);
        if (slo)
          return show(
            visitor.notice?.status ?? 200,
            sloTitle(slo),
            sloPage(
              slo,
              visitor,
              base,
              { url: originFor(host), needsToken },
              charts,
              changes ?? [],
              traceUrl,
            ),
            slo.alert,
          );
        return notFound(show, `No SLO ${id} is loaded`);
      });
    },
    workflow(name, window, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () => {
        const { queries } = viewer;
        const [workflow, asked] = await Promise.all([
          queries.workflow(name),
          queries.statistics(name, window ?? DEFAULT_STATISTICS_WINDOW),
        ]);
        const statistics =
          asked && isRefused(asked) ? await queries.statistics(name, DEFAULT_STATISTICS_WINDOW) : asked;
        if (workflow && statistics && !isRefused(statistics)) {
          const slos = (await queries.slos()).filter((slo) => slo.workflow === name).toSorted(byAttention);
          const recent = await queries.recent(slos.slice(0, MAX_SLOS).map(({ id }) => id));
          const body = workflowPage(workflow, statistics, slos, recent, base, traceUrl);
          return show(200, workflow.workflow, body);
        }
        return notFound(show, `No SLO file defines the workflow ${name}`);
      });
    },
    dependency(name, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () => {
        const dependency = await viewer.queries.dependency(name, null);
        if (dependency) return show(200, dependency.name, dependencyPage(dependency, base));
        return notFound(show, `No SLO file declares the dependency ${name}`);
      });
    },
    incidents(read, query, now, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () =>
        show(200, 'Incidents', incidentListPage(await read(), query, base, now)),
      );
    },
    outbox(read, state, visitor, { now, status: code }, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () =>
        show(code, 'Outbox', outboxPage(await read(), state, visitor, base, now)),
      );
    },
    silences(read, visitor, { now, status: code }, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () =>
        show(code, 'Silences', silencesPage(await read(), visitor, base, now)),
      );
    },
    onCall(now, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () =>
        show(200, 'On call', onCallPage(await viewer.queries.onCall(), base, now)),
      );
    },
    async reference(sections, viewer) {
      return showTo(viewer)(200, 'Reference of the API', referencePage(sections, base));
    },
    report(make, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () => {
        const report = await make();
        return show(200, `Report of a ${report.period}`, periodReportPage(report, base));
      });
    },
    incident(id, find, visitor, { now, status: code }, viewer) {
      const show = showTo(viewer);
      return unlessAway(show, async () => {
        const incident = await find();
        if (incident) {
          const { state, severity, slo } = incident;
          const body = incidentPage(incident, visitor(incident), base, traceUrl, now);
          return show(code, `Incident: ${slo}`, body, state === 'open' ? severity : 'none');
        }
        return notFound(show, `Nothing is kept of an incident ${id}`, [
          '/incidents?state=all',
          'All incidents',
        ]);
      });
    },
    signIn: (code, next, notice, { headers }) =>
      new Reply(
        code,
        signInPage({
          base,
          next,
          notice,
          again: code === 401 && notice === null && headers['sec-fetch-site'] === 'cross-site',
        }),
      ),
    link: (view, visitor, { status, ...at }) => new Reply(status, linkPage(view, visitor, base, at)),
    problem: (problem, theme) => new Reply(problem.status, problemPage(problem, base, theme)),
    place: (path) => `${base}${path}`,
  };
}

/** Where this very request came in; the header is the client's word, so only what can be a host is taken. */
function originOf(host = ''): string {
  return `http://${/^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? host : 'localhost'}`;
}

/** What charts show of the time that is chosen, or of the usual one when that is none. */
async function chartsOf(queries: Queries, id: string, choice: ChartChoice): Promise<DrawnCharts | null> {
  const data = await queries.charts(id, choice);
  if (data === null) return null;
  if (!isRefused(data)) return drawCharts(data, choice);
  const usual = { ...choice, range: null, from: null, to: null };
  const found = await queries.charts(id, usual);
  return found === null || isRefused(found) ? null : drawCharts(found, usual);
}
