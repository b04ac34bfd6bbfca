import { readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { References } from '../../core/ports/references.ts';
import { matches } from '../../core/sli/selection.ts';

/** The text with its references filled in, or what is wrong with one of them. Problems name, they never show values. */
export type Substitution =
  | { readonly text: string }
  | { readonly problem: string; readonly expected?: string | undefined };

/** Fills in `${NAME}` from an environment and `${file:path}` from files; `$${` stands for a plain `${`. */
export interface Substitute {
  /** Outside of a secret a reference is a problem. */
  (text: string, place: { readonly secret: boolean }): Substitution;
  /** The files referred to so far, with what they held. */
  readonly files: ReadonlyMap<string, Substitution>;
}

const MAX_FILE = 65_536;
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
/** They configure the service: its tokens and its store's password are among them. */
const OWN = /^burnwatch_/i;
const NOT_SECRET = 'references are filled in only where a secret stands, as in `webhook`';
const PLAIN = 'the text itself, in which a plain ${ is written $${';

/** A substitute that reads each file once; what a file holds is trimmed. */
export function createSubstitute({ env, variables, secretsDir }: References): Substitute {
  const read = new Map<string, Substitution>();
  const lookUp = (reference: string): Substitution => {
    if (reference.startsWith('file:')) {
      const path = reference.slice('file:'.length);
      const found = pathBelow(secretsDir, path);
      if ('problem' in found) return found;
      const known = read.get(found.path) ?? readSecret(found.path, found.folder);
      read.set(found.path, known);
      return known;
    }
    if (!/^[A-Za-z_]\w*$/.test(reference)) {
      return { problem: `\${${reference}} is not a reference such as \${NAME} or \${file:name}` };
    }
    if (OWN.test(reference)) {
      return { problem: `\${${reference}} is a setting of Burnwatch itself, which SLO files never see` };
    }
    if (!variables.some((pattern) => matches(pattern, reference))) {
      const expected = `a variable that BURNWATCH_SUBSTITUTE allows: ${variables.join(', ') || 'it allows none'}`;
      return { problem: `\${${reference}} is not a variable that SLO files may name`, expected };
    }
    const value = Object.hasOwn(env, reference) ? env[reference] : undefined;
    return value ? { text: value } : { problem: `the environment variable ${reference} is not set` };
  };
  const substitute = (text: string, { secret }: { readonly secret: boolean }): Substitution => {
    if (!text.includes('${')) return { text };
    const problems: string[] = [];
    let expected: string | undefined;
    const filled = text.replace(REFERENCE, (match, reference: string | undefined) => {
      if (match === '$${') return '${';
      const found = !secret
        ? { problem: NOT_SECRET, expected: PLAIN }
        : reference === undefined
          ? { problem: '${ is never closed; a plain one is written $${' }
          : lookUp(reference);
      if ('text' in found) return found.text;
      problems.push(found.problem);
      expected ??= found.expected;
      return '';
    });
    return problems.length === 0
      ? { text: filled }
      : { problem: [...new Set(problems)].join('; '), expected };
  };
  return Object.assign(substitute, { files: read });
}

/** Where a file that is named lies below the folder of secrets; whether it is there is not looked at. */
function pathBelow(
  secretsDir: string | null,
  path: string,
): { readonly path: string; readonly folder: string } | { readonly problem: string } {
  if (secretsDir === null) {
    return {
      problem: `\${file:${path}} needs BURNWATCH_SECRETS_DIR, the folder of the files that may be named`,
    };
  }
  const folder = resolve(secretsDir);
  const found = resolve(folder, path);
  if (isBelow(folder, found)) return { path: found, folder };
  return { problem: `\${file:${path}} is not below BURNWATCH_SECRETS_DIR (${folder})` };
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function readSecret(path: string, folder: string): Substitution {
  try {
    const real = realpathSync(path);
    // Kubernetes mounts secrets as links, but to a folder beside them.
    if (!isBelow(realpathSync(folder), real)) {
      return { problem: `${path} is a link that leads out of BURNWATCH_SECRETS_DIR` };
    }
    const stats = statSync(real);
    // A pipe or device could block or never end.
    if (!stats.isFile()) return { problem: `${path} is not a file` };
    if (stats.size > MAX_FILE) return { problem: `${path} is larger than ${MAX_FILE} bytes` };
    const text = readFileSync(real, 'utf8').trim();
    return text === '' ? { problem: `${path} is empty` } : { text };
  } catch (error) {
    return { problem: `cannot read ${path} (${(error as NodeJS.ErrnoException).code})` };
  }
}
