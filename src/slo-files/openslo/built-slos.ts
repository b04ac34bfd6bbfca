import { DEFAULT_POLICY_SETTINGS } from '../../core/alert-policy.ts';
import { type Objective, parseObjective } from '../../core/objective.ts';
import { type CompositeSli, fingerprint, type Sli } from '../../core/sli.ts';
import type { Slo } from '../../core/slo.ts';
import { lineAt } from '../source-text.ts';
import { type Place, placeAt } from '../value-tree.ts';
import { type AlertContext, readAlerts } from './alerts.ts';
import { annotationOf } from './annotations.ts';
import type { Indicator } from './indicator.ts';
import type { ReadObjective, ReadSlo, SloEntry } from './objectives.ts';

/** An SLO whose workflow's owner is still to be filled in, and where it comes from. */
export interface BuiltSlo {
  readonly slo: Omit<Slo, 'owner' | 'runbook'>;
  readonly entry: SloEntry;
  /** Where it was written: the document, or the objective. */
  readonly place: Place;
  /** Null for composites. */
  readonly indicator: Indicator | null;
}

/** The SLOs that an SLO document makes: one for each objective, and one of all of them when they are a composite. */
export function buildSlos(entry: SloEntry, read: ReadSlo, context: AlertContext): BuiltSlo[] {
  const single = read.objectives.length === 1;
  const parts = read.objectives.map((objective): BuiltSlo => {
    const { name, sli, indicator, place } = objective;
    const base = { name, sli, objective: objective.objective, workflow: indicator.workflow };
    const at = single ? entry.place : place;
    // The parts of a composite are watched together: people are told once, of the whole.
    const alerting = !read.isComposite || single;
    return { slo: buildSlo(base, objective.displayName, alerting, at, entry, read, context), entry, place: at, indicator };
  });
  if (!read.isComposite || single) return parts;
  const whole = buildComposite(entry, read, parts, context);
  return whole ? [...parts, whole] : parts;
}

function buildComposite(entry: SloEntry, read: ReadSlo, parts: readonly BuiltSlo[], context: AlertContext): BuiltSlo | null {
  const objective = weightedObjective(read.objectives);
  const { name } = entry.data.metadata;
  if (!objective) return null;
  const sli: CompositeSli = {
    kind: 'composite',
    method: 'weighted',
    members: parts.map(({ slo }, index) => {
      const { sli: part, weight } = read.objectives[index]!;
      return { slo: slo.id, workflow: slo.workflow, sli: part, fingerprint: slo.fingerprint, weight };
    }),
  };
  const base = { name, sli, objective, workflow: parts[0]!.slo.workflow };
  return { slo: buildSlo(base, undefined, true, entry.place, entry, read, context), entry, place: entry.place, indicator: null };
}

/** When each part just keeps its promise, so does the whole: its budget is the weighted mean of theirs. */
function weightedObjective(objectives: readonly ReadObjective[]): Objective | null {
  const weights = objectives.reduce((sum, { weight }) => sum + weight, 0);
  const ratio = objectives.reduce((sum, { objective, weight }) => sum + objective.ratio * weight, 0) / weights;
  return parseObjective(`${(ratio * 100).toFixed(9)}%`);
}

function buildSlo(
  { name, sli, objective, workflow }: { name: string; sli: Sli; objective: Objective; workflow: string },
  displayName: string | undefined,
  alerting: boolean,
  place: Place,
  entry: SloEntry,
  { window }: ReadSlo,
  context: AlertContext,
): BuiltSlo['slo'] {
  const { source, data } = entry;
  const { metadata, spec } = data;
  const listAt = placeAt(entry.place, ['spec', 'alertPolicies']) ?? entry.place;
  const about = { metadata, objective, window: window.duration };
  const alerts = alerting
    ? readAlerts(spec.alertPolicies ?? [], listAt, source, about, context)
    : { ...DEFAULT_POLICY_SETTINGS, tiers: [] };
  const minFailures = Number(annotationOf(metadata, 'min-failures') ?? alerts.minFailures);
  return {
    id: `${workflow}/${name}`,
    workflow,
    name,
    description: describe([metadata.displayName, displayName, spec.description]),
    objective,
    window,
    otherWindows: [],
    sli,
    fingerprint: fingerprint(sli),
    alerts: { ...alerts, minFailures },
    budgetPolicy: null,
    source: `${source.file}:${lineAt(source, place.key)}`,
  };
}

function describe(parts: readonly (string | undefined)[]): string | null {
  const words = parts.map((part) => part?.trim().replace(/\s+/g, ' ') ?? '').filter((part) => part !== '');
  return words.join(': ') || null;
}
