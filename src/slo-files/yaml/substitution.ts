import { readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** The text with its references filled in, or what is wrong with one of them. Problems name, they never show values. */
export type Substitution = { readonly text: string } | { readonly problem: string };

/** Fills in `${NAME}` from an environment and `${file:/path}` from files; `$${` stands for a plain `${`. */
export interface Substitute {
  (text: string): Substitution;
  /** The files referred to so far, with what they held. */
  readonly files: ReadonlyMap<string, Substitution>;
}

const MAX_FILE = 65_536;
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** A substitute that reads each file once; what a file holds is trimmed. */
export function createSubstitute(env: Readonly<Record<string, string | undefined>>): Substitute {
  const read = new Map<string, Substitution>();
  const lookUp = (reference: string): Substitution => {
    if (reference.startsWith('file:')) {
      const path = reference.slice('file:'.length);
      const known = read.get(path) ?? readSecret(path);
      read.set(path, known);
      return known;
    }
    if (!/^[A-Za-z_]\w*$/.test(reference)) {
      return { problem: `\${${reference}} is not a reference such as \${NAME} or \${file:/path}` };
    }
    const value = Object.hasOwn(env, reference) ? env[reference] : undefined;
    return value ? { text: value } : { problem: `the environment variable ${reference} is not set` };
  };
  const substitute = (text: string): Substitution => {
    if (!text.includes('${')) return { text };
    const problems: string[] = [];
    const filled = text.replace(REFERENCE, (match, reference: string | undefined) => {
      if (match === '$${') return '${';
      const found =
        reference === undefined
          ? { problem: '${ is never closed; a plain one is written $${' }
          : lookUp(reference);
      if ('text' in found) return found.text;
      problems.push(found.problem);
      return '';
    });
    return problems.length === 0 ? { text: filled } : { problem: [...new Set(problems)].join('; ') };
  };
  return Object.assign(substitute, { files: read });
}

function readSecret(path: string): Substitution {
  if (!isAbsolute(path)) return { problem: `\${file:${path}} needs an absolute path` };
  try {
    const stats = statSync(path);
    // A pipe or device could block or never end.
    if (!stats.isFile()) return { problem: `${path} is not a file` };
    if (stats.size > MAX_FILE) return { problem: `${path} is larger than ${MAX_FILE} bytes` };
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? { problem: `${path} is empty` } : { text };
  } catch (error) {
    return { problem: `cannot read ${path} (${(error as NodeJS.ErrnoException).code})` };
  }
}
