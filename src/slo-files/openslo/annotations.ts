import { MINUTE } from '../../core/time/duration.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { nearest } from '../../core/words/suggestion.ts';
import { type Place, placeAt, quoted, shortened } from '../yaml/value-tree.ts';
import type { PlacedMetadata } from './inline-objects.ts';
import { KINDS, type Kind, type Metadata } from './kinds.ts';
import { parseShorthand } from './shorthand.ts';

const DOMAIN = 'burnwatch.dev';
const PREFIX = `${DOMAIN}/`;

interface Annotation {
  /** The kinds it has a meaning on. */
  readonly on: readonly Kind[];
  readonly test: (text: string) => boolean;
  readonly expected: string;
}

/** The annotations Burnwatch reads, each with where, and what it may say. */
const ANNOTATIONS = {
  /** The team that owns the workflow. */
  owner: {
    on: ['Service', 'SLO'],
    test: (text: string) => /^[A-Za-z0-9._:-]{1,128}$/.test(text),
    expected: 'the name of a team',
  },
  /** Linked in notifications. */
  runbook: {
    on: ['Service', 'SLO'],
    test: (text: string) =>
      text.length <= 2000 && /^https?:\/\/[^\s/?#]\S*$/i.test(text) && URL.canParse(text),
    expected: 'an http or https URL',
  },
  /** How many bad outcomes an alert needs at least. */
  'min-failures': {
    on: ['SLO'],
    test: (text: string) => /^[1-9]\d{0,6}$/.test(text) && Number(text) <= 1_000_000,
    expected: 'a whole number from 1 to 1000000',
  },
  /** Whether the default tiers alert, beside those of the alert policies; without policies they do. */
  'default-tiers': {
    on: ['SLO'],
    test: (text: string) => text === 'true' || text === 'false',
    expected: 'true or false',
  },
  /** The short window of a burn rate. */
  'short-window': {
    on: ['AlertCondition'],
    test: (text: string) => (parseShorthand(text)?.duration ?? 0) >= MINUTE,
    expected: 'a duration of at least 1m',
  },
  /** What an export could not say; for people. */
  'not-exported': { on: Object.keys(KINDS) as Kind[], test: () => true, expected: 'a text' },
} as const satisfies Record<string, Annotation>;

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

/** Reports annotations of ours that are misspelt, stand where they mean nothing, or say what they cannot. */
export function checkAnnotations(
  { kind, metadata, place }: PlacedMetadata,
  source: SourceText,
  report: ReportProblem,
): void {
  for (const [key, text] of Object.entries(metadata.annotations ?? {})) {
    if (!isMeantForUs(key)) continue;
    const at = placeAt(place, ['annotations', key])!;
    const name = key.slice(PREFIX.length);
    if (!key.startsWith(PREFIX) || !Object.hasOwn(ANNOTATIONS, name)) {
      const legal = (Object.keys(ANNOTATIONS) as AnnotationName[]).map(annotationKey);
      const message = `unknown annotation \`${shortened(key)}\``;
      const word = PREFIX + key.slice(key.indexOf('/') + 1);
      report(
        problemAt(source, at.key, 'error', message, {
          suggestion: nearest(word, legal),
          expected: `one of ${legal.join(', ')}`,
        }),
      );
      continue;
    }
    const { on, test, expected }: Annotation = ANNOTATIONS[name as AnnotationName];
    if (!on.includes(kind)) {
      const message = `\`${key}\` means nothing on ${articled(kind)}`;
      report(
        problemAt(source, at.key, 'error', message, { expected: `it on ${on.map(articled).join(' or ')}` }),
      );
    } else if (!test(text)) {
      report(problemAt(source, at.start, 'error', `\`${key}\` is ${quoted(at)}`, { expected }));
    }
  }
}

/** Whether an annotation is one of ours, or most likely was meant to be: under a domain like ours, or with our word and none. */
function isMeantForUs(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash === -1) return key.includes('-') && Object.hasOwn(ANNOTATIONS, key);
  const domain = key.slice(0, slash);
  return domain.includes('burnwatch') || nearest(domain, [DOMAIN]) !== undefined;
}

function articled(kind: Kind): string {
  return `${/^[AS]/.test(kind) && kind !== 'Service' ? 'an' : 'a'} ${kind}`;
}

/** Where metadata says something that is neither ours nor a name: only people and other tools read it. */
export function foreignMetadata({ metadata, place }: PlacedMetadata): Place | undefined {
  const label = Object.keys(metadata.labels ?? {}).find((key) => key !== 'owner');
  if (label !== undefined) return placeAt(place, ['labels', label]);
  const annotation = Object.keys(metadata.annotations ?? {}).find((key) => !isMeantForUs(key));
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
