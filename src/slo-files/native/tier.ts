import { z } from 'zod';
import type { BurnRateTier, Severity, Tier, TierOf } from '../../core/slo/alert-policy.ts';
import { maximumBurnRate } from '../../core/budget/burn-rate.ts';
import { type Objective } from '../../core/budget/objective.ts';
import { formatPercent } from '../../core/words/figures.ts';
import { formatDuration, MINUTE, parseDuration } from '../../core/time/duration.ts';
import { exactlyOne, mapWith } from './field-schemas.ts';
import { parseShare, ratioOf } from './share.ts';
import { TIER_SCHEMAS, tierSeverity, type NativeFields } from './tier-schemas.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { type Place, placeAt } from '../yaml/value-tree.ts';

/** What a tier of a file depends on. */
interface TierContext {
  readonly severity: Severity;
  /** What the file calls it, else the name that follows from its kind and numbers. */
  readonly named: (name: string) => string;
  readonly objective: Objective;
  /** Length of the SLO's window, in milliseconds. */
  readonly window: number;
  /** Whether the length of a part is at most another; else it is reported. */
  readonly fits: (part: string, length: number, most: number, than: string) => boolean;
}

/** A tier that fires earlier than was asked for, as far as it differs. Length in milliseconds. */
interface Lowered {
  readonly long: number;
  readonly factor: number;
  readonly loweredFrom: number;
}

/** How the native files write one kind of tier. */
interface NativeTierKind<K extends Tier['kind']> {
  readonly schema: z.ZodType<NativeFields<K>>;
  readonly description: string;
  /** Makes a tier; null when it does not fit the SLO, which is reported. */
  read(fields: NativeFields<K>, context: TierContext): TierOf<K> | null;
  /** What it was asked for, when it fires from less than that; else null. */
  lowered(tier: TierOf<K>): Lowered | null;
  /** Whether it fires on silence, which an SLI never shows that counts time. */
  readonly firesOnSilence: boolean;
  /** Whether it fires while so large a share is bad, which burns `burn` times the budget, however long that lasts. */
  firesAt(tier: TierOf<K>, bad: { readonly share: number; readonly burn: number }): boolean;
}

const AS_ASKED = () => null;

const NATIVE_TIERS: { readonly [K in Tier['kind']]: NativeTierKind<K> } = {
  burnRate: {
    schema: TIER_SCHEMAS.burnRate,
    description: 'The budget burns fast: over a long and a short window.',
    read(fields, { severity, named, objective, window, fits }) {
      const long = parseDuration(fields.long)!;
      const short = fields.short === undefined ? twelfth(long) : parseDuration(fields.short)!;
      const fit = fits('long', long, window, 'the window') && fits('short', short, long, 'the long window');
      if (!fit) return null;
      const speed = reachable(objective, wantedFactor(fields, long, window), fields.factor !== undefined);
      const name = named(`burn-rate-${Number(speed.factor.toFixed(2))}x-over-${formatDuration(long)}`);
      return { kind: 'burnRate', name, severity, long, short, ...speed };
    },
    lowered: ({ long, factor, loweredFrom }) => (loweredFrom === null ? null : { long, factor, loweredFrom }),
    firesOnSilence: false,
    firesAt: ({ factor }, { burn }) => factor <= burn,
  },
  successRate: {
    schema: TIER_SCHEMAS.successRate,
    description: 'The good share over a time is too low.',
    read(fields, { severity, named, window, fits }) {
      const below = ratio(fields.below);
      const over = parseDuration(fields.over)!;
      if (!fits('over', over, window, 'the window')) return null;
      const name = named(`success-rate-below-${percent(below)}-over-${formatDuration(over)}`);
      return { kind: 'successRate', name, severity, below, over };
    },
    lowered: AS_ASKED,
    firesOnSilence: false,
    firesAt: ({ below }, { share }) => 1 - share < below,
  },
  budgetRemaining: {
    schema: TIER_SCHEMAS.budgetRemaining,
    description: 'Little of the budget is left.',
    read(fields, { severity, named }) {
      const below = ratio(fields.below);
      return { kind: 'budgetRemaining', name: named(`budget-below-${percent(below)}`), severity, below };
    },
    lowered: AS_ASKED,
    firesOnSilence: false,
    firesAt: (_tier, { burn }) => burn > 1,
  },
  forecast: {
    schema: TIER_SCHEMAS.forecast,
    description: 'The budget will soon be gone.',
    read(fields, { severity, named }) {
      const within = parseDuration(fields.within)!;
      return { kind: 'forecast', name: named(`forecast-within-${formatDuration(within)}`), severity, within };
    },
    lowered: AS_ASKED,
    firesOnSilence: false,
    firesAt: (_tier, { burn }) => burn > 1,
  },
  outage: {
    schema: TIER_SCHEMAS.outage,
    description: 'Consecutive outcomes are bad, more than chance explains.',
    read: (_fields, { severity, named }) => ({ kind: 'outage', name: named('outage'), severity }),
    lowered: AS_ASKED,
    firesOnSilence: false,
    firesAt: (_tier, { share }) => share === 1,
  },
  noData: {
    schema: TIER_SCHEMAS.noData,
    description: 'No outcomes arrive.',
    read(fields, { severity, named }) {
      const after = parseDuration(fields.after)!;
      return { kind: 'noData', name: named(`no-data-for-${formatDuration(after)}`), severity, after };
    },
    lowered: AS_ASKED,
    firesOnSilence: true,
    firesAt: () => false,
  },
};

