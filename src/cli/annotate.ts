import type { Annotation } from '../core/ports/store/annotations.ts';
import { annotationWords } from '../core/ports/store/annotations.ts';
import type { Environment } from '../config/setting-reader.ts';
import type { VerbAnswer } from './service-call.ts';
import { withService } from './service-call.ts';

export interface AnnotateOptions {
  readonly kind?: string;
  readonly at?: string;
  readonly to?: string;
  readonly workflow?: string;
  readonly slo?: string;
  readonly owner?: string;
  readonly link?: string;
  readonly id?: string;
}

/** `burnwatch annotate`: notes a deploy or another event with a running service. */
export function annotate(
  text: string,
  options: AnnotateOptions,
  format: 'text' | 'json',
  env: Environment,
): Promise<VerbAnswer> {
  return withService(env, async (ask) => {
    const noted = await ask<Omit<Annotation, 'at'> & { readonly at: string }>('/v1/annotations', {
      text,
      ...options,
    });
    const { id, at, slo, workflow, owner } = noted;
    const words = `Noted as ${id}: ${annotationWords(noted)}, ${at}, of ${slo ?? workflow ?? owner ?? 'everything'}.`;
    return { ok: true, text: format === 'json' ? JSON.stringify(noted, null, 2) : words };
  });
}
