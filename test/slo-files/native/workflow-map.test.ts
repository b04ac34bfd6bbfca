import { describe, expect, it } from 'vitest';
import { definitionsOf, loadText, told } from '../slo-folder.ts';

const text = (more: string, slos = 's: { objective: 99%, window: 28d, sli: succeeded }') =>
  `workflow: w\nowner: payments\n${more}\nslos:\n  ${slos}\n`;
const workflowOf = async (more: string, slos?: string) =>
  definitionsOf(await loadText(text(more, slos))).workflows.get('w')!;
const problemsOf = async (more: string, slos?: string) => told(await loadText(text(more, slos)));

const GRAPH =
  'steps: { ship: { after: [charge, pack] }, charge: { after: reserve }, pack: { after: reserve }, reserve: }';

describe('steps', () => {
  it('are a list in their order', async () => {
    const { steps, after, unknownSteps } = await workflowOf('steps: [reserve, charge, ship]');
    expect(steps).toEqual(['reserve', 'charge', 'ship']);
    expect(after.get('ship')).toEqual(['charge']);
    expect(unknownSteps).toBe('accept');
  });

  it('are a map with what each comes after, in whatever order it is written', async () => {
    const { steps, after } = await workflowOf(GRAPH);
    expect(steps).toEqual(['reserve', 'charge', 'pack', 'ship']);
    expect(after.get('ship')).toEqual(['charge', 'pack']);
    expect(after.get('reserve')).toEqual([]);
  });

  it('are none without a map', async () => {
    expect(await workflowOf('')).toMatchObject({ steps: [], unknownSteps: 'accept', queues: [] });
  });

  it('may be all that is accepted', async () => {
    expect((await workflowOf('steps: [a]\nunknownSteps: reject')).unknownSteps).toBe('reject');
  });

  it.each<[what: string, more: string, problem: RegExp]>([
    ['a circle', 'steps: { a: { after: c }, b: { after: a }, c: { after: b } }', /a circle: .*-> /],
    [
      'what is not there',
      'steps: { ship: { after: charges }, charge: }',
      /`charges` is not a step.*did you mean charge/s,
    ],
    ['what is not there, in a list', 'steps: { ship: { after: [pack, x] }, pack: }', /`x` is not a step/],
    ['one twice', 'steps: [a, b, a]', /`a` is in the list twice/],
    ['another shape', 'steps: a', /list of steps in their order, or a map/],
    ['another key', 'steps: { a: { before: b }, b: }', /after/],
    ['unknownSteps without a map', 'unknownSteps: reject', /without steps rejects all/],
    ['an unknown word', 'steps: [a]\nunknownSteps: strict', /accept or reject/],
    [
      'a queue behind no step',
      'steps: [ship]\nqueues: { dlq: { after: shop } }',
      /`shop`.*did you mean ship/s,
    ],
  ])('with %s are a mistake at its place', async (_what, more, problem) => {
    expect((await problemsOf(more)).join('\n')).toMatch(problem);
  });

  it('may be asked for a transition between two that the map leads between', async () => {
    const transition = (between: string) =>
      `s: { objective: 99%, window: 28d, sli: { transition: ${between}, within: 1m } }`;
    expect((await workflowOf(GRAPH, transition('reserve -> ship'))).slos).toHaveLength(1);
    expect((await problemsOf(GRAPH, transition('ship -> reserve'))).join()).toMatch(
      /`reserve` never comes after `ship`/,
    );
    expect((await problemsOf(GRAPH, transition('pack -> charge'))).join()).toMatch(/never comes after/);
  });
});

it('queues lie behind steps, or just anywhere', async () => {
  const { queues } = await workflowOf('steps: [ship]\nqueues: { dlq-depth: { after: ship }, inbox: {} }');
  expect(queues).toEqual([
    { name: 'dlq-depth', after: 'ship' },
    { name: 'inbox', after: null },
  ]);
});
