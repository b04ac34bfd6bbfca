import type { MapLink } from './map-layout.ts';
import { layOutMap } from './map-layout.ts';
import { foldText, label } from './labels.ts';
import type { ChartColor, ChartTheme } from './palette.ts';
import type { Fill } from './patterns.ts';
import { areaFill } from './patterns.ts';
import { coordinate, element, painted, pathThrough } from './svg.ts';

/** `unknown`: nothing was reported of it lately. */
export type MapLevel = 'calm' | 'warn' | 'bad' | 'unknown';

/** Something that a workflow is made of, with what is to be read in its box. */
export interface MapNode {
  /** Any text, by which lines name it. */
  readonly id: string;
  readonly kind: 'workflow' | 'step' | 'hand-over' | 'queue' | 'dependency';
  readonly title: string;
  readonly level: MapLevel;
  readonly lines: readonly { readonly text: string; readonly level: MapLevel }[];
  /** Where it leads to; null: nowhere. */
  readonly href: string | null;
}

/** `call`: of what is called, which is no step after it. */
export interface MapLine extends MapLink {
  readonly kind: 'order' | 'call';
}

export interface WorkflowMapSetting {
  /** Begins the ids inside it. */
  readonly id: string;
  /** What it is a picture of, for those who do not see it. */
  readonly label: string;
  /** The most boxes beside each other: 1 for narrow screens. */
  readonly perRow: number;
  readonly theme?: ChartTheme;
}

const WIDTH = 220;
const PADDING = 10;
const BAND = 9;
const TITLE_SIZE = 13;
const TEXT_SIZE = 11.5;
const ROW = 16;
const EDGE = 6;

const COLORS: Readonly<Record<MapLevel, ChartColor>> = {
  calm: 'soft',
  warn: 'warn',
  bad: 'bad',
  unknown: 'ideal',
};
/** What is wrong is seen by the pattern of a band as well as by its colour, and said in words. */
const BANDS: Readonly<Record<MapLevel, Fill | null>> = {
  calm: null,
  warn: 'rows',
  bad: 'slashes',
  unknown: null,
};

/** A node with its texts in the lines that they take. */
interface FoldedNode {
  readonly node: MapNode;
  readonly title: readonly string[];
  readonly lines: MapNode['lines'];
  readonly height: number;
}

/** Draws the parts of a workflow in the order they come in, top to bottom. Nothing of their texts is left out. */
export function workflowMap(
  nodes: readonly MapNode[],
  lines: readonly MapLine[],
  { id, label: text, perRow, theme = 'light' }: WorkflowMapSetting,
): string {
  const folded = nodes.map(foldNode);
  const boxes = folded.map(({ node, height }) => ({ id: node.id, width: WIDTH, height }));
  const layout = layOutMap(boxes, lines, perRow);
  const kinds = new Map(lines.map((line) => [line as MapLink, line.kind]));
  const [width, height] = [Math.max(WIDTH, layout.width) + 2 * EDGE, layout.height + 2 * EDGE];
  const bands = new Set(nodes.map(({ level }) => bandOf(id, theme, level).definition));
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'chart workflow-map',
      viewBox: `${-EDGE} ${-EDGE} ${coordinate(width)} ${coordinate(height)}`,
      width,
      height,
      role: 'group',
      'aria-label': text,
    },
    element('defs', {}, ...bands),
    ...layout.routes.map(({ link, points, isUpward }) => {
      const tip = isUpward ? points[0]! : points.at(-1)!;
      return drawLine(points, tip, isUpward, kinds.get(link)!, theme);
    }),
    ...folded.map((node) => drawNode(node, layout.corners.get(node.node.id)!, id, theme)),
  );
}

function foldNode(node: MapNode): FoldedNode {
  const room = WIDTH - PADDING - insetOf(node);
  // Bold letters are wider than others.
  const title = foldText(node.title, TITLE_SIZE * 1.06, room);
  const lines = node.lines.flatMap(({ text, level }) =>
    foldText(text, level === 'warn' || level === 'bad' ? TEXT_SIZE * 1.06 : TEXT_SIZE, room).map((part) => ({
      text: part,
      level,
    })),
  );
  return { node, title, lines, height: 2 * PADDING - 4 + (title.length + lines.length) * ROW };
}

