import { matches } from '../sli/selection.ts';

/** Labels by their names; where SLOs are chosen by them, each value is a glob. */
export type Labels = Readonly<Record<string, string>>;

/** Whether something has all of these labels, with values that fit. */
export function hasLabels(labels: Labels | undefined, wanted: Labels): boolean {
  return Object.entries(wanted).every(
    ([name, glob]) => labels !== undefined && Object.hasOwn(labels, name) && matches(glob, labels[name]!),
  );
}

/** Reads labels as people write them: `tier=gold`, several with commas; without a value it may be any. Null for what is no such text. */
export function parseLabels(text: string): Labels | null {
  const entries = text.split(',').map((part): [string, string] => {
    const [name = '', ...glob] = part.split('=');
    return [name.trim(), glob.join('=').trim() || '*'];
  });
  return entries.some(([name]) => name === '') ? null : Object.fromEntries(entries);
}

/** The same as text. */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, glob]) => `${name}=${glob}`)
    .join();
}
