import type { GateReason, GateReport } from '../core/ports/gate.ts';
import type { Environment } from '../config/setting-reader.ts';
import { withService } from './service-call.ts';

export interface GateOptions {
  readonly workflow?: string;
  readonly owner?: string;
  /** What becomes of what cannot be told; absent: it is neither. */
  readonly onUnknown?: 'allow' | 'deny';
}

/** What `burnwatch gate` prints, and its exit code: 0 allowed, 1 denied, 2 cannot be told. */
export interface GateAnswer {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

/** Reads the answer as the API writes it. */
interface AskedGate extends Omit<GateReport, 'at' | 'reasons'> {
  readonly at: string;
  readonly reasons: readonly (Omit<GateReason, 'freedAt'> & { readonly freedAt: string | null })[];
}

const CODES = { allowed: 0, denied: 1, unknown: 2 } as const;
const DECIDED = { allow: 0, deny: 1 } as const;

/** `burnwatch gate`: whether a change may go out. A service that does not answer is one of which nothing can be told. */
export async function gate(
  { workflow, owner, onUnknown }: GateOptions,
  format: 'text' | 'json',
  env: Environment,
): Promise<GateAnswer> {
  const query = new URLSearchParams({
    ...(workflow !== undefined && { workflow }),
    ...(owner !== undefined && { owner }),
  });
  let found: AskedGate | null = null;
  const asked = await withService(env, async (ask) => {
    found = await ask<AskedGate>(`/v1/gate?${query.toString()}`);
    return { ok: true, text: format === 'json' ? JSON.stringify(found, null, 2) : words(found) };
  });
  const { decision = 'unknown' } = (found ?? {}) as Partial<AskedGate>;
  const code = decision === 'unknown' && onUnknown ? DECIDED[onUnknown] : CODES[decision];
  return { code, text: asked.text };
}

function words({ decision, slos, reasons }: AskedGate): string {
  const heading = {
    allowed: `Allowed: nothing speaks against it (${slos} ${slos === 1 ? 'SLO' : 'SLOs'}).`,
    denied: 'Denied.',
    unknown: 'It cannot be told.',
  }[decision];
  const lines = reasons.map(({ slo, message, freedBy, freedAt }) => {
    const when = freedAt === null ? '' : ` At the latest ${freedAt}.`;
    return `  ${slo}: ${message} Free when: ${freedBy}${when}`;
  });
  return [heading, ...lines].join('\n');
}
