/** What is to be placed, in the order it is read in where nothing else decides. Sizes in pixels. */
export interface MapBox {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export interface MapLink {
  readonly from: string;
  readonly to: string;
}

type Point = readonly [x: number, y: number];

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  /** The left upper corner of each box. */
  readonly corners: ReadonlyMap<string, Point>;
  /** From the lower edge of the upper box to the upper edge of the lower one; the link itself may go the other way, upwards. */
  readonly routes: readonly {
    readonly link: MapLink;
    readonly points: readonly Point[];
    readonly isUpward: boolean;
  }[];
}

const BETWEEN_ROWS = 34;
const BETWEEN_BOXES = 22;
const LANE = 10;

/** A place in a row: of a box, or, without an id, of a line that passes through. */
interface Place {
  readonly box: MapBox | null;
  readonly width: number;
  /** Places of rows above that it should be below. */
  readonly above: Place[];
  middle: number;
}

/**
 * Places boxes in rows, each below all that lead to it and at most `perRow` in a row, and the links between them around the
 * boxes (the usual method for layered graphs: break circles, rank by the longest way, order by the means of what is above). Links of a circle that lead back
 * are drawn upwards. Links to what is no box are left out.
 */
export function layOutMap(boxes: readonly MapBox[], links: readonly MapLink[], perRow: number): MapLayout {
  const known = new Map(boxes.map((box) => [box.id, box]));
  const drawn = links.filter(({ from, to }) => from !== to && known.has(from) && known.has(to));
  const directed = withoutCircles(boxes, drawn);
  const rowOf = assignRows(boxes, directed, perRow);
  const rows: Place[][] = [];
  const placeOf = new Map<string, Place>();
  for (const box of boxes) {
    const place: Place = { box, width: box.width, above: [], middle: 0 };
    placeOf.set(box.id, place);
    (rows[rowOf.get(box.id)!] ??= []).push(place);
  }
  const lanesOf = laneMaker(directed, rows, rowOf, placeOf);
  const ways = directed.map((one) => ({ ...one, lanes: lanesOf(one) }));
  const size = arrange(rows);
  const top = (row: number): number => size.tops[row]!;
  const bottom = (row: number): number => size.tops[row]! + size.heights[row]!;
  const corners = new Map<string, Point>();
  for (const [index, row] of rows.entries()) {
    for (const { box, middle } of row) {
      if (box) corners.set(box.id, [middle - box.width / 2, top(index)]);
    }
  }
  return {
    width: size.width,
    height: size.height,
    corners,
    routes: ways.map(({ upper, lower, link, isUpward, lanes }) => {
      const [first, last] = [rowOf.get(upper)!, rowOf.get(lower)!];
      const through = lanes.flatMap((lane, index): Point[] => [
        [lane.middle, top(first + 1 + index)],
        [lane.middle, bottom(first + 1 + index)],
      ]);
      const start = placeOf.get(upper)!;
      return {
        link,
        isUpward,
        points: [
          [start.middle, top(first) + start.box!.height],
          // Down to the end of its row first, past taller boxes beside it.
          [start.middle, bottom(first)],
          ...through,
          [placeOf.get(lower)!.middle, top(last)],
        ],
      };
    }),
  };
}

interface Directed {
  readonly upper: string;
  readonly lower: string;
  readonly link: MapLink;
  readonly isUpward: boolean;
}

/** Links turned around where they would close a circle. Without recursion: a chain may be longer than the call stack is deep. */
function withoutCircles(boxes: readonly MapBox[], links: readonly MapLink[]): readonly Directed[] {
  const next = new Map<string, MapLink[]>();
  for (const link of links) listAt(next, link.from).push(link);
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<MapLink>();
  for (const { id } of boxes) {
    if (state.has(id)) continue;
    const path = [{ id, at: 0 }];
    state.set(id, 'open');
    while (path.length > 0) {
      const here = path.at(-1)!;
      const link = next.get(here.id)?.[here.at++];
      if (!link) {
        state.set(here.id, 'done');
        path.pop();
      } else if (state.get(link.to) === 'open') {
        back.add(link);
      } else if (!state.has(link.to)) {
        state.set(link.to, 'open');
        path.push({ id: link.to, at: 0 });
      }
    }
  }
  return links.map((link) => {
    const isUpward = back.has(link);
    return isUpward
      ? { upper: link.to, lower: link.from, link, isUpward }
      : { upper: link.from, lower: link.to, link, isUpward };
  });
}

