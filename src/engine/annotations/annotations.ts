import { randomBytes } from 'node:crypto';
import { parseAnnotation } from '../../core/ports/annotation-request.ts';
import type { AnnotationDraft } from '../../core/ports/annotation-request.ts';
import type { ManageAnnotations } from '../../core/ports/annotations.ts';
import type { Clock } from '../../core/ports/clock.ts';
import { listPage } from '../../core/ports/list-page.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { quoted, refuse } from '../../core/ports/refused.ts';
import {
  ANNOTATION_RETENTION,
  MAX_ANNOTATIONS,
  isAbout,
  overlaps,
} from '../../core/ports/store/annotations.ts';
import type { AnnotatedSubject, Annotation } from '../../core/ports/store/annotations.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import { storedAnnotation, upgradeAnnotation } from '../../core/ports/stored-annotation.ts';
import type { Caller } from '../../core/ports/token.ts';
import { may, mayAll } from '../../core/ports/token.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';

export interface AnnotationsOptions {
  readonly store: RecordStore;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
}

/** Annotations, for people and for what shows them. */
export interface Annotations extends ManageAnnotations {
  /** Those of a time, both ends included, that are about an SLO; the earliest first. */
  about(subject: AnnotatedSubject, from: number, to: number): Promise<readonly Annotation[]>;
  /** All of a time, both ends included; the earliest first. */
  within(from: number, to: number): Promise<readonly Annotation[]>;
}

/** Where nothing is ever noted. */
export const NOTHING_NOTED: Pick<Annotations, 'about' | 'within'> = {
  about: async () => [],
  within: async () => [],
};

export function createAnnotations({ store, definitions, clock, log }: AnnotationsOptions): Annotations {
  async function load(): Promise<readonly Annotation[]> {
    const records = await store.records('annotations');
    return records
      .flatMap(({ value }) => upgradeAnnotation(value) ?? [])
      .toSorted((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1));
  }

  async function within(from: number, to: number): Promise<readonly Annotation[]> {
    return (await load()).filter((annotation) => overlaps(annotation, from, to));
  }

  /** What an annotation is about, for the rights of callers; empty when no file defines it, null for everything. */
  function subjectsOf({ workflow, slo, owner }: Pick<Annotation, 'workflow' | 'slo' | 'owner'>) {
    if (workflow === null && slo === null && owner === null) return null;
    const home = slo === null ? workflow : allSlos(definitions()).find(({ id }) => id === slo)?.workflow;
    return [...definitions().workflows.values()]
      .filter((one) => (owner === null ? one.name === home : one.owner === owner))
      .map((one) => ({ workflow: one.name, owner: one.owner }));
  }

  function mayRead(annotation: Annotation, caller: Caller): boolean {
    const subjects = subjectsOf(annotation);
    return (
      subjects === null || mayAll(caller, 'read') || subjects.some((subject) => may(caller, 'read', subject))
    );
  }

  /** Of what is about several workflows it takes the right to each of them. */
  function mayWrite(of: Pick<Annotation, 'workflow' | 'slo' | 'owner'>, caller: Caller): boolean {
    const subjects = subjectsOf(of);
    if (mayAll(caller, 'write')) return true;
    return (
      subjects !== null && subjects.length > 0 && subjects.every((subject) => may(caller, 'write', subject))
    );
  }

  function problemOf(draft: AnnotationDraft, caller: Caller): Refused | null {
    const subjects = subjectsOf(draft);
    const isKnown =
      subjects === null ||
      subjects.some((subject) => may(caller, 'read', subject) || may(caller, 'write', subject));
    const [what, name] = Object.entries({
      workflow: draft.workflow,
      SLO: draft.slo,
      owner: draft.owner,
    }).find(([, value]) => value !== null) ?? ['', ''];
    if (!isKnown) return refuse('invalid', `No ${what} ${quoted(name ?? '')} is loaded.`);
    if (mayWrite(draft, caller)) return null;
    return refuse('forbidden', `This token may not annotate ${name ? `${what} ${name}` : 'everything'}.`);
  }

  /** Removes those that are too old, and the oldest while there are too many. */
  async function prune(now: number): Promise<void> {
    const records = await store.records('annotations');
    const known = records
      .flatMap((record) => {
        const annotation = upgradeAnnotation(record.value);
        return annotation ? [{ record, at: annotation.to ?? annotation.at }] : [];
      })
      .toSorted((one, other) => one.at - other.at);
    const surplus = known.length - MAX_ANNOTATIONS;
    for (const [index, { record, at }] of known.entries()) {
      if (index < surplus || at < now - ANNOTATION_RETENTION) await remove(record);
    }
  }

  function remove({ id, revision }: StoredRecord): Promise<boolean> {
    return store.putRecord('annotations', id, revision, null);
  }

  return {
    within,
    about: async (subject, from, to) =>
      (await within(from, to)).filter((annotation) => isAbout(annotation, subject)),
    async annotationPage({ workflow, slo, owner, kind, from, to, ...page }, caller) {
      const all = (await load()).filter(
        (one) =>
          (workflow === null || one.workflow === workflow) &&
          (slo === null || one.slo === slo) &&
          (owner === null || one.owner === owner) &&
          (kind === null || one.kind === kind) &&
          overlaps(one, from, to - 1) &&
          mayRead(one, caller),
      );
      return listPage(all, ({ at, id }) => [-at, id], page);
    },
    async annotate(request, caller) {
      const now = clock.now();
      const parsed = parseAnnotation(request, now);
      if ('problems' in parsed) return refuse('invalid', ...parsed.problems);
      const problem = problemOf(parsed.draft, caller);
      if (problem) return problem;
      const id = parsed.draft.id ?? `${now.toString(36)}-${randomBytes(4).toString('hex')}`;
      const annotation: Annotation = { ...parsed.draft, id, actor: caller.name, createdAt: now };
      if (await store.putRecord('annotations', id, 0, storedAnnotation(annotation))) {
        log.info({ annotation }, 'an annotation was made');
        await prune(now);
        return annotation;
      }
      const kept = (await load()).find((one) => one.id === id);
      if (kept && (mayRead(kept, caller) || mayWrite(kept, caller))) return kept;
      return refuse('invalid', `The id ${quoted(id)} is that of another annotation; choose another one.`);
    },
    async removeAnnotation(id, caller) {
      const record = (await store.records('annotations')).find((one) => one.id === id);
      const annotation = record && upgradeAnnotation(record.value);
      const mayKnow = annotation && (mayRead(annotation, caller) || mayWrite(annotation, caller));
      if (!record || !annotation || !mayKnow)
        return refuse('unknown', `There is no annotation ${quoted(id)}; GET /v1/annotations lists them.`);
      if (!mayWrite(annotation, caller))
        return refuse('forbidden', 'This token may not remove what is about so much.');
      await remove(record);
      log.info({ annotation }, 'an annotation was removed');
      return annotation;
    },
  };
}
