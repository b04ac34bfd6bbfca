import { beforeEach, describe, expect, it } from 'vitest';
import type { Annotation } from '../../../src/core/ports/store/annotations.ts';
import { ANNOTATION_RETENTION, MAX_ANNOTATIONS } from '../../../src/core/ports/store/annotations.ts';
import type { Caller } from '../../../src/core/ports/token.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { Annotations } from '../../../src/engine/annotations/annotations.ts';
import { createAnnotations } from '../../../src/engine/annotations/annotations.ts';
import { keptRecords } from '../../http/fakes.ts';
import type { ManualClock } from '../../support/clock.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { ANYONE, callerWith } from '../../support/tokens.ts';

const ORDERS = defineSlo({ workflow: 'orders', owner: 'payments' });
const ALL = {
  workflow: null,
  slo: null,
  owner: null,
  kind: null,
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  after: null,
  limit: 1000,
};

let clock: ManualClock;
let store: ReturnType<typeof keptRecords>;
let annotations: Annotations;
beforeEach(() => {
  clock = manualClock();
  store = keptRecords();
  annotations = createAnnotations({
    store,
    definitions: () => define([ORDERS, defineSlo({ workflow: 'search', owner: 'search' })]),
    clock,
    log: memoryLog(),
  });
});

const annotate = async (request: object, caller: Caller = ANYONE): Promise<Annotation> => {
  const answer = await annotations.annotate(request, caller);
  if ('refused' in answer) throw new Error(answer.problems.join(' '));
  return answer;
};
const refusal = async (request: unknown, caller: Caller = ANYONE) => {
  const answer = await annotations.annotate(request, caller);
  return 'refused' in answer ? answer.problems.join(' ') : null;
};
const texts = (all: readonly Annotation[]) => all.map(({ text }) => text);

