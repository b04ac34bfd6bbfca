import type { Outcome } from '../outcomes/outcome.ts';
import type { OutcomeSli, Where } from './sli.ts';

/** Whether an SLI may count steps. */
export function judgesSteps({ step, dependency }: Pick<OutcomeSli, 'step' | 'dependency'>): boolean {
  return step !== null || dependency !== null;
}

/** Whether an SLI may count whole executions. */
function judgesExecutions({ step }: OutcomeSli): boolean {
  return step === null;
}

/** Whether an outcome is one that the SLI counts, whatever its status. */
export function selects(sli: OutcomeSli, outcome: Outcome): boolean {
  if (outcome.step === null ? !judgesExecutions(sli) : !judgesSteps(sli)) return false;
  if (sli.step !== null && sli.step !== outcome.step) return false;
  if (sli.dependency !== null && sli.dependency !== calledBy(outcome)) return false;
  return passes(sli.where, outcome.attributes);
}

/**
 * Whether an outcome that names a dependency is about a call of its own, see `CallSli`: a whole execution that names a failed step
 * tells of the call of that step (see `toldBy`).
 */
export function isCall({ step, failedStep }: Pick<Outcome, 'step' | 'failedStep'>): boolean {
  return step !== null || failedStep === null;
}

/** The dependency that an outcome counts for. */
export function calledBy(outcome: Pick<Outcome, 'step' | 'failedStep' | 'dependency'>): string | null {
  return isCall(outcome) ? outcome.dependency : null;
}

/** Whether attributes pass every test. */
export function passes(where: Where, attributes: Readonly<Record<string, string>> | null): boolean {
  for (const name in where) {
    const { op, values } = where[name]!;
    const value = attributes?.[name];
    const negated = op === 'not-in' || op === 'not-glob';
    if (value === undefined) {
      if (!negated) return false;
      continue;
    }
    const found =
      op === 'in' || op === 'not-in' ? values.includes(value) : values.some((glob) => matches(glob, value));
    if (found === negated) return false;
  }
  return true;
}

/** Whether a text matches a glob; takes at most `glob.length * text.length` steps, whatever the two hold. */
export function matches(glob: string, text: string): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    if (at < glob.length && glob[at] === '*') {
      star = at++;
      resume = position;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[position])) {
      at++;
      position++;
    } else if (star >= 0) {
      // The last star takes one character more; earlier ones need not be tried again.
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
