import type { Clock } from '../../core/ports/clock.ts';
import type { AlertState } from '../../core/alerting/incident.ts';
import { QUIET } from '../../core/alerting/incident.ts';
import { readTiers } from '../../core/alerting/incident-step.ts';
import { parseChartQuery } from '../../core/ports/chart-query.ts';
import { parseHistoryQuery } from '../../core/ports/history-query.ts';
import { upgradeGateOverride } from '../../core/ports/stored-gate-override.ts';
import { isRefused } from '../../core/ports/refused.ts';
import { onCallReports } from '../../core/ports/on-call.ts';
import type { MemberReport, Queries, SloReport, WorkflowActivity } from '../../core/ports/queries.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { valueBreakdown } from '../../core/alerting/value-breakdown.ts';
import { exampleFact } from '../../core/slo/example-fact.ts';
import { allSlos } from '../../core/slo/slo.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { HOUR } from '../../core/time/duration.ts';
import { NOTHING_NOTED } from '../annotations/annotations.ts';
import type { Annotations } from '../annotations/annotations.ts';
import type { Adjustments } from '../adjustments/adjustments.ts';
import { cachedStates } from './cached-states.ts';
import { readFailed } from '../counters/failure-breakdown.ts';
import { reportCharts } from './chart-report.ts';
import { createDefinitionChanges } from './definition-changes.ts';
import { reportDependencies, reportDependency } from './dependency-report.ts';
import { reportExecution } from './execution-report.ts';
import { reportHistory } from './history-report.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import { inSlices } from '../counters/in-slices.ts';
import { VALUES_FULL, reportValues } from './value-reports.ts';
import { sharedReports } from './shared-reports.ts';
import { scrapeReports } from './scrape-report.ts';
import { readRecent } from './recent-counts.ts';
import type { FindingsOptions } from './slo-findings.ts';
import { readFindings } from './slo-findings.ts';
import { reportSlo, rounded } from './slo-report.ts';
import { reportTier } from './tier-report.ts';
import { readActivity, readWorkflow } from './workflow-activity.ts';
import { parseWindows, readStatistics } from './workflow-statistics.ts';

export interface QueriesOptions extends Pick<FindingsOptions, 'detections' | 'definitionText'> {
  readonly store: Store;
  readonly reader: Reader;
  readonly adjustments: Adjustments;
  /** Absent: nothing is noted. */
  readonly annotations?: Pick<Annotations, 'about'>;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  /** When SLOs were evaluated last, on whichever replica; null before that. */
  readonly evaluatedAt: () => number | null;
}

const LAST_FAILED_TOLD = 10;
/** SLOs reported at once. */
const SLICE = 100;
/** Workflows whose activity is read side by side: each asks every partition. */
const WORKFLOWS_AT_ONCE = 20;

interface SloResult {
  readonly report: SloReport;
  readonly state: AlertState;
}