describe('annotations', () => {
  it('are listed the latest first, in parts, and narrowed by what they are about', async () => {
    for (const [index, about] of [
      {},
      { workflow: 'orders' },
      { slo: ORDERS.id },
      { owner: 'search' },
    ].entries())
      await annotate({ text: `t${index}`, at: clock.now() - index * MINUTE, ...about });
    const first = await annotations.annotationPage({ ...ALL, limit: 3 }, ANYONE);
    expect(texts(first.items)).toEqual(['t0', 't1', 't2']);
    const rest = await annotations.annotationPage({ ...ALL, after: first.next }, ANYONE);
    expect([texts(rest.items), rest.next]).toEqual([['t3'], null]);
    const of = async (query: object) =>
      texts((await annotations.annotationPage({ ...ALL, ...query }, ANYONE)).items);
    expect(await of({ workflow: 'orders' })).toEqual(['t1']);
    expect(await of({ owner: 'search' })).toEqual(['t3']);
    expect(await of({ kind: 'deploy' })).toEqual([]);
    expect(await of({ from: clock.now() - MINUTE, to: clock.now() })).toEqual(['t1']);
    // What a list goes on after may be gone.
    const two = await annotations.annotationPage({ ...ALL, limit: 2 }, ANYONE);
    await annotations.removeAnnotation(two.items[1]!.id, ANYONE);
    expect(texts((await annotations.annotationPage({ ...ALL, after: two.next }, ANYONE)).items)).toEqual([
      't2',
      't3',
    ]);
  });

  it('are about an SLO when they are about it, its workflow, its owner, or everything', async () => {
    for (const [index, about] of [
      {},
      { workflow: 'orders' },
      { slo: ORDERS.id },
      { owner: 'payments' },
      { owner: 'search' },
    ].entries())
      await annotate({ text: `t${index}`, ...about });
    const found = await annotations.about({ ...ORDERS, slo: ORDERS.id }, clock.now() - HOUR, clock.now());
    expect(texts(found).toSorted((one, other) => (one < other ? -1 : 1))).toEqual(['t0', 't1', 't2', 't3']);
    expect(await annotations.about({ ...ORDERS, slo: ORDERS.id }, 0, clock.now() - 1)).toEqual([]);
  });

  it('one with a length is there while it lasts', async () => {
    await annotate({ text: 'sale', at: clock.now() - 3 * HOUR, to: clock.now() - HOUR });
    expect(await annotations.within(clock.now() - 2 * HOUR, clock.now())).toHaveLength(1);
    expect(await annotations.within(clock.now() - HOUR + 1, clock.now())).toEqual([]);
  });

  it('with an id are made once, however often they are sent', async () => {
    const first = await annotate({ id: 'deploy-7f3c', text: '7f3c', workflow: 'orders' });
    clock.advance(MINUTE);
    expect(await annotate({ id: 'deploy-7f3c', text: '7f3c', workflow: 'orders' })).toEqual(first);
    expect((await annotations.annotationPage(ALL, ANYONE)).items).toEqual([first]);
    expect(await annotations.removeAnnotation('deploy-7f3c', ANYONE)).toEqual(first);
    expect(await annotations.removeAnnotation('deploy-7f3c', ANYONE)).toMatchObject({ refused: 'unknown' });
  });

  it.each([
    [{}, 'text is missing'],
    [{ text: 'x', team: 'y' }, 'There is no field "team"'],
    [{ text: 'x', workflow: 'orders', owner: 'payments' }, 'Give one of workflow, slo and owner'],
    [{ text: 'x', workflow: 'nothing' }, 'No workflow "nothing" is loaded'],
    [{ text: 'x', link: 'javascript:alert(1)' }, 'link must be an address'],
    [{ text: 'x', kind: 'A deploy' }, 'kind must be a word'],
    [{ text: 'x\u0007' }, 'without control characters'],
    [{ text: 'x', at: 0 }, 'at must be at most'],
    [{ text: 'x', to: 0 }, 'to must be later than at'],
    ['x', 'An annotation is a JSON object'],
  ])('G2: %j is refused with what would be right', async (request, problem) => {
    expect(await refusal(request)).toContain(problem);
    expect(await store.records('annotations')).toEqual([]);
  });

  it('G1: a token of one workflow makes, sees and removes only what is about that', async () => {
    const orders = callerWith('read@orders+write@orders');
    const mine = await annotate({ text: 'mine', workflow: 'orders' }, orders);
    const other = await annotate({ text: 'other', workflow: 'search' });
    const all = await annotate({ text: 'all' });
    expect(await refusal({ text: 'x', workflow: 'search' }, orders)).toContain(
      'No workflow "search" is loaded',
    );
    expect(await refusal({ text: 'x' }, orders)).toContain('may not annotate everything');
    expect(await refusal({ text: 'x', id: other.id }, orders)).toContain('may not annotate');
    expect(await refusal({ text: 'x', id: other.id, workflow: 'orders' }, orders)).toContain(
      'choose another',
    );
    const { items } = await annotations.annotationPage(ALL, orders);
    expect(new Set(texts(items))).toEqual(new Set(['mine', 'all']));
    expect(await annotations.removeAnnotation(other.id, orders)).toMatchObject({ refused: 'unknown' });
    expect(await annotations.removeAnnotation(all.id, orders)).toMatchObject({ refused: 'forbidden' });
    expect(await annotations.removeAnnotation(mine.id, orders)).toEqual(mine);
  });

  it('are bounded: the oldest go, and those that no chart reaches back to', async () => {
    await annotate({ text: 'old' });
    clock.advance(ANNOTATION_RETENTION + 1);
    const template = await annotateOnce();
    for (let index = 0; index < MAX_ANNOTATIONS; index++)
      await store.putRecord('annotations', `n${index}`, 0, {
        v: 1,
        ...template,
        id: `n${index}`,
        at: clock.now() - DAY + index,
      });
    await annotate({ text: 'new' });
    const kept = await annotations.within(0, clock.now());
    expect(kept).toHaveLength(MAX_ANNOTATIONS);
    expect(kept.some(({ id, text }) => id === 'n0' || text === 'old')).toBe(false);
    expect(kept.at(-1)!.text).toBe('new');
  });

  it('of a newer version are left alone', async () => {
    await store.putRecord('annotations', 'newer', 0, { v: 99, what: 'else' });
    await annotate({ text: 'x' });
    expect(await annotations.within(0, clock.now())).toHaveLength(1);
    expect((await store.records('annotations')).map(({ id }) => id)).toContain('newer');
  });

  async function annotateOnce(): Promise<object> {
    const { id, ...annotation } = await annotate({ id: 'template', text: 'template' });
    await annotations.removeAnnotation(id, ANYONE);
    return annotation;
  }
});
