import type { Annotation } from './store/annotations.ts';
import type { ListPage, PageChoice } from './list-page.ts';
import type { Refused } from './refused.ts';
import type { Caller } from './token.ts';

/** What of all annotations is wanted; null: any. */
export interface AnnotationQuery extends PageChoice {
  readonly workflow: string | null;
  readonly slo: string | null;
  readonly owner: string | null;
  readonly kind: string | null;
  /** That overlap this time; the end is not included. */
  readonly from: number;
  readonly to: number;
}

/** The latest first, by `TIME_AND_ID`. */
export type AnnotationPage = ListPage<Annotation>;

export interface ManageAnnotations {
  annotationPage(query: AnnotationQuery, caller: Caller): Promise<AnnotationPage>;
  /** One with the id of another that is kept changes nothing, and the answer is that one. */
  annotate(request: unknown, caller: Caller): Promise<Annotation | Refused>;
  removeAnnotation(id: string, caller: Caller): Promise<Annotation | Refused>;
}
