/**
 * Where an item stands in a list: what the list is sorted by, part by part, each of them ascending, with the id last, so that no two
 * items stand at the same place. A page begins after a place, whether or not the item that stood there is still in the list.
 */
export type ListPlace = readonly (number | string)[];

/** What the parts of the places of a list are. */
export type PlaceShape = readonly ('number' | 'string')[];

/** A part of a list. */
export interface PageChoice {
  /** Only what comes after this place; null: from the beginning on. */
  readonly after: ListPlace | null;
  readonly limit: number;
}

export interface ListPage<Item> {
  readonly items: readonly Item[];
  /** What to ask for as `after` to go on; null at the end. */
  readonly next: ListPlace | null;
}

/** The shape of most places: a time, and an id. */
export const TIME_AND_ID: PlaceShape = ['number', 'string'];

/** Up to `limit` items after a place, in the order of their places. */
export function listPage<Item>(
  all: readonly Item[],
  placeOf: (item: Item) => ListPlace,
  { after, limit }: PageChoice,
): ListPage<Item> {
  const placed = all
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => after === null || comparePlaces(place, after) > 0)
    .toSorted((one, other) => comparePlaces(one.place, other.place));
  const shown = placed.slice(0, limit);
  return {
    items: shown.map(({ item }) => item),
    next: placed.length > limit ? shown.at(-1)!.place : null,
  };
}

/** Below 0 when one comes before the other. */
export function comparePlaces(one: ListPlace, other: ListPlace): number {
  // Thousands of items are compared at once.
  for (let index = 0; index < one.length; index++) {
    const [part, against] = [one[index]!, other[index]!];
    if (part !== against) return part < against ? -1 : 1;
  }
  return 0;
}

/** A place as answers write it and requests send it back: letters, digits, `-` and `_` only, so that it can stand in an address. */
export function placeText(place: ListPlace | null): string | null {
  if (place === null) return null;
  const ascii = JSON.stringify(place).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return btoa(ascii).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Undefined for what is not the text of a place of this shape. */
export function readPlace(text: string, shape: PlaceShape): ListPlace | undefined {
  let place: unknown;
  try {
    place = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
  const fits =
    Array.isArray(place) &&
    place.length === shape.length &&
    shape.every((type, index) => typeof (place as unknown[])[index] === type);
  return fits ? (place as ListPlace) : undefined;
}
