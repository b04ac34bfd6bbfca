import type { FailureChange } from '../../core/alerting/failure-changes.ts';
import { changesBy, failureChanges } from '../../core/alerting/failure-changes.ts';
import { targetsFor } from '../../core/alerting/routing.ts';
import type { RouteReport, RouteTarget, SloFindings } from '../../core/ports/slo-findings.ts';
import type { FlightReport } from '../../core/ports/store/counting.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { handOverName } from '../../core/sli/hand-over.ts';
import type { Sli, SliOf } from '../../core/sli/sli.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { DAY, HOUR } from '../../core/time/duration.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import { failuresOf } from '../counters/failure-breakdown.ts';

export interface FindingsOptions {
  readonly store: Pick<Store, 'readFailures' | 'slowest'>;
  readonly reader: Reader;
  /** How soon an SLO alerts; absent where that is not asked. */
  readonly detections?: (slo: Slo) => Promise<SloFindings['detections']>;
  /** An SLO as a file would say it; absent where that is not asked. */
  readonly definitionText?: (slo: Slo) => string;
}

const STUCK_SHOWN = 10;
/** Of what is in flight, those longest there are looked at. */
const LOOKED_AT = 500;

/** What people ask of an SLO besides its numbers; `since` is when it began to be counted. */
export async function readFindings(
  { store, reader, detections, definitionText }: FindingsOptions,
  slo: Slo,
  definitions: Definitions,
  since: number,
  now: number,
): Promise<SloFindings> {
  await reader.missedRuns.prepare([slo], now);
  const [ofCauses, ofAttributes, stuck] = await Promise.all([
    causeChanges(store, slo, since, now),
    attributeChanges(reader, slo, since, now),
    readStuck(store, slo, now),
  ]);
  return {
    changes: [...ofCauses, ...ofAttributes],
    missedRun: reader.missedRuns.read(slo, now),
    stuck,
    route: routeReport(definitions, slo),
    detections: slo.alerts.tiers.length === 0 ? [] : ((await detections?.(slo)) ?? []),
    source: placeInFolder(slo.source),
    definition: definitionText?.(asWritten(slo, definitions)) ?? null,
  };
}

/** Failures are filed by the hour: the files that hold the last hour against those of the 24 hours before them. */
async function causeChanges(
  store: Pick<Store, 'readFailures'>,
  slo: Slo,
  since: number,
  now: number,
): Promise<readonly FailureChange[]> {
  const start = Math.floor((now - HOUR) / HOUR) * HOUR;
  const [lately, before] = await Promise.all([
    failuresOf(store, slo, start, now),
    failuresOf(store, slo, start - DAY, start - 1),
  ]);
  return failureChanges(lately, before, scaleOf(now - start, start - Math.max(start - DAY, since)));
}

/** Counters are kept by the minute: the last hour against the 23 before it. */
async function attributeChanges(
  reader: Reader,
  slo: Slo,
  since: number,
  now: number,
): Promise<readonly FailureChange[]> {
  const hour = (await reader.breakdowns([{ slo, window: HOUR }], now)).get(slo)!;
  const day = (await reader.breakdowns([{ slo, window: DAY }], now)).get(slo)!;
  const scale = scaleOf(HOUR, now - HOUR - Math.max(now - DAY, since));
  return hour.flatMap(({ attribute, all, values }) => {
    const whole = day.find((other) => other.attribute === attribute);
    const lately = failedOf(all.bad, values);
    const before = failedOf(whole?.all.bad ?? 0, whole?.values ?? []);
    const earlier = new Map(
      [...before].map(([value, failed]) => [value, Math.max(0, failed - (lately.get(value) ?? 0))]),
    );
    return changesBy('attribute', attribute, lately, earlier, scale);
  });
}

function failedOf(
  all: number,
  values: readonly { readonly value: string; readonly bad: number }[],
): Map<string | null, number> {
  const failed = new Map<string | null, number>(values.map(({ value, bad }) => [value, bad]));
  const told = values.reduce((sum, { bad }) => sum + bad, 0);
  return failed.set(null, Math.max(0, all - told));
}

/** Less than an hour before says nothing of what is usual. */
function scaleOf(lately: number, before: number): number | null {
  return before < HOUR ? null : lately / before;
}

async function readStuck(
  store: Pick<Store, 'slowest'>,
  { workflow, sli }: Slo,
  now: number,
): Promise<readonly FlightReport[]> {
  const subject = flightSubject(sli);
  if (!subject) return [];
  const slowest = await store.slowest(workflow, now, LOOKED_AT);
  return slowest
    .filter(
      ({ of, step, overdue }) =>
        overdue && of === subject.of && (subject.of === 'execution' || step === subject.step),
    )
    .slice(0, STUCK_SHOWN);
}

type FlightSubject = Pick<FlightReport, 'of' | 'step'>;

/** What of a workflow can be in flight for an SLI of each kind; null for what is not about something that begins and ends. */
const FLIGHT_SUBJECT: { readonly [K in Sli['kind']]: (sli: SliOf<K>) => FlightSubject | null } = {
  outcomes({ step, dependency }) {
    if (step !== null) return { of: 'step', step };
    return dependency === null ? { of: 'execution', step: null } : null;
  },
  measurement: () => null,
  transition: (sli) => ({ of: 'step', step: handOverName(sli) }),
  slices: ({ of }) => flightSubject(of),
  freshness: ({ of }) => flightSubject(of),
  schedule: () => ({ of: 'execution', step: null }),
  composite: () => null,
};

function flightSubject<K extends Sli['kind']>(sli: SliOf<K>): FlightSubject | null {
  return FLIGHT_SUBJECT[sli.kind](sli);
}

/** What stands in a file: for the SLO of a value, that of the whole. */
function asWritten(slo: Slo, definitions: Definitions): Slo {
  return allSlos(definitions).find(({ id }) => id === slo.value?.whole) ?? slo;
}

/** A file in its folder: where that lies on the machine is not for everyone who may read an SLO. */
function placeInFolder(source: string): string {
  return source.split(/[/\\]/).slice(-2).join('/');
}

function routeReport(definitions: Definitions, slo: Slo): RouteReport {
  const named = (names: readonly string[]): readonly RouteTarget[] =>
    names.map((name) => ({
      name,
      kind: (definitions.targets.get(name) ?? definitions.onCall.get(name))?.kind ?? null,
    }));
  return {
    page: named(targetsFor(definitions, slo, 'page')),
    ticket: named(targetsFor(definitions, slo, 'ticket')),
    fallback: named(definitions.teams.get(slo.owner)?.fallback ?? []),
    escalation: slo.alerts.escalation.map(({ after, to }) => ({ after, to: named(to) })),
  };
}