/** Makes the reading side; it needs no lease and works on every replica. */
export function createQueries(options: QueriesOptions): Queries {
  const {
    store,
    reader,
    adjustments,
    annotations = NOTHING_NOTED,
    definitions,
    clock,
    elapsed,
    evaluatedAt,
  } = options;
  const states = cachedStates(store, clock);
  const changesOf = createDefinitionChanges(store, elapsed);
  const calls = { store, sums: reader.seriesSums };

  async function read(slos: readonly Slo[], now: number): Promise<readonly SloResult[]> {
    await adjustments.refresh(now);
    const [stored, records] = await Promise.all([states(), store.records('gate-overrides')]);
    const overrides = records.flatMap(({ value }) => upgradeGateOverride(value) ?? []);
    const evaluated = evaluatedAt();
    const results: SloResult[] = [];
    await inSlices(slos, SLICE, async (slice) => {
      await reader.prepare(slice, now);
      for (const slo of slice) {
        const state = stored.get(slo.id)?.state ?? QUIET;
        const report = reportSlo(slo, state, reader.evidence(slo, now), now, evaluated, overrides);
        results.push({ report, state });
      }
    });
    return results;
  }

  const reportAll = sharedReports({
    definitions,
    elapsed,
    size: (known) => allSlos(known).length,
    async report(known) {
      const results = await read(allSlos(known), clock.now());
      return results.map(({ report }) => report);
    },
  });
  const dependenciesOf = (known: Definitions, workflows: readonly string[] | null) =>
    reportDependencies(calls, [...known.dependencies.values()], among(known, workflows), clock.now());
  const allDependencies = sharedReports({
    definitions,
    elapsed,
    // The calls of each by every workflow are added up.
    size: ({ dependencies, workflows }) => dependencies.size * workflows.size,
    report: (known) => dependenciesOf(known, null),
  });

  const scrapeOf = scrapeReports(store, reader.events);
  const scrape = sharedReports({
    definitions,
    elapsed,
    size: (known) => Math.max(known.workflows.size, allSlos(known).length),
    report: (known) => scrapeOf(known, clock.now()),
  });

  return {
    // Rejects, rather than throws, while the SLO files wait for the store.
    slos: async () => reportAll(),
    recent: (ids) => readRecent(reader, adjustments, slosOf(definitions(), ids), clock.now()),
    async slo(id) {
      const slo = allSlos(definitions()).find((candidate) => candidate.id === id);
      if (!slo) return null;
      const now = clock.now();
      const ofValues = allSlos(definitions()).filter(({ value }) => value?.whole === id);
      const [result, ...values] = await read([slo, ...ofValues], now);
      const { report } = result!;
      const readings = readTiers(slo, reader.evidence(slo, now), now);
      const { failures, lastFailed } = await readFailed(store, slo, now - HOUR, now);
      const brokenDown = await reader.breakdowns([{ slo, window: HOUR }], now);
      const findings = await readFindings(options, slo, definitions(), report.historySince, now);
      const firing = report.incident?.firing ?? [];
      const isFull = brokenDown.get(slo)!.some(({ attribute, full }) => attribute === slo.each && full);
      return {
        ...report,
        ...findings,
        warnings: isFull ? [...report.warnings, VALUES_FULL] : report.warnings,
        values: reportValues(values),
        tiers: readings.map((reading) =>
          reportTier(reading, firing.includes(reading.tier.name), report.sli.unit),
        ),
        members: reader.members(slo, now).map(undustedMember),
        adjustments: adjustments.of(slo, now),
        failures,
        lastFailed: lastFailed.slice(0, LAST_FAILED_TOLD),
        breakdown: brokenDown.get(slo)!.map(({ attribute, all, values, full }) => ({
          attribute,
          values: valueBreakdown(all, values),
          full,
        })),
        example: exampleFact(slo),
      };
    },
    async history(id, texts) {
      const slo = allSlos(definitions()).find((candidate) => candidate.id === id);
      if (!slo) return null;
      const now = clock.now();
      const query = parseHistoryQuery(texts, now);
      if ('problems' in query) return { refused: 'invalid', problems: query.problems };
      await adjustments.refresh(now);
      await reader.prepare([slo], now);
      return reportHistory(store, adjustments, slo, query, reader.evidence(slo, now).since, now);
    },
    async definitionChanges(id) {
      const slo = allSlos(definitions()).find((candidate) => candidate.id === id);
      return slo ? changesOf(slo.value?.whole ?? id) : null;
    },
    async charts(id, texts) {
      const slo = allSlos(definitions()).find((candidate) => candidate.id === id);
      if (!slo) return null;
      const now = clock.now();
      const query = parseChartQuery(texts, slo.window, now);
      if ('problems' in query) return { refused: 'invalid', problems: query.problems };
      const [result] = await read([slo], now);
      const workflow = definitions().workflows.get(slo.workflow);
      const sources = { store, adjustments, annotations, changesOf };
      return reportCharts(sources, slo, workflow, result!.report, query, now);
    },
    async inFlight(workflows) {
      const now = clock.now();
      const known = workflows.filter((workflow) => definitions().workflows.has(workflow));
      const found: WorkflowActivity[] = [];
      await inSlices(known, WORKFLOWS_AT_ONCE, async (slice) => {
        found.push(...(await Promise.all(slice.map((workflow) => readActivity(store, workflow, now)))));
      });
      return found;
    },
    async workflow(name) {
      const { workflows, dependencies } = definitions();
      const workflow = workflows.get(name);
      return workflow ? readWorkflow(calls, workflow, dependencies, clock.now()) : null;
    },
    async statistics(name, text) {
      const workflow = definitions().workflows.get(name);
      if (!workflow) return null;
      const windows = parseWindows(text);
      return isRefused(windows) ? windows : readStatistics(store, workflow, windows, clock.now());
    },
    async execution(name, execution) {
      const known = definitions();
      const workflow = known.workflows.get(name);
      return workflow ? reportExecution(store, workflow, allSlos(known), execution, clock.now()) : null;
    },
    dependencies: async (workflows) =>
      workflows === null ? allDependencies() : dependenciesOf(definitions(), workflows),
    async dependency(name, workflows) {
      const known = definitions();
      const dependency = known.dependencies.get(name);
      return dependency ? reportDependency(calls, dependency, among(known, workflows), clock.now()) : null;
    },
    onCall: async () => onCallReports(definitions(), clock.now()),
    scrape: async () => scrape(),
  };
}

function slosOf(known: Definitions, ids: readonly string[]): readonly Slo[] {
  const asked = new Set(ids);
  return allSlos(known).filter(({ id }) => asked.has(id));
}

/** Those of the workflows that are loaded; null: all of them. */
function among({ workflows: loaded }: Definitions, workflows: readonly string[] | null): readonly string[] {
  return workflows === null ? [...loaded.keys()] : workflows.filter((workflow) => loaded.has(workflow));
}

function undustedMember(member: MemberReport): MemberReport {
  const { ratio, share } = member;
  return {
    ...member,
    ratio: ratio === null ? null : rounded(ratio, 12),
    share: share === null ? null : rounded(share, 12),
  };
}
