import { hash53 } from '../hash.ts';
import type { Slo } from '../slo/slo.ts';
import { formatDuration } from '../time/duration.ts';
import { formatPercent } from '../words/figures.ts';

/** What an SLO is defined as, as texts by the names of its fields. What it leaves out has none. */
export type DefinitionFields = Readonly<Record<string, string>>;

/**
 * Raise it when the texts of `definitionFields` change for definitions that did not: what was kept in other words cannot be compared,
 * and is replaced without a word.
 */
export const DEFINITION_WORDS = 1;

/** What is longer is cut, and ends in what tells it from others. */
const LONGEST_TEXT = 160;
/** Of more fields, or larger ones, it is only known whether they changed. */
const MOST_FIELDS = 60;
const LARGEST_FIELDS = 3500;
/** Milliseconds, by the names of their fields. */
const DURATIONS = /Ms$|^(long|short|over|within|after|repeat|groupWithin|resolveAfter)$/;

/** Field by field, so that two definitions can be compared and people can read the difference. There are no secrets in SLOs. */
export function definitionFields(slo: Slo): DefinitionFields {
  const { alerts, objective, window, otherWindows } = slo;
  const fields = new Map<string, string>();
  const put = (name: string, value: unknown): void => flatten(name, value, fields);
  put('description', slo.description);
  put('owner', slo.owner);
  put('runbook', slo.runbook);
  put('objective', formatPercent(objective.ratio, 9));
  put('window', window.text);
  if (otherWindows.length > 0)
    put(
      'otherWindows',
      otherWindows.map(({ text }) => text),
    );
  put('each', slo.each);
  put('sli', slo.sli);
  const { tiers, ...settings } = alerts;
  put('alerts', settings);
  for (const { name, ...tier } of tiers) put(`alerts.tiers.${name}`, words(tier));
  put('budgetPolicy', slo.budgetPolicy);
  put('labels', slo.labels);
  return kept([...fields].map(([name, text]) => [shortened(name), shortened(text)]));
}

/** The first of the fields that fit, with one that stands for all others. */
function kept(all: readonly (readonly [string, string])[]): DefinitionFields {
  let size = 0;
  const fitting = all.findIndex(([name, text]) => (size += sizeOf(name) + sizeOf(text)) > LARGEST_FIELDS);
  const shown = fitting === -1 || fitting > MOST_FIELDS ? MOST_FIELDS : fitting;
  const rest = all.slice(shown);
  const others = rest.length === 0 ? {} : { others: hash53(JSON.stringify(rest)).toString(36) };
  return { ...Object.fromEntries(all.slice(0, shown)), ...others };
}

/** The bytes that a text takes as JSON, or more. */
export function sizeOf(text: string): number {
  return JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, '    ').length;
}

function flatten(name: string, value: unknown, into: Map<string, string>): void {
  if (isNothing(value)) return;
  if (isObject(value)) for (const [key, part] of Object.entries(value)) flatten(`${name}.${key}`, part, into);
  else into.set(name, textOf(name.slice(name.lastIndexOf('.') + 1), value));
}

/** What a schedule computes follows from what it says. */
function isNothing(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(key: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && DURATIONS.test(key))
    return formatDuration(value);
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => textOf('', one)).join(', ');
  return isObject(value) ? `(${words(value)})` : JSON.stringify(value);
}

/** `page, burnRate, long 1h`: without the names of what needs none. */
function words(value: object): string {
  return Object.entries(value)
    .filter(([, part]) => !isNothing(part))
    .map(([key, part]) =>
      key === 'kind' || key === 'severity' ? String(part) : `${key} ${textOf(key, part)}`,
    )
    .join(', ');
}

function shortened(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT - 16).replace(/[\uD800-\uDBFF]$/, '')}… (${hash53(text).toString(36)})`;
}
