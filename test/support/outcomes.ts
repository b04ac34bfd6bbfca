import type { Outcome } from '../../src/core/outcomes/outcome.ts';
import { parseOutcome } from '../../src/core/outcomes/outcome.ts';
import type { Rejection } from '../../src/core/outcomes/record-fields.ts';
import { isRejection } from '../../src/core/outcomes/record-fields.ts';
import { START } from './clock.ts';

/** When sketched outcomes arrive. */
export const ARRIVAL = START;

export const TRACE = '0AF7651916CD43DD8448EB211C80319C';

/** Parses a minimal outcome with these fields added or replaced, as it arrives at `ARRIVAL`. */
export function parseSketch(fields: object): Outcome | Rejection {
  return parseOutcome({ workflow: 'orders', execution: 'o-1', status: 'succeeded', ...fields }, ARRIVAL);
}

/** As `parseSketch`, of fields that are right. */
export function sketchOutcome(fields: object = {}): Outcome {
  const result = parseSketch(fields);
  if (isRejection(result)) throw new Error(`rejected: ${result.message}`);
  return result;
}

/** Parses an outcome as an HTTP body would bring it, so that `__proto__` is a field like any other. */
export function parseJson(text: string): Outcome | Rejection {
  return parseOutcome(JSON.parse(text), ARRIVAL);
}