/** The row of each box: below all that lead to it; what nothing leads to or from comes last. */
function assignRows(
  boxes: readonly MapBox[],
  links: readonly Directed[],
  perRow: number,
): ReadonlyMap<string, number> {
  const rank = new Map<string, number>();
  const missing = new Map<string, number>();
  const lower = new Map<string, string[]>();
  const linked = new Set<string>();
  for (const link of links) {
    missing.set(link.lower, (missing.get(link.lower) ?? 0) + 1);
    listAt(lower, link.upper).push(link.lower);
    linked.add(link.upper).add(link.lower);
  }
  const ready = boxes.filter(({ id }) => linked.has(id) && !missing.has(id)).map(({ id }) => id);
  for (const id of ready) rank.set(id, 0);
  // It grows while it is walked through.
  for (const id of ready) {
    for (const below of lower.get(id) ?? []) {
      rank.set(below, Math.max(rank.get(below) ?? 0, rank.get(id)! + 1));
      const left = missing.get(below)! - 1;
      missing.set(below, left);
      if (left === 0) ready.push(below);
    }
  }
  const byRank: string[][] = [];
  const loose: string[] = [];
  for (const { id } of boxes) {
    if (linked.has(id)) (byRank[rank.get(id)!] ??= []).push(id);
    else loose.push(id);
  }
  const rows = [...byRank, loose].flatMap((ids) =>
    Array.from({ length: Math.ceil(ids.length / perRow) }, (_, part) =>
      ids.slice(part * perRow, (part + 1) * perRow),
    ),
  );
  return new Map(rows.flatMap((ids, row) => ids.map((id) => [id, row] as const)));
}

/**
 * Gives what finds the places in the rows between its ends that a link passes through, and makes them where they are missing. Links that
 * part from one box or meet at one share them, so that it takes one line to lead to many.
 */
function laneMaker(
  links: readonly Directed[],
  rows: readonly Place[][],
  rowOf: ReadonlyMap<string, number>,
  placeOf: ReadonlyMap<string, Place>,
): (link: Directed) => readonly Place[] {
  const parting = countBy(links, ({ upper }) => upper);
  const meeting = countBy(links, ({ lower }) => lower);
  const made = new Map<string, Place>();
  return ({ upper, lower }) => {
    const name = parting.get(upper)! >= meeting.get(lower)! ? `from ${upper}` : `to ${lower}`;
    const lanes: Place[] = [];
    let above = placeOf.get(upper)!;
    for (let row = rowOf.get(upper)! + 1; row < rowOf.get(lower)!; row++) {
      const key = `${row} ${name}`;
      let lane = made.get(key);
      if (!lane) {
        lane = { box: null, width: LANE, above: [], middle: 0 };
        made.set(key, lane);
        rows[row]!.push(lane);
      }
      lane.above.push(above);
      lanes.push(lane);
      above = lane;
    }
    placeOf.get(lower)!.above.push(above);
    return lanes;
  };
}

function listAt<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  let list = lists.get(key);
  if (!list) lists.set(key, (list = []));
  return list;
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

interface Arranged {
  readonly width: number;
  readonly height: number;
  readonly tops: readonly number[];
  readonly heights: readonly number[];
}

/** Orders each row by what is above its places, and centres it. */
function arrange(rows: readonly Place[][]): Arranged {
  const widthOf = (row: readonly Place[]): number =>
    row.reduce((sum, { width }) => sum + width, 0) + BETWEEN_BOXES * (row.length - 1);
  const width = Math.max(0, ...rows.map(widthOf));
  const tops: number[] = [];
  const heights: number[] = [];
  let y = 0;
  for (const row of rows) {
    const wanted = new Map(
      row.map((place) => [
        place,
        place.above.length === 0
          ? width / 2
          : place.above.reduce((sum, { middle }) => sum + middle, 0) / place.above.length,
      ]),
    );
    row.sort((one, other) => wanted.get(one)! - wanted.get(other)!);
    let x = (width - widthOf(row)) / 2;
    for (const place of row) {
      place.middle = x + place.width / 2;
      x += place.width + BETWEEN_BOXES;
    }
    tops.push(y);
    heights.push(Math.max(...row.map(({ box }) => box?.height ?? 0)));
    y += heights.at(-1)! + BETWEEN_ROWS;
  }
  return { width, height: Math.max(0, y - BETWEEN_ROWS), tops, heights };
}
