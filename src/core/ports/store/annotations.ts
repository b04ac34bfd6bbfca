import { DAY, MINUTE } from '../../time/duration.ts';

/** Something that happened and may explain what follows: a deploy, a change at a peer, a sale. Kept as a record of the store. */
export interface Annotation {
  readonly id: string;
  /** When it happened, or began, in milliseconds since the epoch. */
  readonly at: number;
  /** When it ended; null for what has no length. */
  readonly to: number | null;
  /** What it is, as a word such as `deploy` or `event`. */
  readonly kind: string;
  readonly text: string;
  /** The address of more about it. */
  readonly link: string | null;
  /** What it is about: at most one of these is not null; without any, everything. */
  readonly workflow: string | null;
  readonly slo: string | null;
  readonly owner: string | null;
  /** See `Caller.name`. */
  readonly actor: string | null;
  readonly createdAt: number;
}

/** No more are kept than so many, the latest, and none longer than this. */
export const MAX_ANNOTATIONS = 2000;
export const ANNOTATION_RETENTION = 100 * DAY;

/** What failures that begin this long after it may come from. */
export const MAY_EXPLAIN_FOR = 30 * MINUTE;

/** What an annotation may be about. */
export interface AnnotatedSubject {
  readonly slo: string;
  readonly workflow: string;
  readonly owner: string;
}

/** Whether it is about an SLO. */
export function isAbout({ slo, workflow, owner }: Annotation, subject: AnnotatedSubject): boolean {
  return (
    (slo === null || slo === subject.slo) &&
    (workflow === null || workflow === subject.workflow) &&
    (owner === null || owner === subject.owner)
  );
}

/** Whether it lies in a time, both ends included, or overlaps it. */
export function overlaps({ at, to }: Annotation, from: number, until: number): boolean {
  return at <= until && (to ?? at) >= from;
}

/** What it is in words: the kind in front of the text, unless that says it already, or is nothing but that something happened. */
export function annotationWords({ kind, text }: Pick<Annotation, 'kind' | 'text'>): string {
  return kind === 'event' || text.toLowerCase().startsWith(kind) ? text : `${kind} ${text}`;
}
