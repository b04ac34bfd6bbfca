import { formatObjective, type Objective } from '../../core/budget/objective.ts';
import { formatPercent } from '../../core/words/figures.ts';
import type { FreshnessSli, Sli, SliOf } from '../../core/sli/sli.ts';
import { countedSlis, whereOf } from '../../core/sli/sli-kinds.ts';
import { nearest } from '../../core/words/suggestion.ts';
import type { Severity } from '../../core/slo/alert-policy.ts';
import type { Slo, Team } from '../../core/slo/slo.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { expectedVolume } from '../../core/slo/expected-volume.ts';
import { firesAt, firesInOutage } from '../native/tier.ts';
import type { TimeSlice } from '../yaml/time-slice.ts';
import { problemAt, type ReportProblem } from '../yaml/source-text.ts';
import { placeAt, shortened } from '../yaml/value-tree.ts';
import type { WorkflowDraft } from './workflow-draft.ts';

/** What the other workflows say that a review asks for. */
export interface Around {
  readonly teams: ReadonlyMap<string, Team>;
  /** The objectives of all SLOs by their ids. */
  readonly objectives: ReadonlyMap<string, Objective>;
  /** The ids of the SLOs that page for a total outage of what they count. */
  readonly paging: ReadonlySet<string>;
  /** The names of the declared dependencies. */
  readonly dependencies: readonly string[];
}

/** Parts that something relies on, and the product of their objectives. */
interface Parts {
  readonly what: string;
  readonly objectives: readonly (readonly [name: string, objective: Objective])[];
  readonly product: number;
}

/** Warns of what is allowed and yet will not do what its author wants, with the reason. */
export async function reviewSlos(
  { owner, place, source, traffic, drafts }: WorkflowDraft,
  slos: readonly Slo[],
  around: Around,
  timeSlice: TimeSlice,
  report: ReportProblem,
): Promise<void> {
  const { teams, objectives, paging } = around;
  // Once for all SLOs: a workflow may have thousands.
  const reliedOn = [
    partsOf('its dependencies', strictest(slos, 'dependency')),
    partsOf('its steps', strictest(slos, 'step')),
  ];
  const written = new Map(drafts.map((draft) => [draft.id, draft]));
  const byMeaning = new Map<string, Slo>();
  for (const slo of slos) {
    if (timeSlice.due()) await timeSlice.rest();
    const { place: at, source: file } = written.get(slo.id)!;
    const warn = (key: string, message: string | null): void => {
      const part = placeAt(at, key.split('.'));
      if (message !== null) report(problemAt(file, part?.start ?? at.key, 'warning', message));
    };
    const meaning = `${slo.fingerprint} ${slo.objective.ratio} ${slo.window.kind} ${slo.window.text}`;
    const twin = byMeaning.get(meaning);
    if (twin) warn('', `\`${slo.name}\` promises the same as \`${twin.name}\`, at ${twin.source}`);
    else byMeaning.set(meaning, slo);
    warn('window', warningsOf(slo.sli).shortWindow(slo, slo.sli, traffic));
    warn('objective', lowObjective(slo) ?? strictObjective(slo, reliedOn, objectives));
    warn('sli.where', literalPattern(slo));
    warn('sli.dependency', misspeltDependency(slo, around.dependencies));
    warn(
      placeAt(at, ['alerts', 'tiers']) ? 'alerts.tiers' : 'alerts.policy',
      unpagedOutage(slo) ?? unpagedPart(slo, paging),
    );
  }
  const team = teams.get(owner);
  const at = placeAt(place, ['owner']) ?? place;
  for (const severity of ['page', 'ticket'] as const) {
    const message = team ? withoutRoute(team, slos, severity) : null;
    if (message === null) continue;
    const expected = `\`${severity}\` targets of the team, or a \`route\` in the alerts of each SLO`;
    report(problemAt(source, at.start, 'warning', message, { expected }));
  }
}

/** Where what has no route of its own goes instead; null where there is a route. */
function withoutRoute(team: Team, slos: readonly Slo[], severity: Severity): string | null {
  const other = severity === 'page' ? 'ticket' : 'page';
  const isMissing = slos.some(
    ({ alerts }) =>
      alerts.route[severity] === null && alerts.tiers.some((tier) => tier.severity === severity),
  );
  if (!isMissing || team[severity].length > 0) return null;
  const missing = `team \`${team.name}\` has no ${severity} route`;
  if (team[other].length === 0)
    return severity === 'page'
      ? `no one is paged when this workflow burns: ${missing}`
      : `no one hears of the tickets of this workflow: ${missing}`;
  return severity === 'page'
    ? `no one is paged when this workflow burns, but the ticket targets are notified: ${missing}`
    : `tickets of this workflow go where its pages go: ${missing}`;
}

