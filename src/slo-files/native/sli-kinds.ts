import type { ComponentSli, Sli, SliOf } from '../../core/sli/sli.ts';
import {
  checkStep,
  type CompositeDraft,
  readComposite,
  readFreshness,
  readMeasurement,
  readOutcomes,
  readSlices,
  readTicks,
  readTransition,
  type SliContext,
} from './sli.ts';
import type { NativeSli, NativeSliOf } from './sli-schema.ts';
import type { Partly } from '../yaml/usable-part.ts';
import { isWhole, type Place, placeAt } from '../yaml/value-tree.ts';

/** How a kind of SLI is read from native files. */
interface NativeSliKind<K extends Sli['kind']> {
  /** Any of these keys says that this kind is meant, unless one of a later kind is there; no keys: when none is. */
  readonly keys: readonly string[];
  /** Makes the SLI of what has one of its forms; null when the values do not fit together, which is reported. */
  readonly read: (native: NativeSliOf<K>, place: Place, context: SliContext) => ReadSli<K> | null;
  /** The key that says how long something is waited for, which must fit into the window, and how long that is. */
  readonly deadline: { readonly key: string; readonly lengthOf: (sli: SliOf<K>) => number | null } | null;
}

/** What reading a kind gives: members of composites have yet to be looked up. */
type ReadSli<K extends Sli['kind']> = K extends 'composite' ? CompositeDraft : SliOf<K>;

const NATIVE_SLIS: { readonly [K in Sli['kind']]: NativeSliKind<K> } = {
  outcomes: {
    keys: [],
    read: readOutcomes,
    deadline: { key: 'within', lengthOf: ({ withinMs }) => withinMs },
  },
  measurement: { keys: ['measurement'], read: readMeasurement, deadline: null },
  transition: {
    keys: ['transition'],
    read: readTransition,
    deadline: { key: 'within', lengthOf: ({ withinMs }) => withinMs },
  },
  slices: {
    keys: ['slices'],
    read: readSlices,
    deadline: { key: 'within', lengthOf: ({ of }) => (of.kind === 'outcomes' ? of.withinMs : null) },
  },
  freshness: {
    keys: ['succeededEvery'],
    read: readFreshness,
    deadline: { key: 'succeededEvery', lengthOf: ({ everyMs }) => everyMs },
  },
  schedule: { keys: ['schedule'], read: readTicks, deadline: null },
  composite: { keys: ['weighted', 'allOf'], read: readComposite, deadline: null },
};

/** Makes an SLI of what has the right shape and reports what its values get wrong; null when it cannot be used. */
export function readSli(
  native: Partly<NativeSli> | undefined,
  place: Place | undefined,
  context: SliContext,
): ComponentSli | CompositeDraft | null {
  if (native === undefined || !place) return null;
  const isMap = typeof native === 'object';
  if (isMap && 'step' in native) checkStep(native.step, placeAt(place, ['step']), context);
  // Half a selection selects something else.
  if (!isWhole(native, place)) return null;
  const { read } = Object.values(NATIVE_SLIS).findLast(
    ({ keys }) => keys.length === 0 || (isMap && keys.some((key) => Object.hasOwn(native, key))),
  )!;
  // It has one of the forms, and its keys say that it is one of this kind.
  return read(native as never, place, context);
}

/** How long an SLI waits for something, with the key that says so; null when it waits for nothing. */
export function deadlineOf<K extends Sli['kind']>(
  sli: SliOf<K>,
): { readonly key: string; readonly length: number } | null {
  const { deadline }: NativeSliKind<K> = NATIVE_SLIS[sli.kind];
  const length = deadline?.lengthOf(sli) ?? null;
  return deadline === null || length === null ? null : { key: deadline.key, length };
}
