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

/** One thing that an SLO counts; of a composite, that its first member does. Null when nothing that is reported counts for it. */
export function exampleFact(slo: Slo): ExampleFact | null {
  const counted = componentsOf(slo).flatMap(countedSeries)[0];
  return counted ? factOf(counted.workflow, counted.sli) : null;
}

function factOf(workflow: string, sli: CountedSli): ExampleFact {
  const attributes: Record<string, string> = {};
  for (const [name, test] of Object.entries('where' in sli ? sli.where : {})) {
    const value = exampleValue(test);
    if (value !== null) attributes[name] = value;
  }
  switch (sli.kind) {
    case 'measurement':
      return { kind: 'measurement', workflow, name: sli.name, attributes };
    case 'outcomes':
      return { kind: 'outcome', workflow, step: sli.step, dependency: sli.dependency, attributes };
    case 'transition':
      // The success that a hand-over begins with.
      return { kind: 'outcome', workflow, step: sli.from, dependency: null, attributes };
    case 'starts':
    case 'scheduled':
    case 'early':
      return { kind: 'outcome', workflow, step: null, dependency: null, attributes };
    default:
      return sli satisfies never;
  }
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
