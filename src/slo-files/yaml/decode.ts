import { isUtf8 } from 'node:buffer';
import { MAX_FILE_BYTES } from './find-files.ts';
import { problemAt, type ReportProblem, type SourceText, sourceText } from './source-text.ts';

/** The text of a file, or null when it is too large, binary or not UTF-8, which is reported where it is not. */
export function decode(file: string, bytes: Buffer, report: ReportProblem): SourceText | null {
  if (bytes.length > MAX_FILE_BYTES) {
    report(problemAt(sourceText(file, ''), 0, 'error', `the file is larger than ${MAX_FILE_BYTES} bytes`));
    return null;
  }
  // Invalid bytes become U+FFFD here and a byte order mark is dropped, also where files were joined: YAML allows one in
  // front of every document, and nothing that is read here begins a line with one.
  const source = sourceText(file, new TextDecoder().decode(bytes).replaceAll(/^\ufeff/gm, ''));
  const binary = source.text.indexOf('\0');
  if (binary !== -1) {
    report(problemAt(source, binary, 'error', 'a NUL character: this is not a text file', UTF8));
    return null;
  }
  if (!isUtf8(bytes)) {
    report(problemAt(source, source.text.indexOf('\ufffd'), 'error', 'not valid UTF-8', UTF8));
    return null;
  }
  return source;
}

const UTF8 = { expected: 'YAML text saved as UTF-8' };
