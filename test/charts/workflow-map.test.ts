import { array, assert, constantFrom, integer, nat, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MapLink } from '../../src/charts/map-layout.ts';
import { layOutMap } from '../../src/charts/map-layout.ts';
import type { MapLine, MapNode } from '../../src/charts/workflow-map.ts';
import { workflowMap } from '../../src/charts/workflow-map.ts';
import { allElements, readChart } from './read-xml.ts';

const boxesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: String(index),
    width: 100,
    height: 20 + (index % 3) * 30,
  }));
const link = (from: number, to: number): MapLink => ({ from: String(from), to: String(to) });

/** Throws unless boxes lie apart, inside the drawing, and no line goes through one. */
function checkLayout(boxes: ReturnType<typeof boxesOf>, links: readonly MapLink[], perRow: number) {
  const layout = layOutMap(boxes, links, perRow);
  const placed = boxes.map(({ id, width, height }) => {
    const [x, y] = layout.corners.get(id)!;
    return { id, left: x, right: x + width, top: y, bottom: y + height };
  });
  for (const one of placed) {
    expect(one.left).toBeGreaterThanOrEqual(0);
    expect(one.right).toBeLessThanOrEqual(layout.width);
    expect(one.top).toBeGreaterThanOrEqual(0);
    expect(one.bottom).toBeLessThanOrEqual(layout.height);
    for (const other of placed) {
      if (one === other) continue;
      const apart =
        one.right < other.left || other.right < one.left || one.bottom < other.top || other.bottom < one.top;
      expect([one.id, other.id, apart]).toEqual([one.id, other.id, true]);
    }
  }
  for (const { points, link: drawn } of layout.routes) {
    for (const [index, [x, y]] of points.slice(1).entries()) {
      const [startX, startY] = points[index]!;
      expect(y).toBeGreaterThanOrEqual(startY);
      for (const { id, left, right, top, bottom } of placed) {
        if (id === drawn.from || id === drawn.to) continue;
        // Through rows lines go straight down; between rows there are no boxes.
        if (startX === x) expect(x > left && x < right && y > top && startY < bottom).toBe(false);
        else expect(startY >= bottom || y <= top).toBe(true);
      }
    }
  }
  return layout;
}

describe('the layout of a map', () => {
  it('keeps boxes apart and lines off them, whatever leads to what', () => {
    const graph = integer({ min: 0, max: 24 }).chain((count) =>
      record({
        count: integer({ min: count, max: count }),
        links: array(record({ from: nat(26), to: nat(26) }), { maxLength: 40 }),
        perRow: integer({ min: 1, max: 5 }),
      }),
    );
    assert(
      property(graph, ({ count, links, perRow }) => {
        const all = links.map(({ from, to }) => link(from, to));
        const { routes } = checkLayout(boxesOf(count), all, perRow);
        const known = all.filter(({ from, to }) => from !== to && Number(from) < count && Number(to) < count);
        expect(routes.map((route) => route.link)).toEqual(known);
      }),
    );
  });

  it('puts each box below all that lead to it, and draws only what closes a circle upwards', () => {
    const links = [link(2, 0), link(0, 1), link(1, 2), link(1, 3), link(0, 3)];
    const { corners, routes } = checkLayout(boxesOf(4), links, 4);
    const top = (id: number) => corners.get(String(id))![1];
    expect([top(0) < top(1), top(1) < top(2), top(1) < top(3)]).toEqual([true, true, true]);
    expect(routes.map(({ isUpward }) => isUpward)).toEqual([true, false, false, false, false]);
  });

  it('is no wider than its rows may be, of fifty side by side as of fifty in a chain', () => {
    const fan = Array.from({ length: 49 }, (_, index) => [link(0, index + 1), link(index + 1, 50)]).flat();
    expect(checkLayout(boxesOf(51), fan, 4).width).toBeLessThan(600);
    const chain = Array.from({ length: 49 }, (_, index) => link(index, index + 1));
    expect(checkLayout(boxesOf(50), chain, 4).width).toBe(100);
    expect(checkLayout(boxesOf(50), [], 4).width).toBeLessThan(500);
  });

  it('G2: places as many as a page draws without holding the event loop', () => {
    const chain = Array.from({ length: 119 }, (_, index) => [link(index, index + 1), link(0, index + 1)]);
    const took = Array.from({ length: 5 }, () => {
      const begun = process.hrtime.bigint();
      layOutMap(boxesOf(120), chain.flat(), 1);
      return Number(process.hrtime.bigint() - begun) / 1e6;
    });
    // The fastest: what else a busy machine does is no part of it.
    expect(Math.min(...took)).toBeLessThan(50);
  });
});

const node = (changes: Partial<MapNode>): MapNode => ({
  id: 'a',
  kind: 'step',
  title: 'charge',
  level: 'calm',
  lines: [{ text: '98% of 100 succeeded', level: 'calm' }],
  href: '/slos/a/b',
  ...changes,
});
const setting = { id: 'map', label: 'Map of orders', perRow: 4 };
const shapeOf = (svg: string): string => svg.replace(/ (class|fill|stroke)="[^"]*"/g, '');

describe('the picture of a map', () => {
  it('is well-formed, whatever names hold, and says each box and all of its lines in words', () => {
    const text = string({ unit: 'binary', maxLength: 128 });
    const nodes = array(
      record({
        kind: constantFrom('workflow', 'step', 'hand-over', 'queue', 'dependency'),
        title: text,
        level: constantFrom('calm', 'warn', 'bad', 'unknown'),
        lines: array(record({ text, level: constantFrom('calm', 'warn', 'bad', 'unknown') }), {
          maxLength: 5,
        }),
      }),
      { maxLength: 8 },
    );
    assert(
      property(nodes, array(record({ from: nat(8), to: nat(8) }), { maxLength: 9 }), (drawn, links) => {
        const lines = links.map(({ from, to }): MapLine => ({ ...link(from, to), kind: 'call' }));
        const svg = workflowMap(
          drawn.map((one, index): MapNode => ({
            ...node({}),
            ...(one as Partial<MapNode>),
            id: String(index),
          })),
          lines,
          setting,
        );
        const anchors = allElements(readChart(svg, { links: true })).filter(({ name }) => name === 'a');
        expect(anchors).toHaveLength(drawn.length);
      }),
    );
  });

  it('folds long names rather than to leave something out', () => {
    const title = `order ${'x'.repeat(122)}`;
    const svg = workflowMap([node({ title, href: null })], [], setting);
    const texts = allElements(readChart(svg)).filter(({ name }) => name === 'text');
    expect(texts.map(({ text }) => text).join('')).toBe(`order${'x'.repeat(122)}98% of 100 succeeded`);
    expect(texts.length).toBeGreaterThan(5);
    for (const { attributes } of texts) expect(attributes.get('x')).toBe('10');
  });

  it('differs by shape for each level and kind, not by colour alone', () => {
    const levels = (['calm', 'warn', 'bad', 'unknown'] as const).map((level) =>
      shapeOf(workflowMap([node({ level })], [], setting)),
    );
    expect(new Set(levels).size).toBe(4);
    const kinds = (['workflow', 'step', 'hand-over', 'queue', 'dependency'] as const).map((kind) =>
      shapeOf(workflowMap([node({ kind })], [], setting)),
    );
    expect(new Set(kinds).size).toBe(5);
  });

  it('is empty of nothing', () => {
    expect(readChart(workflowMap([], [], setting)).children.map(({ name }) => name)).toEqual(['defs']);
  });
});