/** What is warned of by the kind of an SLI. */
interface SliWarnings<K extends Sli['kind']> {
  /** So few events that a single bad one is over budget. */
  readonly shortWindow: (slo: Slo, sli: SliOf<K>, traffic: number | null) => string | null;
  /** What else has to be good for it to be good; `reliedOn` are the steps and dependencies of the workflow. */
  readonly reliesOn: (
    sli: SliOf<K>,
    reliedOn: readonly Parts[],
    objectives: Around['objectives'],
  ) => readonly Parts[];
}

const nothing = () => [];
const ofVolume = (slo: Slo, _sli: Sli, traffic: number | null) => lowVolume(slo, traffic);

const SLI_WARNINGS: { readonly [K in Sli['kind']]: SliWarnings<K> } = {
  outcomes: {
    shortWindow: ofVolume,
    reliesOn: ({ step, dependency }, reliedOn) => (step === null && dependency === null ? reliedOn : []),
  },
  measurement: { shortWindow: ofVolume, reliesOn: nothing },
  transition: { shortWindow: ofVolume, reliesOn: nothing },
  slices: { shortWindow: ofVolume, reliesOn: nothing },
  freshness: { shortWindow: rareSuccesses, reliesOn: nothing },
  schedule: { shortWindow: ofVolume, reliesOn: nothing },
  composite: {
    shortWindow: ofVolume,
    reliesOn({ method, members }, _reliedOn, objectives) {
      if (method !== 'all-of') return [];
      const parts = members.flatMap(({ slo }): [string, Objective][] => {
        const objective = objectives.get(slo);
        return objective ? [[slo, objective]] : [];
      });
      return [partsOf('its parts', parts)];
    },
  },
};

function warningsOf<K extends Sli['kind']>(sli: SliOf<K>): SliWarnings<K> {
  return SLI_WARNINGS[sli.kind];
}

function rareSuccesses({ window, objective }: Slo, { everyMs }: FreshnessSli): string | null {
  const budget = (objective.budgetParts * window.duration) / objective.parts;
  // One that is longer than the window is an error.
  if (everyMs <= budget || everyMs > window.duration) return null;
  const every = formatDuration(everyMs);
  return `one success every ${every} is asked for, ${few(window.duration / everyMs)} in ${window.text}, and ${formatObjective(objective)} allows ${formatDuration(toMinutes(budget))} without: a single one that is missed can be over budget`;
}

function lowVolume(slo: Slo, traffic: number | null): string | null {
  const { window, objective } = slo;
  const expected = expectedVolume(slo, traffic);
  if (!expected || (expected.count * objective.budgetParts) / objective.parts >= 1) return null;
  const { count, unit } = expected;
  const share = formatPercent(objective.parts / (count * objective.budgetParts), 0);
  const most = Math.floor((1 - 1 / count) * 10_000) / 10_000;
  const room = most > 0 ? `; an objective of up to ${formatPercent(most, 2)} leaves room for one` : '';
  return `${few(count)} ${unit} are to be expected in ${window.text}, so that a single bad one spends ${share} of the budget${room}`;
}

function few(count: number): string {
  return `only ${Number(count.toPrecision(2))}`;
}

function toMinutes(duration: number): number {
  return Math.max(60_000, Math.round(duration / 60_000) * 60_000);
}

/** Less than half: far more likely `0.995%` for `0.995` than a promise. */
function lowObjective({ objective }: Slo): string | null {
  const { ratio } = objective;
  if (ratio >= 0.5) return null;
  const written = formatObjective(objective);
  const meant = formatPercent(ratio > 0.005 && ratio < 0.01 ? ratio * 100 : 1 - ratio, 7);
  return `${written} promises that only ${written} are good; was ${meant} meant?`;
}

/** A pattern written as a plain value selects only what is called just so, stars and all. */
function literalPattern({ sli }: Slo): string | null {
  for (const [name, { op, values }] of Object.entries(whereOf(sli))) {
    const pattern = op === 'in' || op === 'not-in' ? values.find(isPattern) : undefined;
    if (pattern === undefined) continue;
    const meant = pattern.replaceAll(/\.\*|^[/^]+|(?<![/$])[/$]+$/g, (part) => (part === '.*' ? '*' : ''));
    const operator = op === 'in' ? 'glob' : 'notGlob';
    return `\`${shortened(pattern)}\` of \`${name}\` is no pattern here, but a value to be met as it is written; was { ${operator}: '${shortened(meant)}' } meant?`;
  }
  return null;
}

