import { DEFAULT_MAPPING } from '../../core/slo/mapping-rules.ts';
import type { Workflow } from '../../core/slo/slo.ts';
import { countedByWorkflow } from '../../core/slo/series.ts';
import { problemAt, type ReportProblem } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, placeAt, shortened } from '../yaml/value-tree.ts';
import type { WorkflowDraft } from './workflow-draft.ts';

/** Reports what of mappings refers to nothing, and warns of what takes more than its author wants. */
export function reviewMappings(
  drafts: readonly WorkflowDraft[],
  workflows: ReadonlyMap<string, Workflow>,
  report: ReportProblem,
): void {
  const counted = countedByWorkflow({ workflows, dependencies: new Map() });
  const takers = new Map<string, Taker>();
  for (const draft of drafts) {
    const { name, mapping = DEFAULT_MAPPING, place, source } = draft;
    const problem: Problem = (severity, path, message, suggestion) => {
      const at: Place = placeAt(place, path) ?? place;
      report(problemAt(source, at.start, severity, message, { suggestion }));
    };
    checkSteps(draft, problem);
    const { services, executions, where } = mapping.spans;
    if (services && executions === null && (services.length > 1 || /[*?]/.test(services[0]!))) {
      problem(
        'warning',
        ['spans', 'services'],
        'every request that one of these services serves counts as a whole execution; name the spans that are with `executions`',
      );
    }
    if (mapping.events.sources && mapping.events.executions === null) {
      problem(
        'warning',
        ['events', 'sources'],
        'every event of these sources that reports a start or an end, and is no step, counts for a whole execution; name the types that are with `executions`',
      );
    }
    const takesAll = executions === null && Object.keys(where).length === 0;
    for (const service of services ?? [name]) {
      const other = takers.get(service);
      if (!other) takers.set(service, { name, takesAll });
      else if (takesAll || other.takesAll) {
        problem(
          'warning',
          placeAt(place, ['spans', 'services']) ? ['spans', 'services'] : ['workflow'],
          `spans of \`${shortened(service)}\` are taken by \`${shortened(other.name)}\` as well; tell them apart with \`executions\` or \`where\``,
        );
      }
    }
    const measured = new Set(
      [...counted.get(name)!.values()].flatMap((sli) => (sli.kind === 'measurement' ? [sli.name] : [])),
    );
    for (const [metric, measurement] of Object.entries(mapping.metrics.measurements)) {
      if (measured.has(measurement)) continue;
      problem(
        'warning',
        ['metrics', 'measurements', metric],
        `no SLO of \`${shortened(name)}\` counts the measurement \`${shortened(measurement)}\`, so it is ignored`,
        nearest(measurement, measured),
      );
    }
  }
}

/** A workflow that takes spans of a service. */
interface Taker {
  readonly name: string;
  /** Whether nothing of them is left out. */
  readonly takesAll: boolean;
}

type Problem = (
  severity: 'error' | 'warning',
  path: readonly (string | number)[],
  message: string,
  suggestion?: string,
) => void;

/** Steps that mappings name are those of the workflow, where it lists any. */
function checkSteps({ steps, mapping }: WorkflowDraft, problem: Problem): void {
  if (!mapping || steps.length === 0) return;
  const check = (step: string | null, path: readonly (string | number)[]): void => {
    if (step === null || steps.includes(step)) return;
    problem('error', path, `there is no step \`${shortened(step)}\` in \`steps\``, nearest(step, steps));
  };
  for (const kind of ['spans', 'events'] as const)
    for (const [name, step] of mapping[kind].steps ?? []) check(step, [kind, 'steps', name]);
  for (const [metric, { step }] of Object.entries(mapping.metrics.counts))
    check(step, ['metrics', 'counts', metric, 'step']);
}
