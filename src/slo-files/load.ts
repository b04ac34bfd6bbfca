import { createHash } from 'node:crypto';
import type { References } from '../core/ports/references.ts';
import type { Definitions } from '../core/slo/slo.ts';
import { decode } from './yaml/decode.ts';
import { assemble, type Join, type TargetRefusal } from './assemble/definitions.ts';
import { type Finding, listFiles, readFiles } from './yaml/find-files.ts';
import { SECRET_PATHS } from './native/document-schema.ts';
import { readNativeDocument, type ReadDocument } from './native/document.ts';
import { isOpenSlo, namesOf, type OpenSloDocument, readOpenSlo } from './openslo/documents.ts';
import { joinOpenSlos } from './openslo/join.ts';
import { createTimeSlice, type TimeSlice } from './yaml/time-slice.ts';
import { compareProblems, type FileProblem } from './yaml/problem.ts';
import { problemOfFile, type ReportProblem } from './yaml/source-text.ts';
import { isMeantForUs, looksMeantForUs, SLO_FILE } from './recognize.ts';
import { createSubstitute, type Substitute } from './yaml/substitution.ts';
import { readValues } from './yaml/value-tree.ts';
import { parseDocuments } from './yaml/yaml-documents.ts';

/** What the SLO files say. */
export interface Loaded {
  /** Whole and consistent; null when there is any error. Secrets are filled in: not for logs. */
  readonly definitions: Definitions | null;
  /** Executions a millisecond to expect, of the workflows whose files say so. */
  readonly traffic: ReadonlyMap<string, number>;
  /** Errors and warnings, by file and line. */
  readonly problems: readonly FileProblem[];
  /** The SLO files that were found. */
  readonly files: readonly string[];
  /** The files that references such as `${file:/path}` named. */
  readonly referenced: readonly string[];
  /** A digest of the content and what was filled in from files: equal when nothing changed, whatever dates say. */
  readonly signature: string;
}

/** Enough to work on: a file with more is broken in some way that the first ones show. */
const MAX_PROBLEMS_OF_FILE = 100;

/**
 * Loads every `*.yaml` and `*.yml` below the folders (and the files) given, with references filled in.
 * `refusalOf` says which targets are warned of because nothing may be sent to them. Never rejects: whatever is wrong with paths, files or their content is in `problems`, all at once.
 */
export async function loadDefinitions(
  folderOrFiles: readonly string[],
  references: References,
  refusalOf?: TargetRefusal,
): Promise<Loaded> {
  return interpret(await readFiles(await listFiles(folderOrFiles)), references, refusalOf);
}

/** Makes definitions of files that were read already; gives way to others while it works. */
export async function interpret(
  finding: Finding,
  references: References,
  refusalOf?: TargetRefusal,
): Promise<Loaded> {
  const timeSlice = createTimeSlice();
  const substitute = createSubstitute(references);
  const problems = collectProblems();
  const documents: ReadDocument[] = [];
  const openSlo: OpenSloDocument[] = [];
  let complete = true;
  for (const found of finding.files) {
    if ('problem' in found) {
      problems.report(problemOfFile(found.file, 'error', found.problem));
      complete = false;
      continue;
    }
    const read = await readOne(found.file, found.bytes, substitute, timeSlice, problems.report);
    documents.push(...read.documents);
    openSlo.push(...read.openSlo);
    complete &&= read.complete;
  }
  if (finding.files.length === 0) {
    const folder = finding.folders[0]?.path ?? '.';
    problems.report(problemOfFile(folder, 'error', 'no *.yaml or *.yml file is in this folder'));
  }
  const { report } = problems;
  const join: Join = (native) => joinOpenSlos(openSlo, native, complete, timeSlice, report);
  const { definitions, traffic } = await assemble(documents, join, complete, timeSlice, report, refusalOf);
  const all = problems.sorted();
  return {
    definitions: all.some(({ severity }) => severity === 'error') ? null : definitions,
    traffic,
    problems: all,
    files: finding.files.map(({ file }) => file),
    referenced: [...substitute.files.keys()],
    signature: signatureOf(finding, substitute),
  };
}

function signatureOf({ files }: Finding, substitute: Substitute): string {
  const hash = createHash('sha256');
  for (const found of files) {
    const content = 'bytes' in found ? found.bytes : found.problem;
    hash.update(`${found.file}\0${content.length}\0`).update(content);
  }
  return hash.update(JSON.stringify([...substitute.files])).digest('base64');
}

interface ReadFile {
  readonly documents: readonly ReadDocument[];
  readonly openSlo: readonly OpenSloDocument[];
  readonly complete: boolean;
}

const NOTHING: ReadFile = { documents: [], openSlo: [], complete: false };

async function readOne(
  file: string,
  bytes: Buffer,
  substitute: Substitute,
  timeSlice: TimeSlice,
  report: ReportProblem,
): Promise<ReadFile> {
  const found: FileProblem[] = [];
  const source = decode(file, bytes, (problem) => found.push(problem));
  if (!source) {
    // What it is cannot be known, so that nothing of it is shown.
    for (const problem of found) report({ ...problem, sourceLine: '' });
    return NOTHING;
  }
  const collect: ReportProblem = (problem) => found.push(problem);
  const parsed = await parseDocuments(source, collect, timeSlice);
  const documents: ReadDocument[] = [];
  const openSlo: OpenSloDocument[] = [];
  let meantForUs = false;
  let blank = parsed.complete;
  for (const { document, broken } of parsed.documents) {
    if (timeSlice.due()) await timeSlice.rest();
    if (!broken && document.contents === null) continue;
    blank = false;
    const tree = readValues(document, source, substitute, SECRET_PATHS, broken ? () => {} : collect);
    meantForUs ||= isMeantForUs(tree.place);
    // Of a broken one only its names count, so that what refers to them is not blamed as well.
    if (broken && isOpenSlo(tree)) openSlo.push(...namesOf(tree.place, source));
    else if (broken) documents.push({ source, place: tree.place, data: {} });
    else if (tree.value === null) continue;
    else if (isOpenSlo(tree)) openSlo.push(...readOpenSlo(tree, source, collect));
    else documents.push(readNativeDocument(tree, source, collect));
  }
  if (!blank && !meantForUs && !looksMeantForUs(source.text)) {
    report(problemOfFile(file, 'error', 'this is not an SLO file', { expected: SLO_FILE }));
    return NOTHING;
  }
  for (const problem of found) report(problem);
  return { documents, openSlo, complete: parsed.complete };
}

function collectProblems(): { readonly report: ReportProblem; sorted(): FileProblem[] } {
  const byFile = new Map<string, FileProblem[]>();
  const report: ReportProblem = (problem) => {
    // Apart, so that warnings never crowd out an error.
    const key = `${problem.severity} ${problem.file}`;
    const problems = byFile.get(key) ?? [];
    byFile.set(key, problems);
    // Two rules broken by the same slip, such as the form of a duration and its size, say the same.
    const same = problems.at(-1);
    if (same?.line === problem.line && same.column === problem.column && same.message === problem.message)
      return;
    if (problems.length < MAX_PROBLEMS_OF_FILE) problems.push(problem);
    else if (problems.length === MAX_PROBLEMS_OF_FILE) {
      const { severity, file, line, column, sourceLine } = problem;
      const message = `and more: only the first ${MAX_PROBLEMS_OF_FILE} ${severity}s of a file are listed`;
      problems.push({ severity, file, line, column, message, sourceLine });
    }
  };
  return { report, sorted: () => [...byFile.values()].flat().toSorted(compareProblems) };
}
