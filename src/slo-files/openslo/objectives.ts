import type { Objective } from '../../core/budget/objective.ts';
import type { ComponentSli } from '../../core/sli/sli.ts';
import type { TimeWindow } from '../../core/time/time-window.ts';
import type { CompositeDraft } from '../native/sli.ts';
import { problemAt, type ReportProblem } from '../yaml/source-text.ts';
import { type Place, placeAt, shortened } from '../yaml/value-tree.ts';
import { budgetedSli, type ObjectiveContext, readTarget } from './budgeting.ts';
import type { Catalog } from './catalog.ts';
import type { Entry } from './documents.ts';
import { type Indicator, readIndicator } from './indicator.ts';
import type { DocumentOf, ObjectiveSpec, SloSpec } from './kinds.ts';
import { readTimeWindow } from './time-window.ts';

/** One objective, as one SLO of Burnwatch. */
export interface ReadObjective {
  readonly name: string;
  /** What the objective is called, if anything. */
  readonly displayName: string | undefined;
  readonly objective: Objective;
  readonly indicator: Indicator;
  readonly sli: ComponentSli | CompositeDraft;
  readonly weight: number;
  readonly place: Place;
}

/** What an SLO document promises. */
export interface ReadSlo {
  readonly window: TimeWindow;
  readonly objectives: readonly ReadObjective[];
  /** Whether each objective has an SLI of its own, so that together they make a composite. */
  readonly isComposite: boolean;
}

/** A document of an SLO that has the right shape. */
export type SloEntry = Entry<'SLO'> & { readonly data: DocumentOf<'SLO'> };

interface Context {
  readonly catalog: Catalog;
  /** What the SLI documents select; null for those Burnwatch cannot count. */
  readonly indicators: ReadonlyMap<string, Indicator | null>;
  readonly report: ReportProblem;
}

const MOST_WEIGHT = 1000;
const SLO_NAME = /^[A-Za-z0-9._:-]{1,128}$/;

/** Reads the objectives of an SLO document; null when any of them cannot be judged, which is reported. */
export function readSloDocument(entry: SloEntry, context: Context): ReadSlo | null {
  const { data, source } = entry;
  const { report } = context;
  const place = placeAt(entry.place, ['spec'])!;
  const { spec } = data;
  const window = readTimeWindow(spec.timeWindow, placeAt(place, ['timeWindow'])!, source, report);
  const isComposite = spec.objectives.some(hasIndicator);
  const shared = isComposite ? null : sharedIndicator(entry, place, context);
  if (isComposite) reportMixture(spec, place, entry, report);
  const names = namesOf(data.metadata.name, spec.objectives, placeAt(place, ['objectives'])!, entry, report);

  const objectives = spec.objectives.map((item, index): ReadObjective | null => {
    const at = placeAt(place, ['objectives', index])!;
    // Without a window nothing is too long for it.
    const length = window?.duration ?? Number.MAX_SAFE_INTEGER;
    const scope: ObjectiveContext = {
      spec: item,
      place: at,
      source,
      report,
      method: spec.budgetingMethod,
      window: length,
    };
    const objective = readTarget(scope);
    const weight = readWeight(item, at, isComposite, entry, report);
    const indicator = isComposite ? ownIndicator(item, at, entry, context) : shared;
    const sli = indicator && budgetedSli(indicator, scope);
    const name = names[index];
    if (!objective || !indicator || !sli || weight === null || name === undefined) return null;
    return { name, displayName: item.displayName, objective, indicator, sli, weight, place: at };
  });
  const whole = objectives.filter((objective) => objective !== null);
  return window && whole.length === objectives.length ? { window, objectives: whole, isComposite } : null;
}

function hasIndicator({ indicator, indicatorRef }: Pick<SloSpec, 'indicator' | 'indicatorRef'>): boolean {
  return indicator !== undefined || indicatorRef !== undefined;
}

function sharedIndicator(entry: SloEntry, place: Place, context: Context): Indicator | null {
  const { spec } = entry.data;
  if (!hasIndicator(spec)) {
    const message = 'this SLO has no SLI';
    const expected = '`indicator` or `indicatorRef`, here or in every objective';
    context.report(problemAt(entry.source, place.key, 'error', message, { expected }));
    return null;
  }
  return readEither(spec, place, entry, context);
}

