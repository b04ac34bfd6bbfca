import { type NativeDocument, documentSchema, VERSION } from './document-schema.ts';
import { narrowIssues, reportIssues } from '../yaml/schema-issues.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { type Partly, usablePart } from '../yaml/usable-part.ts';
import { quoted, type Place, type ValueTree } from '../yaml/value-tree.ts';

/** A document of a file, with whatever of it has the right shape. */
export interface ReadDocument {
  readonly source: SourceText;
  readonly place: Place;
  /** What it says, without anything that was reported as wrong; its names still count as defined. */
  readonly data: Partly<NativeDocument>;
}

function isOurs(version: string): boolean {
  return version.toLowerCase().startsWith('burnwatch');
}

/** Checks the shape of one document of the native dialect and reports everything wrong with it. */
export function readNativeDocument(tree: ValueTree, source: SourceText, report: ReportProblem): ReadDocument {
  const { value, place } = tree;
  const version = place.parts.get('apiVersion');
  if (version && !version.unresolved && /^[^/]+\//.test(version.written) && !isOurs(version.written)) {
    // Of a file for another program nothing else is worth reporting.
    const message = `\`apiVersion\` is ${quoted(version)}, that of another program`;
    report(problemAt(source, version.start, 'error', message, { expected: VERSION }));
    return { source, place, data: {} };
  }
  const checked = documentSchema.safeParse(value);
  if (checked.success) return { source, place, data: checked.data };
  const issues = narrowIssues(checked.error, documentSchema, value);
  reportIssues(documentSchema, issues, place, source, report);
  return { source, place, data: usablePart<NativeDocument>(value, issues) ?? {} };
}
