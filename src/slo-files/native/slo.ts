import type { BudgetPolicy } from '../../core/slo/alert-policy.ts';
import { type Objective, parseObjective } from '../../core/budget/objective.ts';
import type { Sli } from '../../core/sli/sli.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { isHiddenByPicture } from '../../core/slo/slo-pictures.ts';
import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import type { TimeWindow } from '../../core/time/time-window.ts';
import { formatDuration } from '../../core/time/duration.ts';
import type { NativeBudgetPolicy, NativePolicy } from './alerts-schema.ts';
import { readAlerts, readBudgetPolicy } from './alerts.ts';
import { type NativeSlo, OBJECTIVE } from './document-schema.ts';
import type { CompositeDraft } from './sli.ts';
import { deadlineOf, readSli } from './sli-kinds.ts';
import { readWindows } from './window.ts';
import type { ComponentSli } from '../../core/sli/sli.ts';
import { lineAt, problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';

/** What an SLO takes from around it. */
export interface SloContext {
  readonly workflow: string;
  readonly owner: string;
  readonly runbook: string | null;
  /** Of the workflow; what has not the right shape is undefined. */
  readonly labels: PartlyLabels;
  readonly map: WorkflowMap;
  readonly source: SourceText;
  readonly report: ReportProblem;
  /** What the SLO's policies say, if they are there. */
  readonly policy: Partly<NativePolicy> | null;
  readonly budgetPolicy: Partly<NativeBudgetPolicy> | null;
}

/** An SLO of a file as far as it can be read without knowing the other SLOs. */
export interface SloDraft {
  readonly id: string;
  readonly workflow: string;
  readonly place: Place;
  readonly source: SourceText;
  /** Null when it cannot be used. */
  readonly sli: Sli | CompositeDraft | null;
  /** Makes the whole of it, with its SLI; null when it cannot be used. */
  readonly finish: (sli: Sli) => Slo | null;
}

/** Reads an SLO of what has the right shape and reports what its values get wrong. */
export function draftSlo(
  name: string,
  native: Partly<NativeSlo>,
  place: Place,
  context: SloContext,
): SloDraft {
  const { workflow, owner, runbook, source, report } = context;
  const id = `${workflow}/${name}`;
  const objective = readObjective(native.objective, place, context);
  const sli = readSli(native.sli, placeAt(place, ['sli']), context);
  const windows = readWindows(native.window, placeAt(place, ['window']), source, report);
  if (sli) checkEach(sli, place, context);
  checkName(name, place, context);
  if (sli && windows) checkDeadline(sli, windows, place, context);
  const finish = (whole: Sli): Slo | null => {
    if (!objective || !windows) return null;
    const [window, ...otherWindows] = windows;
    const alerts = readAlerts(native.alerts, {
      ...context,
      objective,
      window: window.duration,
      sliKind: whole.kind,
      place,
    });
    return {
      id,
      workflow,
      name,
      description: native.description?.trim().replace(/\s+/g, ' ') || null,
      owner,
      runbook,
      objective,
      window,
      otherWindows,
      sli: whole,
      fingerprint: fingerprint(whole),
      alerts,
      budgetPolicy: budgetPolicyOf(native.budgetPolicy, context),
      ...(native.each !== undefined && { each: native.each }),
      ...labelled({ ...context.labels, ...native.labels }),
      source: `${source.file}:${lineAt(source, place.key)}`,
    };
  };
  return { id, workflow, place, source, sli, finish };
}

function checkName(name: string, place: Place, { workflow, source, report }: SloContext): void {
  if (!isHiddenByPicture(workflow, name)) return;
  const message = `no SLO of a workflow with a / in its name can be called \`${name}\`, which would be a picture of another SLO`;
  report(problemAt(source, place.key, 'error', message, { expected: 'another name' }));
}

type PartlyLabels = Readonly<Record<string, string | undefined>>;

function labelled(labels: PartlyLabels): Pick<Slo, 'labels'> {
  const found = Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return found.length === 0 ? {} : { labels: Object.fromEntries(found) };
}

function budgetPolicyOf(name: string | undefined, { budgetPolicy }: SloContext): BudgetPolicy | null {
  return name === undefined || !budgetPolicy ? null : readBudgetPolicy(name, budgetPolicy);
}

function readObjective(
  value: NativeSlo['objective'] | undefined,
  place: Place,
  { source, report }: SloContext,
): Objective | null {
  const at = placeAt(place, ['objective']);
  if (value === undefined || !at) return null;
  // The decimals as they were written: 0.9990 must not go through floating point.
  const text = typeof value === 'number' ? at.written : value;
  const objective = parseObjective(text);
  if (objective) return objective;
  const isAll = /^(100(\.0*)?\s*%|1(\.0*)?)$/.test(text.trim());
  const why = isAll ? ', which leaves no error budget' : '';
  const isPercent = !isAll && !text.includes('%') && parseObjective(`${text}%`) !== null;
  report(
    problemAt(source, at.start, 'error', `\`objective\` is ${quoted(at)}${why}`, {
      expected: OBJECTIVE,
      suggestion: isPercent ? `${at.written}%` : undefined,
    }),
  );
  return null;
}

/** What is computed from counters, and what has no attributes, cannot be told apart by a value. */
function checkEach(sli: ComponentSli | CompositeDraft, place: Place, { source, report }: SloContext): void {
  const at = placeAt(place, ['each']);
  if (!at || sli.kind === 'outcomes') return;
  const expected = 'an `sli` of outcomes (`succeeded`, or `step`, `where`, `within` and so on)';
  report(problemAt(source, at.start, 'error', '`each` does not go with this `sli`', { expected }));
}

/** Whether what is waited for fits into every window it is judged over. */
function checkDeadline(
  sli: ComponentSli | CompositeDraft,
  windows: readonly TimeWindow[],
  place: Place,
  { source, report }: SloContext,
): void {
  const deadline = sli.kind === 'draft' ? null : deadlineOf(sli);
  if (!deadline) return;
  const { key, length } = deadline;
  const at = placeAt(place, ['sli', key]);
  const shortest = Math.min(...windows.map(({ duration }) => duration));
  if (!at || length <= shortest) return;
  const message = `\`${key}\` is ${quoted(at)}, longer than the window`;
  report(problemAt(source, at.start, 'error', message, { expected: `at most ${formatDuration(shortest)}` }));
}
