/**
 * A page of a list: up to `limit` of what follows the item of the id `after`, and the id to go on after, if there is more. The one to
 * go on after may be gone meanwhile: then the list begins anew.
 */
export function listPage<Item extends { readonly id: string }>(
  all: readonly Item[],
  after: string | null,
  limit: number,
): { readonly items: readonly Item[]; readonly next: string | null } {
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const items = all.slice(start, start + limit);
  return { items, next: start + limit < all.length ? items.at(-1)!.id : null };
}
