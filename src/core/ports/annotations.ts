import type { Annotation } from './store/annotations.ts';
import type { Refused } from './refused.ts';
import type { Caller } from './token.ts';

/** What of all annotations is wanted; null: any. */
export interface AnnotationQuery {
  readonly workflow: string | null;
  readonly slo: string | null;
  readonly owner: string | null;
  readonly kind: string | null;
  /** That overlap this time; the end is not included. */
  readonly from: number;
  readonly to: number;
  /** The id of one: only those that come after it. */
  readonly after: string | null;
  readonly limit: number;
}

export interface AnnotationPage {
  /** The latest first. */
  readonly items: readonly Annotation[];
  /** What to ask for as `after` to go on; null at the end. */
  readonly next: string | null;
}

export interface ManageAnnotations {
  annotationPage(query: AnnotationQuery, caller: Caller): Promise<AnnotationPage>;
  /** One with the id of another that is kept changes nothing, and the answer is that one. */
  annotate(request: unknown, caller: Caller): Promise<Annotation | Refused>;
  removeAnnotation(id: string, caller: Caller): Promise<Annotation | Refused>;
}