/** Where the texts of a node begin. */
function insetOf({ kind, level }: MapNode): number {
  return PADDING + (kind === 'hand-over' ? 6 : 0) + (BANDS[level] === null ? 0 : BAND);
}

function bandOf(id: string, theme: ChartTheme, level: MapLevel): ReturnType<typeof areaFill> {
  const fill = BANDS[level];
  return fill === null ? { attributes: {}, definition: '' } : areaFill(id, theme, COLORS[level], fill);
}

function drawLine(
  points: readonly (readonly [number, number])[],
  [x, y]: readonly [number, number],
  isUpward: boolean,
  kind: MapLine['kind'],
  theme: ChartTheme,
): string {
  const head = isUpward ? 7 : -7;
  return element(
    'g',
    { 'aria-hidden': 'true' },
    element('path', {
      d: pathThrough(points),
      'stroke-width': '1.5',
      'stroke-dasharray': kind === 'call' ? '2 4' : isUpward ? '7 4' : null,
      ...painted(theme, { stroke: 'ideal' }),
    }),
    element('path', {
      d: `M${coordinate(x)} ${coordinate(y)}l-4 ${head}h8z`,
      ...painted(theme, { fill: 'ideal' }),
    }),
  );
}

function drawNode(
  { node, title, lines, height }: FoldedNode,
  [x, y]: readonly [number, number],
  id: string,
  theme: ChartTheme,
): string {
  const band = bandOf(id, theme, node.level);
  const left = x + insetOf(node);
  const rowAt = (row: number): number => y + PADDING + TITLE_SIZE - 3 + row * ROW;
  const drawn = [
    outline(node, x, y, height, theme),
    band.definition === ''
      ? ''
      : element('rect', {
          x: left - BAND - 5,
          y: y + 10,
          width: BAND,
          height: height - 20,
          ...band.attributes,
        }),
    element(
      'g',
      // The line has the colour of what says that there is one.
      node.href === null ? {} : { 'text-decoration': 'underline', ...painted(theme, { fill: 'ink' }) },
      ...title.map((text, row) =>
        label(theme, text, { x: left, y: rowAt(row), size: TITLE_SIZE, bold: true }),
      ),
    ),
    ...lines.map(({ text, level }, row) =>
      label(theme, text, {
        x: left,
        y: rowAt(title.length + row),
        size: TEXT_SIZE,
        color: level === 'calm' || level === 'unknown' ? 'soft' : COLORS[level],
        bold: level === 'warn' || level === 'bad',
      }),
    ),
    // Whoever hears a box hears its lines one after the other, not as one word.
  ].join(' ');
  return node.href === null ? element('g', {}, drawn) : element('a', { href: node.href }, drawn);
}

/** Each kind has a shape of its own. */
function outline({ kind, level }: MapNode, x: number, y: number, height: number, theme: ChartTheme): string {
  const paint = {
    'stroke-width': level === 'bad' ? '3' : level === 'warn' ? '2' : '1',
    'stroke-dasharray': level === 'unknown' ? '4 3' : null,
    ...painted(theme, { fill: 'ground', stroke: COLORS[level] }),
  };
  const rect = (rx: number): string => element('rect', { x, y, width: WIDTH, height, rx, ...paint });
  switch (kind) {
    case 'workflow':
      return rect(0);
    case 'step':
      return rect(8);
    case 'hand-over':
      return rect(18);
    case 'queue':
      return (
        rect(0) +
        element('path', {
          d: `M${coordinate(x + WIDTH - 8)} ${coordinate(y)}v${coordinate(height)}M${coordinate(x + WIDTH - 4)} ${coordinate(y)}v${coordinate(height)}`,
          ...paint,
        })
      );
    case 'dependency': {
      const [right, bottom, cut] = [x + WIDTH, y + height, 10];
      const corners = [
        [x + cut, y],
        [right - cut, y],
        [right, y + cut],
        [right, bottom - cut],
        [right - cut, bottom],
        [x + cut, bottom],
        [x, bottom - cut],
        [x, y + cut],
      ] as const;
      return element('path', { d: `${pathThrough(corners)}z`, ...paint });
    }
    default:
      return kind satisfies never;
  }
}