/** A dependency of which nothing was promised, although something was of one with nearly the same name. */
function misspeltDependency({ sli }: Slo, declared: readonly string[]): string | null {
  if (sli.kind === 'composite') return null;
  for (const counted of countedSlis(sli)) {
    if (counted.kind !== 'outcomes' || counted.dependency === null) continue;
    if (declared.includes(counted.dependency)) return null;
    const meant = nearest(counted.dependency, declared);
    if (meant !== undefined)
      return `no dependency \`${shortened(counted.dependency)}\` is declared; did you mean \`${shortened(meant)}\`?`;
  }
  return null;
}

function isPattern(value: string): boolean {
  return value.includes('*') || /^\/.+\/$|^\^|\$$/.test(value);
}

/** An objective above the product of those of what it relies on. */
function strictObjective(
  { sli, objective }: Slo,
  reliedOn: readonly Parts[],
  objectives: Around['objectives'],
): string | null {
  for (const parts of warningsOf(sli).reliesOn(sli, reliedOn, objectives)) {
    const warning = stricter(objective, parts);
    if (warning !== null) return warning;
  }
  return null;
}

function partsOf(what: string, objectives: Parts['objectives']): Parts {
  return { what, objectives, product: objectives.reduce((all, [, { ratio }]) => all * ratio, 1) };
}

/** The strictest objective of each dependency, or of each step whatever it calls. */
function strictest(slos: readonly Slo[], by: 'dependency' | 'step'): [string, Objective][] {
  const found = new Map<string, Objective>();
  for (const { sli, objective } of slos) {
    if (sli.kind !== 'outcomes' || sli.good !== 'succeeded') continue;
    const name = by === 'step' && sli.dependency !== null ? null : sli[by];
    const known = name === null ? undefined : found.get(name);
    if (name !== null && (!known || objective.ratio > known.ratio)) found.set(name, objective);
  }
  return [...found];
}

function stricter(objective: Objective, { what, objectives: parts, product }: Parts): string | null {
  // Far more than floating point loses over a product, far less than anybody promises.
  if (parts.length === 0 || objective.ratio <= product + 1e-12) return null;
  const list = parts.slice(0, 5).map(([name, part]) => `${name} ${formatObjective(part)}`);
  const more = parts.length > 5 ? `, and ${parts.length - 5} more` : '';
  return `${formatObjective(objective)} is stricter than ${what} allow, ${formatPercent(product, 4)} together (${list.join(', ')}${more}), unless retries make up for it`;
}

/** A list of tiers of which none pages when everything fails. */
function unpagedOutage(slo: Slo): string | null {
  // The parts of an OpenSLO composite leave alerting to the whole.
  if (slo.alerts.tiers.length === 0) return null;
  if (pagesInOutage(slo)) return null;
  return 'no tier of severity page notices a total outage; `{ outage: {}, severity: page }` would';
}

/** Whether an SLO pages when everything fails. */
export function pagesInOutage({ alerts, objective }: Slo): boolean {
  return alerts.tiers.some((tier) => tier.severity === 'page' && firesInOutage(tier, objective));
}

/** Parts of a composite whose total outage, while the others are well, pages neither for the whole nor for themselves. */
function unpagedPart({ sli, alerts, objective }: Slo, paging: ReadonlySet<string>): string | null {
  if (sli.kind !== 'composite' || alerts.tiers.length === 0) return null;
  const weights = sli.members.reduce((sum, { weight }) => sum + weight, 0);
  const unpaged = sli.members.filter(({ slo, weight, budgetScale = 1 }) => {
    if (paging.has(slo)) return false;
    const errorRate = sli.method === 'all-of' ? 1 : Math.min(1, (weight * budgetScale) / weights);
    return !alerts.tiers.some((tier) => tier.severity === 'page' && firesAt(tier, errorRate, objective));
  });
  if (unpaged.length === 0) return null;
  const names = unpaged.slice(0, 5).map(({ slo }) => `\`${shortened(slo)}\``);
  const more = unpaged.length > 5 ? ` and ${unpaged.length - 5} more` : '';
  return `a total outage of ${names.join(', ')}${more} alone, with the other parts well, pages no one`;
}