function ownIndicator(
  item: ObjectiveSpec,
  place: Place,
  entry: SloEntry,
  context: Context,
): Indicator | null {
  return hasIndicator(item) ? readEither(item, place, entry, context) : null;
}

function readEither(
  { indicator, indicatorRef }: Pick<SloSpec, 'indicator' | 'indicatorRef'>,
  place: Place,
  { source }: SloEntry,
  { catalog, indicators, report }: Context,
): Indicator | null {
  if (indicator)
    return readIndicator(indicator.spec, placeAt(place, ['indicator', 'spec'])!, { source, catalog, report });
  if (indicatorRef === undefined) return null;
  const found = catalog.find('SLI', indicatorRef, placeAt(place, ['indicatorRef'])!, source);
  return found ? (indicators.get(indicatorRef) ?? null) : null;
}

/** Objectives with an SLI of their own make a composite; then all of them have one, and the SLO itself has none. */
function reportMixture(spec: SloSpec, place: Place, { source }: SloEntry, report: ReportProblem): void {
  const expected = '`indicator` or `indicatorRef` either of the SLO or of every objective';
  const shared = placeAt(place, ['indicator']) ?? placeAt(place, ['indicatorRef']);
  if (shared) {
    report(
      problemAt(source, shared.key, 'error', 'this SLO has an SLI, and so have its objectives', { expected }),
    );
    return;
  }
  for (const [index, item] of spec.objectives.entries()) {
    if (hasIndicator(item)) continue;
    const at = placeAt(place, ['objectives', index])!;
    report(
      problemAt(source, at.start, 'error', 'this objective has no SLI, while others have', { expected }),
    );
  }
}

function readWeight(
  item: ObjectiveSpec,
  place: Place,
  isComposite: boolean,
  entry: SloEntry,
  report: ReportProblem,
): number | null {
  if (item.compositeWeight === undefined) return 1;
  const at = placeAt(place, ['compositeWeight'])!;
  if (!isComposite) {
    const message = '`compositeWeight` has no meaning here: the objectives have no SLIs of their own';
    report(problemAt(entry.source, at.key, 'warning', message));
    return 1;
  }
  if (entry.data.spec.budgetingMethod === 'Timeslices') {
    const message = '`compositeWeight` has no meaning here: a slice in which any objective is missed is bad';
    report(problemAt(entry.source, at.key, 'warning', message));
    return 1;
  }
  const { source } = entry;
  const weight = Number(item.compositeWeight);
  if (weight > 0 && weight <= MOST_WEIGHT) return weight;
  const message = `\`compositeWeight\` is \`${shortened(String(item.compositeWeight))}\``;
  report(
    problemAt(source, at.start, 'error', message, { expected: `a number above 0, at most ${MOST_WEIGHT}` }),
  );
  return null;
}

/** The name of a single objective is that of its SLO; several are distinguished by their display names, or by number. */
function namesOf(
  slo: string,
  objectives: readonly ObjectiveSpec[],
  place: Place,
  { source }: SloEntry,
  report: ReportProblem,
): (string | undefined)[] {
  if (objectives.length === 1) return [slo];
  const used = new Set<string>();
  return objectives.map(({ displayName = '' }, index) => {
    const word = displayName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const name = `${slo}-${word === '' ? index + 1 : word}`;
    const at = placeAt(place, [index, 'displayName']) ?? placeAt(place, [index])!;
    if (used.has(name)) {
      report(
        problemAt(source, at.start, 'error', `two objectives are both named \`${shortened(name)}\``, {
          expected: 'a `displayName` of its own',
        }),
      );
    } else if (!SLO_NAME.test(name)) {
      report(
        problemAt(
          source,
          at.start,
          'error',
          `the name \`${shortened(name)}\` of this objective's SLO is too long`,
          { expected: 'at most 128 characters' },
        ),
      );
    } else {
      used.add(name);
      return name;
    }
    return undefined;
  });
}
