import type { z } from 'zod';

/** A value of which any part may be missing, because it was wrong; lists are whole or missing. */
export type Partly<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Partly<Value[Key]> | undefined }
    : Value;

type Faults = Map<PropertyKey, Faults | 'all of it'>;

/**
 * What is left of a checked value when everything with an issue is taken out of it, so that the rest can still be
 * checked against other things; undefined when nothing is.
 */
export function usablePart<Value>(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
): Partly<Value> | undefined {
  const faults: Faults = new Map();
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') for (const key of issue.keys) mark(faults, [...issue.path, key]);
    else if (issue.path.length === 0) return undefined;
    else mark(faults, issue.path);
  }
  // What has no issue has the shape that was checked for.
  return prune(value, faults) as Partly<Value> | undefined;
}

function mark(faults: Faults, path: readonly PropertyKey[]): void {
  let at = faults;
  for (const [index, segment] of path.entries()) {
    const next = at.get(segment);
    if (next === 'all of it') return;
    if (index === path.length - 1) at.set(segment, 'all of it');
    else {
      const inner = next ?? new Map();
      at.set(segment, inner);
      at = inner;
    }
  }
}

function prune(value: unknown, faults: Faults): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const kept = Object.entries(value).flatMap(([key, part]): [string, unknown][] => {
    const fault = faults.get(key);
    if (fault === undefined) return [[key, part]];
    const rest = fault === 'all of it' ? undefined : prune(part, fault);
    return rest === undefined ? [] : [[key, rest]];
  });
  return Object.fromEntries(kept);
}
