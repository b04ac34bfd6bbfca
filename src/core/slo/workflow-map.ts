import type { Outcome } from '../outcomes/outcome.ts';
import { DEAD_LETTER, handOverName } from '../sli/hand-over.ts';

/** The steps of a workflow and the order they come in, and the queues between them, as its file draws them. */
export interface WorkflowMap {
  /** Every step after those that come before it; none when the file draws no map. */
  readonly steps: readonly string[];
  /** Of each step, those it comes right after: all of them must have succeeded first. None of a first step. */
  readonly after: ReadonlyMap<string, readonly string[]>;
  /** What becomes of outcomes of steps that the map does not have. */
  readonly unknownSteps: 'accept' | 'reject';
  readonly queues: readonly Queue[];
}

/** A queue whose depth is reported as a measurement of its name. */
export interface Queue {
  readonly name: string;
  /** The step it lies behind; null when the file does not say. */
  readonly after: string | null;
}

export const NO_MAP: WorkflowMap = { steps: [], after: new Map(), unknownSteps: 'accept', queues: [] };

/** What each step of a sequence comes after: the one before it. */
export function inSequence(steps: readonly string[]): WorkflowMap['after'] {
  return new Map(steps.map((step, index) => [step, index === 0 ? [] : [steps[index - 1]!]]));
}

/** Where an outcome failed: the step, or of a dead letter the hand-over that was lost, where the map says which. */
export function failurePlace(
  { step, failedStep, error }: Pick<Outcome, 'step' | 'failedStep' | 'error'>,
  { after }: Pick<WorkflowMap, 'after'>,
): string | null {
  const place = failedStep ?? step;
  if (error !== DEAD_LETTER || place === null) return place;
  const [from, ...others] = after.get(place) ?? [];
  return from === undefined || others.length > 0 ? place : handOverName({ from, to: place });
}

/** Whether one step comes somewhere before another. */
export function comesBefore({ after }: Pick<WorkflowMap, 'after'>, first: string, then: string): boolean {
  const looked = new Set<string>();
  const waiting = [...(after.get(then) ?? [])];
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    if (step === first) return true;
    if (looked.has(step)) continue;
    looked.add(step);
    waiting.push(...(after.get(step) ?? []));
  }
  return false;
}

/** Steps put so that each comes after those before it, otherwise in the order they are in; or steps that go in a circle. */
export function sortSteps(
  after: WorkflowMap['after'],
): { readonly steps: readonly string[] } | { readonly circle: readonly string[] } {
  const steps: string[] = [];
  const placed = new Set<string>();
  /** Places a step after those before it; `path` leads to it. Without recursion: a chain may be longer than the call stack is deep. */
  for (const first of after.keys()) {
    const path: string[] = [first];
    const onPath = new Set(path);
    while (path.length > 0) {
      const step = path.at(-1)!;
      const next = (after.get(step) ?? []).find((before) => after.has(before) && !placed.has(before));
      if (next !== undefined) {
        if (onPath.has(next)) return { circle: [...path.slice(path.indexOf(next)), next].toReversed() };
        path.push(next);
        onPath.add(next);
        continue;
      }
      path.pop();
      onPath.delete(step);
      if (!placed.has(step)) steps.push(step);
      placed.add(step);
    }
  }
  return { steps };
}
