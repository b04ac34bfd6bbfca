import type { Annotation } from '../../core/ports/store/annotations.ts';
import { iso } from '../../core/time/timestamp.ts';

/** One annotation of `/v1/annotations`, or of an incident. */
export function annotationJson({ at, to, createdAt, ...annotation }: Annotation): object {
  const { id, ...rest } = annotation;
  return { id, at: iso(at), to: to === null ? null : iso(to), ...rest, createdAt: iso(createdAt) };
}
