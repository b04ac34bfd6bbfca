import { sumCells } from '../../core/counters/cells.ts';
import type { PlaceReport, WorkflowActivity, WorkflowReport } from '../../core/ports/queries.ts';
import type { FlightReport, FlightPlace } from '../../core/ports/store/counting.ts';
import { CONFLICTS } from '../../core/ports/store/counting.ts';
import { handOverOf } from '../../core/sli/hand-over.ts';
import { nearest } from '../../core/words/suggestion.ts';
import type { Store } from '../../core/ports/store/store.ts';
import type { Definitions, Workflow } from '../../core/slo/slo.ts';
import { HOUR, minuteOf } from '../../core/time/duration.ts';
import type { SeriesSums } from '../counters/series-sums.ts';
import { readQueues } from './queue-depths.ts';
import { partsOf, readCalls, readHandOvers } from './workflow-parts.ts';

/** What is going on in a workflow, as far as it can be read while a part of the store is away. */
export async function readActivity(store: Store, workflow: string, now: number): Promise<WorkflowActivity> {
  const [inFlight, conflicts] = await Promise.all([
    store.inFlight(workflow),
    countConflicts(store, workflow, now),
  ]);
  return { workflow, ...inFlight, conflicts };
}

/** Read to see since when something is in each place. */
const LOOKED_AT = 500;
const SHOWN = 50;

export interface WorkflowOptions {
  readonly store: Store;
  readonly sums: SeriesSums;
}

/** A workflow as it is now; `dependencies` are those of which something was promised. */
export async function readWorkflow(
  { store, sums }: WorkflowOptions,
  workflow: Workflow,
  dependencies: Definitions['dependencies'],
  now: number,
): Promise<WorkflowReport> {
  const { name, owner, runbook, steps, after, slos } = workflow;
  const [activity, places, slowest, queues, handOvers, calls] = await Promise.all([
    readActivity(store, name, now),
    store.places(name),
    store.slowest(name, now, LOOKED_AT),
    readQueues(store, workflow, now),
    readHandOvers(sums, workflow, now),
    readCalls({ store, sums }, workflow, dependencies, now),
  ]);
  return {
    ...activity,
    at: now,
    owner,
    runbook,
    steps,
    after: Object.fromEntries(after),
    unmapped: unmappedSteps(places, steps),
    queues,
    slos: slos.map(({ id }) => id),
    parts: partsOf(workflow),
    handOvers,
    calls,
    places: placeReports(places, slowest),
    slowest: slowest.slice(0, SHOWN),
  };
}

/** Steps that are not in the map, where there is one. */
function unmappedSteps(places: readonly FlightPlace[], steps: readonly string[]): WorkflowReport['unmapped'] {
  if (steps.length === 0) return [];
  const names = new Set(places.flatMap(({ step }) => (step === null || handOverOf(step) ? [] : [step])));
  return [...names]
    .filter((step) => !steps.includes(step))
    .slice(0, SHOWN)
    .map((step) => ({ step, meant: nearest(step, steps) ?? null }));
}

/** Places with the moment since when something is there; `slowest` as the store gives them. */
export function placeReports(
  places: readonly FlightPlace[],
  slowest: readonly FlightReport[],
): readonly PlaceReport[] {
  return places
    .map((place): PlaceReport => {
      const first = slowest.find(
        (flight) =>
          flight.of === place.of && flight.step === place.step && (flight.overdue || place.overdue === 0),
      );
      return { ...place, oldest: first?.startedAt ?? first?.queuedAt ?? null };
    })
    .toSorted((one, other) => other.overdue - one.overdue || other.running - one.running);
}

/** How many outcomes of a workflow were conflicts in the last hour. */
async function countConflicts(store: Store, workflow: string, now: number): Promise<number> {
  const last = minuteOf(now);
  const first = minuteOf(now - HOUR) + 1;
  const hours = [...new Set([Math.floor(first / 60), Math.floor(last / 60)])];
  const away = new Set((await store.partitionsAway([workflow])).map(({ partition }) => partition));
  const partitions = Array.from({ length: store.partitions }, (_, partition) => partition);
  const there = partitions.filter((partition) => !away.has(partition));
  const wanted = hours.flatMap((block) =>
    there.map((partition) => ({
      workflow,
      partition,
      fingerprint: CONFLICTS,
      resolution: 'minute' as const,
      block,
    })),
  );
  const blocks = await store.readBlocks(wanted);
  return blocks.reduce((sum, cells, index) => {
    const begin = wanted[index]!.block * 60;
    return sum + sumCells(cells, Math.max(0, first - begin), Math.min(59, last - begin)).bad;
  }, 0);
}
