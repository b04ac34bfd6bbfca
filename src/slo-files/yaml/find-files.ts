import type { BigIntStats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

/** The most a file may hold. */
export const MAX_FILE_BYTES = 1_048_576;
const MAX_DEPTH = 16;
const MAX_FILES = 10_000;

/** A file as it was found: its content, or why there is none. */
export type FoundFile =
  | { readonly file: string; readonly bytes: Buffer }
  | { readonly file: string; readonly problem: string };

/** What lies below the SLO paths at one moment. */
export interface Finding {
  /** By name; each file once, however many links lead to it. */
  readonly files: readonly FoundFile[];
  /** The folders they were looked for in. */
  readonly folders: readonly Folder[];
}

/** A folder as it is now; another one put in its place has another identity. */
export interface Folder {
  readonly path: string;
  readonly identity: string;
}

/** A place on the disk with a stamp that differs whenever its content may. */
interface Entry {
  readonly path: string;
  readonly stamp: string;
  readonly problem: string | null;
}

/** The files and folders below the SLO paths, without reading any. */
export interface Listing {
  readonly entries: readonly Entry[];
  readonly folders: readonly Folder[];
  /** Differs whenever a file came, went, was replaced or written to. */
  readonly stamp: string;
}

/**
 * Lists every `*.yaml` and `*.yml` below the given folders, and the given files whatever their name. Hidden ones are
 * passed over (a Kubernetes ConfigMap keeps its versions in hidden folders). Links are followed once, as long as they stay
 * below a given folder, or beside a given file: one that leads elsewhere could show any file of this machine. Never
 * rejects: what cannot be looked at is an entry with a problem.
 */
export async function listFiles(paths: readonly string[]): Promise<Listing> {
  const entries: Entry[] = [];
  const folders: Folder[] = [];
  const seen = new Set<string>();

  const visit = async (path: string, depth: number, root: string): Promise<void> => {
    if (entries.length > MAX_FILES) return;
    try {
      const real = await realpath(path);
      if (!isWithin(root, real)) {
        entries.push({
          path,
          stamp: real,
          problem: 'is a link that leads out of the folder of the SLO files',
        });
        return;
      }
      if (seen.has(real)) return;
      seen.add(real);
      const stats = await stat(path, { bigint: true });
      if (stats.isDirectory()) {
        folders.push({ path, identity: `${stats.dev} ${stats.ino}` });
        if (depth >= MAX_DEPTH) entries.push({ path, stamp: '', problem: 'is too many folders deep' });
        else await visitFolder(path, depth, root);
        return;
      }
      // Opening a pipe would wait for a writer.
      const problem = !stats.isFile()
        ? 'is not a file'
        : stats.size > MAX_FILE_BYTES
          ? `is larger than ${MAX_FILE_BYTES} bytes (1 MiB); split it`
          : null;
      entries.push({ path, stamp: `${real} ${stampOfStats(stats)}`, problem });
    } catch (error) {
      entries.push({ path, stamp: codeOf(error), problem: reasonOf(error) });
    }
  };

  const visitFolder = async (folder: string, depth: number, root: string): Promise<void> => {
    const children = await readdir(folder, { withFileTypes: true });
    for (const child of children.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (child.name.startsWith('.')) continue;
      const path = join(folder, child.name);
      const isYaml = /\.ya?ml$/i.test(child.name);
      if (isYaml || child.isDirectory() || (child.isSymbolicLink() && (await folderOf(path)) !== null)) {
        await visit(path, depth + 1, root);
      }
    }
  };

  for (const path of paths) await visit(path, 0, await rootOf(path));
  if (entries.length > MAX_FILES) {
    entries.length = MAX_FILES;
    entries.push({ path: paths[0] ?? '', stamp: '', problem: `holds more than ${MAX_FILES} files` });
  }
  return { entries, folders, stamp: entries.map(({ path, stamp }) => `${path} ${stamp}`).join('\n') };
}

/** What the links below a given path may lead to: the folder it is or leads to, or else the one it is in. */
async function rootOf(path: string): Promise<string> {
  const folder = (await folderOf(path)) ? path : dirname(path);
  return realpath(folder).catch(() => folder);
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** Reads what was listed. A file that went away or grew in between is one with a problem; never rejects. */
export async function readFiles({ entries, folders }: Listing): Promise<Finding> {
  const files: FoundFile[] = [];
  for (const { path, problem } of entries) {
    if (problem !== null) {
      files.push({ file: path, problem });
      continue;
    }
    try {
      const bytes = await readFile(path);
      files.push({ file: path, bytes });
    } catch (error) {
      files.push({ file: path, problem: reasonOf(error) });
    }
  }
  return { files: files.toSorted((a, b) => (a.file < b.file ? -1 : 1)), folders };
}

/** Differs whenever one of the files may have changed; a file that is not there is part of it. */
export async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map(async (file) => {
    const stats = await stat(file, { bigint: true }).catch(codeOf);
    return `${file} ${typeof stats === 'string' ? stats : stampOfStats(stats)}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

function stampOfStats({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The folder at a path, or null when there is none. */
export async function folderOf(path: string): Promise<Folder | null> {
  const stats = await stat(path).catch(() => null);
  return stats?.isDirectory() ? { path, identity: `${stats.dev} ${stats.ino}` } : null;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  if (code === 'ELOOP') return 'is a link that leads to itself';
  return `cannot be read (${code})`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
