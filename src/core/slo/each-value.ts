import { hash53 } from '../hash.ts';
import { fingerprint } from '../sli/fingerprint.ts';
import { ofValue } from './breakdown.ts';
import type { Definitions, Slo } from './slo.ts';

/** The most values of an attribute that get an SLO each. */
export const MAX_EACH_VALUES = 50;

/** Stands for all values beyond `MAX_EACH_VALUES` together; of an outcome that really has it, too. */
export const OTHER_VALUES = '(other)';
/** Stands for outcomes that do not have the attribute. */
export const NO_VALUE = '(none)';

/** How many SLOs one with `each` becomes at most: itself, one per value, and the one of all other values. */
export const MAX_EACH_SLOS = MAX_EACH_VALUES + 2;

/** The values of attributes, as far as they came. */
export interface ValuesSoFar {
  /** Another number after any of what is below changed. */
  version(): number;
  valuesOf(workflow: string, attribute: string): readonly string[];
  /** Whether more came than are told apart. */
  isFull(workflow: string, attribute: string): boolean;
}

/** Neither names in files nor those of workflows hold it. */
const SEPARATOR = '@';
/** What an id can hold as it is, in addresses, labels and file names alike. */
const PLAIN = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_SLUG = 40;

/**
 * The name of the SLO of a value: `fast@eu`. Of a value that is not plain, what is plain of it and a hash, so that different
 * values never share a name: `fast@S-o-Paulo~1x2y3z`.
 */
export function nameOfValue(name: string, value: string): string {
  if (PLAIN.test(value)) return `${name}${SEPARATOR}${value}`;
  if (value === OTHER_VALUES) return `${name}${SEPARATOR}~other`;
  if (value === NO_VALUE) return `${name}${SEPARATOR}~none`;
  const plain = value
    .slice(0, 4 * MAX_SLUG)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, MAX_SLUG);
  return `${name}${SEPARATOR}${plain}~${hash53(value).toString(36)}`;
}

/** The id of the SLO that one of a value was made of; null for any other. */
export function wholeOf(id: string): string | null {
  const at = id.lastIndexOf(SEPARATOR);
  return at < 0 ? null : id.slice(0, at);
}

/** The SLO of one value of an attribute: the same promise, counted by the counters of the breakdown (no outcome twice). */
export function sloOfValue(slo: Slo, attribute: string, value: string): Slo {
  if (slo.sli.kind !== 'outcomes') throw new Error(`${slo.id} does not count outcomes`);
  const { each: _each, ...promise } = slo;
  const name = nameOfValue(slo.name, value);
  const sli = ofValue(slo.sli, attribute, value);
  return {
    ...promise,
    id: `${slo.workflow}/${name}`,
    name,
    sli,
    fingerprint: fingerprint(sli),
    value: { whole: slo.id, attribute, value },
  };
}

/**
 * Makes a function that adds to definitions, after each SLO with `each`, those of the values that are known. It gives the same
 * objects for the same definitions and values, since much is kept by them.
 */
export function createEachValue(values: ValuesSoFar): (definitions: Definitions) => Definitions {
  const made = new WeakMap<Slo, Map<string, Slo>>();
  const latest = new WeakMap<Definitions, { readonly version: number; readonly whole: Definitions }>();

  function sloOf(slo: Slo, attribute: string, value: string): Slo {
    let known = made.get(slo);
    if (!known) made.set(slo, (known = new Map()));
    let found = known.get(value);
    if (!found) known.set(value, (found = sloOfValue(slo, attribute, value)));
    return found;
  }

  function slosOf(slo: Slo): readonly Slo[] {
    const { workflow, each } = slo;
    if (each === undefined) return [slo];
    const told = values.valuesOf(workflow, each).filter((value) => value !== OTHER_VALUES);
    const judged = values.isFull(workflow, each) ? [...told, OTHER_VALUES] : told;
    return [slo, ...judged.map((value) => sloOf(slo, each, value))];
  }

  function extended(definitions: Definitions): Definitions {
    const using = [...definitions.workflows.values()].filter(({ slos }) => attributesOf(slos).length > 0);
    if (using.length === 0) return definitions;
    const workflows = new Map(definitions.workflows);
    for (const workflow of using)
      workflows.set(workflow.name, { ...workflow, slos: workflow.slos.flatMap(slosOf) });
    return { ...definitions, workflows };
  }

  return (definitions) => {
    const version = values.version();
    const known = latest.get(definitions);
    if (known?.version === version) return known.whole;
    const whole = extended(definitions);
    latest.set(definitions, { version, whole });
    return whole;
  };
}

/** The attributes of which each value has an SLO. */
export function attributesOf(slos: readonly Slo[]): readonly string[] {
  return [...new Set(slos.flatMap(({ each }) => each ?? []))];
}
