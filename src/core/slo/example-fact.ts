import type { AttributeTest, CountedSli } from '../sli/sli.ts';
import { componentsOf, countedSeries } from './series.ts';
import type { Slo } from './slo.ts';

/** What a producer may report so that an SLO counts something. */
export type ExampleFact =
  | {
      readonly kind: 'outcome';
      readonly workflow: string;
      /** Null: it is about whole executions. */
      readonly step: string | null;
      readonly dependency: string | null;
      /** Those that the SLI asks for. */
      readonly attributes: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'measurement';
      readonly workflow: string;
      readonly name: string;
      readonly attributes: Readonly<Record<string, string>>;
    };

/** One thing that an SLO counts; of a composite, that its first member does. Null when no single fact counts for it. */
export function exampleFact(slo: Slo): ExampleFact | null {
  const counted = componentsOf(slo).flatMap(countedSeries)[0];
  return counted ? factOf(counted.workflow, counted.sli) : null;
}

/** Null for what takes more than one fact to count, such as a hand-over between steps. */
function factOf(workflow: string, sli: CountedSli): ExampleFact | null {
  if (!('where' in sli)) return null;
  const attributes: Record<string, string> = {};
  for (const [name, test] of Object.entries(sli.where)) {
    const value = exampleValue(test);
    if (value !== null) attributes[name] = value;
  }
  if (sli.kind === 'measurement') return { kind: 'measurement', workflow, name: sli.name, attributes };
  const { step, dependency } = sli.kind === 'outcomes' ? sli : { step: null, dependency: null };
  return { kind: 'outcome', workflow, step, dependency, attributes };
}

/** A value that passes a test; null when none at all does. */
function exampleValue({ op, values }: AttributeTest): string | null {
  const [first = ''] = values;
  switch (op) {
    case 'in':
      return first;
    case 'glob':
      return first.replaceAll('*', '').replaceAll('?', 'x') || 'x';
    case 'not-in':
    case 'not-glob':
      return null;
    default:
      return op satisfies never;
  }
}
