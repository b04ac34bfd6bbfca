import type { WorkflowMap } from '../../core/slo/workflow-map.ts';
import { NO_MAP, inSequence, sortSteps } from '../../core/slo/workflow-map.ts';
import { nearest } from '../../core/words/suggestion.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';
import type { NativeDocument } from './document-schema.ts';
import type { NativeSteps } from './map-schema.ts';

/** Reads what a document says of steps and queues, and reports what of it does not fit together. */
export function readMap(
  { steps: native, unknownSteps = 'accept', queues = {} }: Partly<NativeDocument>,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): WorkflowMap {
  const wrong = (at: Place, message: string, expected: string, suggestion?: string): void =>
    report(problemAt(source, at.start, 'error', message, { expected, suggestion }));
  const after = native === undefined ? NO_MAP.after : readSteps(native as NativeSteps, place, wrong);
  const sorted = sortSteps(after);
  if ('circle' in sorted) {
    const at = placeAt(place, ['steps', sorted.circle[0]!]) ?? placeAt(place, ['steps'])!;
    wrong(
      at,
      `steps go in a circle: ${sorted.circle.join(' -> ')}`,
      'steps that each come after others only',
    );
  }
  const strict = placeAt(place, ['unknownSteps']);
  if (strict && unknownSteps === 'reject' && after.size === 0)
    wrong(strict, '`unknownSteps` without steps rejects all', '`steps` in the same document');
  const names = [...after.keys()];
  return {
    steps: 'steps' in sorted ? sorted.steps : names,
    after,
    unknownSteps,
    queues: Object.entries(queues).map(([name, queue]) => {
      const behind = queue?.after ?? null;
      const at = placeAt(place, ['queues', name, 'after']);
      if (at && behind !== null && names.length > 0 && !after.has(behind)) unknown(at, behind, names, wrong);
      return { name, after: behind };
    }),
  };
}

type Wrong = (at: Place, message: string, expected: string, suggestion?: string) => void;

function readSteps(native: NativeSteps, place: Place, wrong: Wrong): WorkflowMap['after'] {
  if (Array.isArray(native)) {
    native.forEach((step, index) => {
      const at = placeAt(place, ['steps', index]);
      if (at && native.indexOf(step) < index)
        wrong(at, `${quoted(at)} is in the list twice`, 'each step once');
    });
    return inSequence([...new Set(native)]);
  }
  const names = Object.keys(native);
  return new Map(
    Object.entries(native).map(([step, of]): [string, readonly string[]] => {
      const before = of?.after === undefined ? [] : [of.after].flat();
      before.forEach((name, index) => {
        const at =
          placeAt(place, ['steps', step, 'after', index]) ?? placeAt(place, ['steps', step, 'after']);
        if (at && !names.includes(name)) unknown(at, name, names, wrong);
      });
      return [step, [...new Set(before)].filter((name) => names.includes(name))];
    }),
  );
}

function unknown(at: Place, name: string, names: readonly string[], wrong: Wrong): void {
  const expected = `one of ${names.slice(0, 20).join(', ')}`;
  wrong(at, `${quoted(at)} is not a step of this workflow`, expected, nearest(name, names));
}
