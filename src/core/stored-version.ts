/**
 * What is stored outlives the version that wrote it, so each kind of value carries the version of its fields as `v`.
 * The file of a kind (`stored-*.ts`) makes the stored value and brings what is read up to date; nothing else knows
 * older fields. A value without `v` was written before there were versions, which is version 1.
 */
export function versionOf(stored: unknown): number {
  const { v = 1 } = stored as { readonly v?: number };
  return v;
}
