import type { Outcome } from '../core/outcome.ts';
import { judgesSteps, selects } from '../core/sli.ts';
import type { Sli } from '../core/sli.ts';
import type { Definitions, Workflow } from '../core/slo.ts';

/** An SLI that selects an outcome, as the store wants to know it. */
export interface SelectedSli {
  readonly fingerprint: string;
  readonly withinMs: number | null;
}

export interface Selection {
  readonly slis: readonly SelectedSli[];
  /** The same for the same set of SLIs. */
  readonly key: string;
  /** Whether one of them has a deadline. */
  readonly timed: boolean;
}

/** How the outcomes of one workflow are counted: its distinct SLIs, prepared for many look-ups a second. */
export interface CountingPlan {
  /** The SLIs that count an outcome, whatever its status. */
  select(outcome: Outcome): Selection;
  /** Whether starts like this outcome's are kept in flight. */
  watches(outcome: Outcome): boolean;
}

/** Steps, and dependencies of one, whose selections are remembered. */
const MAX_NAMES = 100;

/** Makes a function that gives the counting plans of definitions, kept until the definitions change. */
export function countingPlans(): (definitions: Definitions) => ReadonlyMap<string, CountingPlan> {
  let known: Definitions | null = null;
  let plans: ReadonlyMap<string, CountingPlan> = new Map();
  return (definitions) => {
    if (definitions !== known) {
      plans = new Map([...definitions.workflows].map(([name, workflow]) => [name, countingPlan(workflow)]));
      known = definitions;
    }
    return plans;
  };
}

function countingPlan(workflow: Workflow): CountingPlan {
  const slis = new Map<string, Sli>(workflow.slos.map(({ fingerprint, sli }) => [fingerprint, sli]));
  const timed = [...slis.values()].filter(({ withinMs }) => withinMs !== null);
  const watchesExecutions = timed.some((sli) => !judgesSteps(sli));
  // Steps are followed where executions are, so that an overdue execution can name the step it hangs in.
  const watchesSteps = timed.length > 0;
  const selections = new Map<string, Selection>();
  // Where no SLI looks at attributes, what is selected depends on two names only.
  const byNames = [...slis.values()].some(({ where }) => Object.keys(where).length > 0)
    ? null
    : new Map<string | null, Map<string | null, Selection>>();

  function find(outcome: Outcome): Selection {
    const chosen = [...slis].filter(([, sli]) => selects(sli, outcome));
    const key = chosen.map(([fingerprint]) => fingerprint).join(',');
    let selection = selections.get(key);
    if (!selection) {
      selection = {
        slis: chosen.map(([fingerprint, { withinMs }]) => ({ fingerprint, withinMs })),
        key,
        timed: chosen.some(([, { withinMs }]) => withinMs !== null),
      };
      selections.set(key, selection);
    }
    return selection;
  }

  return {
    select(outcome) {
      if (!byNames) return find(outcome);
      const selection = byNames.get(outcome.step)?.get(outcome.dependency);
      if (selection) return selection;
      const found = find(outcome);
      // Names come from producers: what is remembered of them must not grow without end.
      if (byNames.size >= MAX_NAMES) byNames.clear();
      let ofStep = byNames.get(outcome.step);
      if (!ofStep || ofStep.size >= MAX_NAMES) byNames.set(outcome.step, (ofStep = new Map()));
      ofStep.set(outcome.dependency, found);
      return found;
    },
    watches: (outcome) => (outcome.step === null ? watchesExecutions : watchesSteps),
  };
}
