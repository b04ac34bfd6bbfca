import type { CountedSli, ComponentSli } from '../sli/sli.ts';
import { countedSlis, isDerived } from '../sli/sli-kinds.ts';
import { fingerprint } from '../sli/fingerprint.ts';
import { queueDepth } from '../sli/queue-depth.ts';
import type { Definitions, Slo } from './slo.ts';
import { allSlos } from './slo.ts';
import { callsOf, callsRegistration } from './dependency.ts';
import type { SliId } from '../sli/sli-id.ts';

/** One SLI with counters of its own that an SLO is judged by. */
export interface Component extends SliId {
  /** The id of the SLO whose SLI it is: the SLO itself, or the member of a composite. */
  readonly slo: string;
  readonly sli: ComponentSli;
  /** Its share in a composite, relative to the other members; 1 for an SLO by itself. */
  readonly weight: number;
  /** As that of the member. */
  readonly budgetScale?: number | undefined;
}

/** What an SLO is judged by: its own SLI, or those of the members of a composite. */
export function componentsOf({ id, workflow, fingerprint, sli }: Slo): readonly Component[] {
  if (sli.kind === 'composite') return sli.members;
  return [{ slo: id, workflow, fingerprint, sli, weight: 1 }];
}

/** An SLI that is counted as it is reported, with the workflow it is reported for. */
export interface CountedSeries extends SliId {
  readonly sli: CountedSli;
}

/** What has to be counted so that a component can be judged, see `countedSlis`. */
export function countedSeries({
  workflow,
  sli,
}: Pick<Component, 'workflow' | 'sli'>): readonly CountedSeries[] {
  return countedSlis(sli).map((counted) => ({ workflow, fingerprint: fingerprint(counted), sli: counted }));
}

/** Every series of counters that SLOs need, counted ones and derived ones, each once. */
export function seriesOf(slos: readonly Slo[]): readonly SliId[] {
  const series = new Map<string, SliId>();
  const add = ({ workflow, fingerprint }: SliId) =>
    series.set(seriesKey({ workflow, fingerprint }), { workflow, fingerprint });
  for (const component of slos.flatMap(componentsOf)) {
    add(component);
    // What is counted as it is reported is its own series; working out its fingerprint again would be wasted.
    if (isDerived(component.sli)) countedSeries(component).forEach(add);
  }
  return [...series.values()];
}

/**
 * What is counted for each workflow, each once: by its SLOs, those of composites of other workflows included, and the readings of
 * its queues.
 */
export function countedByWorkflow(
  definitions: Pick<Definitions, 'workflows' | 'dependencies'>,
): ReadonlyMap<string, ReadonlyMap<string, CountedSli>> {
  const counted = new Map<string, Map<string, CountedSli>>(
    [...definitions.workflows.keys()].map((name) => [name, new Map()]),
  );
  for (const component of allSlos(definitions).flatMap(componentsOf)) {
    for (const { workflow, fingerprint, sli } of countedSeries(component))
      counted.get(workflow)?.set(fingerprint, sli);
  }
  for (const { name, queues } of definitions.workflows.values()) {
    for (const sli of queues.map((queue) => queueDepth(queue.name)))
      counted.get(name)!.set(fingerprint(sli), sli);
  }
  for (const { name } of definitions.dependencies.values()) {
    const calls = callsOf(name);
    for (const slis of counted.values()) slis.set(fingerprint(calls), calls);
  }
  return counted;
}

/** All that is registered in the store so that it is known since when it counts. */
export function registeredSeries(definitions: Definitions): readonly SliId[] {
  return [...seriesOf(allSlos(definitions)), ...[...definitions.dependencies.keys()].map(callsRegistration)];
}

/** More series than definitions have: those of SLOs that are gone. */
const MAX_KEYS = 200_000;
/** Keys by workflow and fingerprint: a text that is put together anew would have to be hashed anew, many times for each SLO that is judged. */
const keys = new Map<string, Map<string, string>>();
let kept = 0;

/** A key of a series, the same for the same one. */
export function seriesKey({ workflow, fingerprint }: SliId): string {
  let ofWorkflow = keys.get(workflow);
  const known = ofWorkflow?.get(fingerprint);
  if (known !== undefined) return known;
  if (kept >= MAX_KEYS) {
    keys.clear();
    [kept, ofWorkflow] = [0, undefined];
  }
  if (!ofWorkflow) keys.set(workflow, (ofWorkflow = new Map()));
  const key = `${workflow} ${fingerprint}`;
  ofWorkflow.set(fingerprint, key);
  kept++;
  return key;
}
