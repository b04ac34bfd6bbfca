import type { GateReason, GateReport } from '../core/ports/gate.ts';
import type { Environment } from '../config/setting-reader.ts';
import { withService } from './service-call.ts';

export interface GateOptions {
  readonly workflow?: string;
  readonly owner?: string;
  /** What becomes of what cannot be told; absent: it is neither. */
  readonly onUnknown?: 'allow' | 'deny';
  /** Why changes may go out whatever the SLOs say: an override is made first. */
  readonly override?: string;
  readonly for?: string;
  readonly by?: string;
  /** The id of an override that is ended first. */
  readonly endOverride?: string;
}

/** What `burnwatch gate` prints, and its exit code: 0 allowed, 1 denied, 2 cannot be told. */
export interface GateAnswer {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/** Reads the answer as the API writes it. */
interface AskedGate extends Omit<GateReport, 'at' | 'reasons' | 'overriddenBy'> {
  readonly at: string;
  readonly overriddenBy: {
    readonly id: string;
    readonly by: string;
    readonly reason: string;
    readonly until: string;
  } | null;
  readonly reasons: readonly (Omit<GateReason, 'freedAt'> & { readonly freedAt: string | null })[];
}

const CODES = { allowed: 0, denied: 1, unknown: 2 } as const;
const DECIDED = { allow: 0, deny: 1 } as const;

/** `burnwatch gate`: whether a change may go out. A service that does not answer is one of which nothing can be told. */
export async function gate(
  { workflow, owner, onUnknown, override, endOverride, ...how }: GateOptions,
  format: 'text' | 'json',
  env: Environment,
): Promise<GateAnswer> {
  const query = new URLSearchParams({
    ...(workflow !== undefined && { workflow }),
    ...(owner !== undefined && { owner }),
  });
  let found: AskedGate | null = null;
  const asked = await withService(env, async (ask) => {
    if (endOverride !== undefined)
      await ask(`/v1/gate/overrides/${encodeURIComponent(endOverride)}`, undefined, 'DELETE');
    if (override !== undefined) {
      const by = how.by ?? (env['USER'] || env['LOGNAME'] || undefined);
      await ask('/v1/gate/overrides', { workflow, owner, reason: override, for: how.for, by });
    }
    found = await ask<AskedGate>(`/v1/gate?${query.toString()}`);
    return { ok: true, text: format === 'json' ? JSON.stringify(found, null, 2) : words(found) };
  });
  const { decision = 'unknown' } = (found ?? {}) as Partial<AskedGate>;
  // An override that could not be made lets nothing out.
  const decides = decision === 'unknown' && override === undefined && endOverride === undefined;
  const code = decides && onUnknown ? DECIDED[onUnknown] : CODES[decision];
  return { code, text: asked.text };
}

function words({ decision, slos, reasons, overriddenBy }: AskedGate): string {
  const overridden =
    overriddenBy &&
    `Allowed: overridden by ${overriddenBy.by} until ${overriddenBy.until} (${overriddenBy.id}): ${overriddenBy.reason}`;
  const heading = {
    allowed: `Allowed: nothing speaks against it (${slos} ${slos === 1 ? 'SLO' : 'SLOs'}).`,
    denied: 'Denied.',
    unknown: 'It cannot be told.',
  }[decision];
  const lines = reasons.map(({ slo, message, freedBy, freedAt }) => {
    const when = freedAt === null ? '' : ` At the latest ${freedAt}.`;
    return `  ${slo}: ${message} Free when: ${freedBy}${when}`;
  });
  return [overridden ?? heading, ...lines].join('\n');
}
