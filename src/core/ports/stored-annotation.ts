import { versionOf } from '../stored-version.ts';
import type { Annotation } from './store/annotations.ts';

/**
 * Annotations as they are stored. To change a field of `Annotation`: raise `VERSION`, describe the former shape in a type of its own
 * with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `Annotation`.
 */
const VERSION = 1;

/** An annotation as it is stored from now on. */
export function storedAnnotation(annotation: Annotation): object {
  return { v: VERSION, ...annotation };
}

/** The annotation of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeAnnotation(stored: unknown): Annotation | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...annotation } = stored as Annotation & { readonly v: number };
  return annotation;
}