const KINDS = Object.keys(NATIVE_TIERS) as Tier['kind'][];
const NAME = 'a name of 1 to 60 characters of A-Z a-z 0-9 . _ % -';
const one = exactlyOne(KINDS);

/** A tier, with what it says of itself under the name of its kind. */
export const tierSchema = mapWith(
  {
    name: z
      .string({ error: NAME })
      .regex(/^[A-Za-z0-9._%-]{1,60}$/, { error: NAME })
      .optional()
      .describe('What the tier is called in notifications; default: its kind and numbers.'),
    severity: tierSeverity,
    ...kindSchemas(),
  },
  `a map of severity and ${one.error}`,
)
  .refine(one.holds, { error: one.error })
  .meta(one.meta);

type NativeTier = z.infer<typeof tierSchema>;

type KindSchemas = { readonly [K in Tier['kind']]: z.ZodOptional<z.ZodType<NativeFields<K>>> };

function kindSchemas(): KindSchemas {
  const schemas = KINDS.map((kind) => {
    const { schema, description } = NATIVE_TIERS[kind];
    return [kind, schema.optional().describe(description)];
  });
  return Object.fromEntries(schemas) as KindSchemas;
}

/**
 * Makes a tier of an SLO; null when it does not fit its window (milliseconds), which is reported. A tier of a shared
 * policy is known by its number there (`inPolicy`), and is reported at the SLO that it does not fit.
 */
export function readTier(
  native: NativeTier,
  objective: Objective,
  window: number,
  at: Place,
  inPolicy: number | null,
  source: SourceText,
  report: ReportProblem,
): Tier | null {
  const kind = KINDS.find((candidate) => native[candidate] !== undefined);
  if (kind === undefined) return null;
  const fits = (part: string, length: number, most: number, than: string): boolean => {
    if (length <= most) return true;
    const where = inPolicy === null ? '' : ` of tier ${inPolicy + 1} of the policy`;
    const message = `\`${part}\`${where} is ${formatDuration(length)}, longer than ${than}`;
    const place = (inPolicy === null ? placeAt(at, [kind, part]) : undefined) ?? at;
    report(problemAt(source, place.start, 'error', message, { expected: `at most ${formatDuration(most)}` }));
    return false;
  };
  const { severity } = native;
  const named = (name: string) => native.name ?? name;
  return readKind(kind, native, { severity, named, objective, window, fits });
}

function readKind<K extends Tier['kind']>(
  kind: K,
  native: { readonly [P in K]?: NativeFields<P> | undefined },
  context: TierContext,
): TierOf<K> | null {
  const fields = native[kind];
  return fields === undefined ? null : NATIVE_TIERS[kind].read(fields, context);
}

/** What a tier was asked for, when it fires from less than that; else null. */
export function loweredOf<K extends Tier['kind']>(tier: TierOf<K>): Lowered | null {
  return NATIVE_TIERS[tier.kind].lowered(tier);
}

/** Whether a tier fires in a total outage at an objective. */
export function firesInOutage(tier: Tier, objective: Objective): boolean {
  return firesAt(tier, 1, objective);
}

/** Whether a tier fires while so large a share is bad, however long that lasts. */
export function firesAt<K extends Tier['kind']>(
  tier: TierOf<K>,
  share: number,
  objective: Objective,
): boolean {
  return NATIVE_TIERS[tier.kind].firesAt(tier, { share, burn: share * maximumBurnRate(objective) });
}

/** Whether a tier fires on silence. */
export function firesOnSilence({ kind }: Pick<Tier, 'kind'>): boolean {
  return NATIVE_TIERS[kind].firesOnSilence;
}

/** `factor = budgetShare * window / long`, at least 1, as of the default tiers. */
function wantedFactor(
  { factor, budgetShare }: NativeFields<'burnRate'>,
  long: number,
  window: number,
): number {
  if (factor !== undefined) return factor;
  const { numerator, denominator } = parseShare(String(budgetShare))!;
  return Math.max(1, (numerator * window) / (denominator * long));
}

/**
 * A burn rate that can be reached (J3). One that follows from a budget share is lowered to half of the highest
 * possible as those of the default tiers; one that was asked for only when no outage could reach it.
 */
function reachable(
  objective: Objective,
  wanted: number,
  isExplicit: boolean,
): Pick<BurnRateTier, 'factor' | 'loweredFrom'> {
  const highest = maximumBurnRate(objective);
  const ceiling = isExplicit ? highest : highest / 2;
  return wanted > ceiling
    ? { factor: highest / 2, loweredFrom: wanted }
    : { factor: wanted, loweredFrom: null };
}

function twelfth(long: number): number {
  return Math.max(1, Math.ceil(long / 12 / MINUTE)) * MINUTE;
}

function ratio(share: string | number): number {
  return ratioOf(parseShare(String(share))!);
}

function percent(share: number): string {
  return formatPercent(share, 4);
}
