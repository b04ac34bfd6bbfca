import { MINUTE } from '../../core/time/duration.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../yaml/suggestion.ts';
import { type Place, placeAt, quoted, shortened } from '../yaml/value-tree.ts';
import type { Metadata } from './kinds.ts';
import { parseShorthand } from './shorthand.ts';

const PREFIX = 'burnwatch.dev/';

/** The annotations Burnwatch reads, each with what it may say. */
const ANNOTATIONS = {
  /** The team that owns the workflow; on a Service or an SLO. */
  owner: { test: (text: string) => /^[A-Za-z0-9._:-]{1,128}$/.test(text), expected: 'the name of a team' },
  /** Linked in notifications; on a Service or an SLO. */
  runbook: {
    test: (text: string) =>
      text.length <= 2000 && /^https?:\/\/[^\s/?#]\S*$/i.test(text) && URL.canParse(text),
    expected: 'an http or https URL',
  },
  /** How many bad outcomes an alert needs at least; on an SLO. */
  'min-failures': {
    test: (text: string) => /^[1-9]\d{0,6}$/.test(text) && Number(text) <= 1_000_000,
    expected: 'a whole number from 1 to 1000000',
  },
  /** Whether the default tiers alert, beside those of the alert policies; without policies they do. On an SLO. */
  'default-tiers': { test: (text: string) => text === 'true' || text === 'false', expected: 'true or false' },
  /** The short window of a burn rate; on an AlertCondition. */
  'short-window': {
    test: (text: string) => (parseShorthand(text)?.duration ?? 0) >= MINUTE,
    expected: 'a duration of at least 1m',
  },
  /** What an export could not say; for people. */
  'not-exported': { test: () => true, expected: 'a text' },
} as const;

type AnnotationName = keyof typeof ANNOTATIONS;

/** The key of an annotation that Burnwatch reads. */
export function annotationKey(name: AnnotationName): string {
  return PREFIX + name;
}

/** What an annotation says, or undefined. */
export function annotationOf(metadata: Metadata | undefined, name: AnnotationName): string | undefined {
  const text = metadata?.annotations?.[annotationKey(name)];
  return text !== undefined && ANNOTATIONS[name].test(text) ? text : undefined;
}

/** Milliseconds, or undefined. */
export function readShortWindow(metadata: Metadata | undefined): number | undefined {
  const text = annotationOf(metadata, 'short-window');
  return text === undefined ? undefined : parseShorthand(text)!.duration;
}

/** Reports annotations of ours that are misspelt or say what they cannot. `place` is that of the metadata. */
export function checkAnnotations(
  metadata: Metadata,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): void {
  for (const [key, text] of Object.entries(metadata.annotations ?? {})) {
    if (!key.startsWith(PREFIX)) continue;
    const at = placeAt(place, ['annotations', key])!;
    const name = key.slice(PREFIX.length);
    if (!Object.hasOwn(ANNOTATIONS, name)) {
      const legal = (Object.keys(ANNOTATIONS) as AnnotationName[]).map(annotationKey);
      const message = `unknown annotation \`${shortened(key)}\``;
      report(
        problemAt(source, at.key, 'error', message, {
          suggestion: nearest(key, legal),
          expected: `one of ${legal.join(', ')}`,
        }),
      );
    } else if (!ANNOTATIONS[name as AnnotationName].test(text)) {
      const { expected } = ANNOTATIONS[name as AnnotationName];
      report(problemAt(source, at.start, 'error', `\`${key}\` is ${quoted(at)}`, { expected }));
    }
  }
}

/** Where metadata says something that is neither ours nor a name: only people and other tools read it. */
export function foreignMetadata(metadata: Metadata, place: Place): Place | undefined {
  const label = Object.keys(metadata.labels ?? {}).find((key) => key !== 'owner');
  if (label !== undefined) return placeAt(place, ['labels', label]);
  const annotation = Object.keys(metadata.annotations ?? {}).find((key) => !key.startsWith(PREFIX));
  return annotation === undefined ? undefined : placeAt(place, ['annotations', annotation]);
}

/** The team that metadata names as owner: the annotation, else the label; undefined when there is none. */
export function ownerOf(metadata: Metadata | undefined): string | undefined {
  const label = metadata?.labels?.['owner'];
  return (
    annotationOf(metadata, 'owner') ??
    (typeof label === 'string' ? label : label?.length === 1 ? label[0] : undefined)
  );
}
