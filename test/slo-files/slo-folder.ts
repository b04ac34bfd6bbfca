import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readReferences } from '../../src/config.ts';
import type { References } from '../../src/core/ports/references.ts';
import type { Definitions } from '../../src/core/slo/slo.ts';
import { loadDefinitions, type Loaded } from '../../src/slo-files/load.ts';
import { formatProblem } from '../../src/slo-files/yaml/problem.ts';

/** What SLO files may refer to in an environment, as the service reads its settings. */
export function references(env: Readonly<Record<string, string>> = {}): References {
  return readReferences(env);
}

/** Makes a folder of files for one test and removes it afterwards. */
export async function withFolder<Result>(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'slo-files-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads files from a real folder; problems name files relative to it. */
export async function loadFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  return withFolder(files, async (folder) => {
    const loaded = await loadDefinitions([folder], references(env));
    const relative = (text: string) => text.replaceAll(`${folder}/`, '');
    return {
      ...loaded,
      problems: loaded.problems.map((problem) => ({
        ...problem,
        file: relative(problem.file),
        message: relative(problem.message),
      })),
    };
  });
}

/** Who and where, so that a test's own file is about one thing only. */
export const TEAMS = 'teams: { payments: { page: [log], ticket: [log] } }\ntargets: { log: { log: {} } }\n';

/** Loads one document beside `TEAMS`, as `a.yaml`. */
export async function loadText(text: string, env: Readonly<Record<string, string>> = {}): Promise<Loaded> {
  return loadFiles({ 'a.yaml': text, 'teams.yaml': TEAMS }, env);
}

/** The first line of each problem, as people see it. */
export function told({ problems }: Loaded): string[] {
  return problems.map((problem) => formatProblem(problem).split('\n')[0]!);
}

/** The definitions of files that have no error. */
export function definitionsOf(loaded: Loaded): Definitions {
  if (!loaded.definitions) throw new Error(told(loaded).join('\n'));
  return loaded.definitions;
}
