import { z } from 'zod';
import { listOf, mapOf, mapWith, pathName } from './field-schemas.ts';

const AFTER = 'the name of a step, or a list of them';

const stepSchema = z.union(
  [
    z.null(),
    mapWith(
      {
        after: z
          .union([pathName, listOf(pathName, 'names of steps', 100)], { error: AFTER })
          .optional()
          .describe('The steps that must have succeeded before it begins.'),
      },
      'nothing, or a map with `after`',
    ),
  ],
  { error: 'nothing, or a map with `after`' },
);

const STEPS = 'a list of steps in their order, or a map of steps with what each comes `after`';

/** The steps of a workflow: in their order, or by what each comes after. */
export const stepsSchema = z
  .union(
    [
      listOf(pathName, 'names of steps', 1000),
      mapOf(pathName, stepSchema, 'steps').refine((steps) => Object.keys(steps).length <= 1000, {
        error: 'at most 1000 steps',
      }),
    ],
    { error: STEPS },
  )
  .describe(
    'The steps of the workflow, in their order or with what each comes `after`; SLOs may then only name these.',
  );

export const unknownStepsSchema = z
  .enum(['accept', 'reject'], { error: 'accept or reject' })
  .describe('What becomes of outcomes of steps that are not in `steps`: `accept` (the default) or `reject`.');

export const queuesSchema = mapOf(
  pathName,
  mapWith(
    { after: pathName.optional().describe('The step it lies behind.') },
    'a map with `after`, or {} for a queue that lies behind no step',
  ),
  'queues',
)
  .refine((queues) => Object.keys(queues).length <= 100, { error: 'at most 100 queues' })
  .describe(
    'Queues of the workflow, such as dead letters, by the measurement that reports how deep each is.',
  );

export type NativeSteps = z.infer<typeof stepsSchema>;
