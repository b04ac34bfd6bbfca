import { DEFAULT_POLICY_SETTINGS } from '../../core/slo/alert-policy.ts';
import { type Objective, parseObjective } from '../../core/budget/objective.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { ComponentSli, Sli } from '../../core/sli/sli.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { CompositeDraft } from '../native/sli.ts';
import type { SloDraft } from '../native/slo.ts';
import { lineAt } from '../yaml/source-text.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';
import { type AlertContext, readAlerts } from './alerts.ts';
import { annotationOf } from './annotations.ts';
import { formatDecimals } from './budgeting.ts';
import type { Indicator } from './indicator.ts';
import type { ReadObjective, ReadSlo, SloEntry } from './objectives.ts';

/** An SLO of an OpenSLO document, for the owner and runbook that its workflow turns out to have. */
export interface BuiltSlo {
  readonly slo: Omit<Slo, 'owner' | 'runbook' | 'sli' | 'fingerprint'>;
  readonly sli: ComponentSli | CompositeDraft;
  readonly entry: SloEntry;
  /** Where it was written: the document, or the objective. */
  readonly place: Place;
  /** Null for what is made of the objectives of one document. */
  readonly indicator: Indicator | null;
}

/** The SLOs that an SLO document makes: one for each objective, and one of all of them when they are a composite. */
export function buildSlos(entry: SloEntry, read: ReadSlo, context: AlertContext): BuiltSlo[] {
  const isSingle = read.objectives.length === 1;
  const parts = read.objectives.map((item): BuiltSlo => {
    const place = isSingle ? entry.place : item.place;
    const { name, sli, objective, indicator, displayName } = item;
    const part = { name, sli, objective, workflow: indicator.workflow, displayName };
    // The parts of a composite are watched together: there is one notification, for the whole.
    const isAlerting = !read.isComposite || isSingle;
    return { slo: buildSlo(part, isAlerting, place, entry, read, context), sli, entry, place, indicator };
  });
  if (!read.isComposite || isSingle) return parts;
  const { place } = entry;
  // A bad slice of any part is a bad slice of the whole.
  const bySlices = entry.data.spec.budgetingMethod === 'Timeslices';
  const objective = (bySlices ? jointObjective : burnObjective)(read.objectives);
  const sli: CompositeDraft = {
    kind: 'draft',
    method: bySlices ? 'all-of' : 'weighted',
    members: parts.map(({ slo, place: at }, index) => ({
      reference: slo.id,
      at,
      ...(bySlices
        ? { weight: 1 }
        : {
            weight: read.objectives[index]!.weight,
            budgetScale: budgetRatio(objective, slo.objective),
          }),
    })),
  };
  const whole = {
    name: entry.data.metadata.name,
    sli,
    objective,
    workflow: parts[0]!.slo.workflow,
    displayName: undefined,
  };
  return [
    ...parts,
    { slo: buildSlo(whole, true, place, entry, read, context), sli, entry, place, indicator: null },
  ];
}

/** An SLO whose workflow is known. */
export function draftOf(
  { slo, sli, entry, place }: BuiltSlo,
  owner: string,
  runbook: string | null,
): SloDraft {
  return {
    id: slo.id,
    workflow: slo.workflow,
    place,
    source: entry.source,
    sli,
    finish: (whole) => ({ ...slo, owner, runbook, sli: whole, fingerprint: fingerprint(whole) }),
  };
}

/**
 * The budget is the weighted harmonic mean of the parts' budgets: of all parts together it then burns as the weighted mean
 * of their burn rates, at 1 when each of them just keeps its promise, and no part can burn more than there is.
 */
function burnObjective(objectives: readonly ReadObjective[]): Objective {
  const weights = objectives.reduce((sum, { weight }) => sum + weight, 0);
  const burn = objectives.reduce((sum, { objective, weight }) => sum + weight / objective.errorBudget, 0);
  return objectiveOf(1 - weights / burn);
}

/** One error budget divided by another; of whole numbers, so that no rounding error shows. */
function budgetRatio(one: Objective, other: Objective): number {
  return (one.budgetParts * other.parts) / (one.parts * other.budgetParts);
}

/** What is left to promise of the whole when each part keeps its promise and no two fail together. */
function jointObjective(objectives: readonly ReadObjective[]): Objective {
  return objectiveOf(objectives.reduce((product, { objective }) => product * objective.ratio, 1));
}

function objectiveOf(ratio: number): Objective {
  // What has at most 9 decimals of a percent and is promised by parts is never all, nor nothing.
  const percent = Math.min(100 - 1e-9, Math.max(1e-9, ratio * 100));
  return parseObjective(`${formatDecimals(percent, 9)}%`)!;
}

function buildSlo(
  {
    name,
    sli,
    objective,
    workflow,
    displayName,
  }: Pick<ReadObjective, 'name' | 'sli' | 'objective' | 'displayName'> & { readonly workflow: string },
  isAlerting: boolean,
  place: Place,
  entry: SloEntry,
  { window }: ReadSlo,
  context: AlertContext,
): BuiltSlo['slo'] {
  const { source, data } = entry;
  const { metadata, spec } = data;
  const listAt = placeAt(entry.place, ['spec', 'alertPolicies']) ?? entry.place;
  const sliKind: Sli['kind'] = sli.kind === 'draft' ? 'composite' : sli.kind;
  const subject = { metadata, objective, window: window.duration, sliKind };
  const alerts = isAlerting
    ? readAlerts(spec.alertPolicies ?? [], listAt, source, subject, context)
    : { ...DEFAULT_POLICY_SETTINGS, tiers: [] };
  const annotated = annotationOf(metadata, 'min-failures');
  const minFailures = annotated === undefined ? alerts.minFailures : Number(annotated);
  return {
    id: `${workflow}/${name}`,
    workflow,
    name,
    description: describe([metadata.displayName, displayName, spec.description]),
    objective,
    window,
    otherWindows: [],
    alerts: { ...alerts, minFailures },
    budgetPolicy: null,
    source: `${source.file}:${lineAt(source, place.key)}`,
  };
}

function describe(parts: readonly (string | undefined)[]): string | null {
  const words = parts.map((part) => part?.trim().replace(/\s+/g, ' ') ?? '').filter((part) => part !== '');
  return words.join(': ') || null;
}
