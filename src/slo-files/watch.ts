import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Log } from '../core/ports/log.ts';
import type { References } from '../core/ports/references.ts';
import { type Folder, folderOf, listFiles, readFiles, stampOf } from './yaml/find-files.ts';
import { interpret, type Loaded } from './load.ts';

/** What to watch, and what to call. */
export interface WatchOptions {
  readonly paths: readonly string[];
  readonly references: References;
  readonly log: Log;
  readonly onLoaded: (loaded: Loaded) => void | Promise<void>;
  /** What was loaded last: what changed between that and now is reported as well. Default: nothing has changed yet. */
  readonly since?: Loaded;
  /** How long to wait for the rest of a change, such as the other files of a checkout. Default 200 ms. */
  readonly debounceMs?: number;
  /** How often to look without an event, for network mounts that send none. Default 5 s. */
  readonly pollMs?: number;
}

/**
 * Loads the SLO files again whenever what lies below the paths changes: files added, removed, edited or replaced,
 * links swapped, folders that appear later, and files that references name. Calls `onLoaded` with every new
 * content, good or bad, one call at a time. Never throws; `close` may be called twice and waits for a load under way.
 */
export async function watchDefinitions(options: WatchOptions): Promise<{ close(): Promise<void> }> {
  const { paths, references, log, onLoaded, debounceMs = 200, pollMs = 5_000 } = options;
  let signature = options.since?.signature ?? null;
  let referenced = options.since?.referenced ?? [];
  let stamp = '';
  let closed = false;
  let work = Promise.resolve();
  let debounce: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;

  const folders = watchFolders(log, () => {
    clearTimeout(debounce);
    // After an event the files are read whatever their dates: two writes within a tick of the file system's clock look alike.
    if (!closed) debounce = setTimeout(() => void look(true), debounceMs);
  });

  const look = (notified: boolean): Promise<void> => {
    work = work
      .then(() => (closed ? undefined : lookNow(notified)))
      .catch((error: unknown) => log.error({ error: String(error) }, 'looking for changed SLO files failed'));
    return work;
  };

  const lookNow = async (notified: boolean): Promise<void> => {
    let listing = await listFiles(paths);
    // No event reports what happened in a folder before it was watched.
    while (await folders.set(paths, listing.folders)) listing = await listFiles(paths);
    // Taken before reading: a change in between is seen the next time.
    const found = `${listing.stamp}\n${await stampOf(referenced)}`;
    if (found === stamp && !notified) return;
    const loaded = await interpret(await readFiles(listing), references);
    stamp = found;
    referenced = loaded.referenced;
    const changed = signature !== null && loaded.signature !== signature;
    signature = loaded.signature;
    if (changed && !closed) await onLoaded(loaded);
  };

  const pollOn = (): void => {
    if (!closed) poll = setTimeout(() => void look(false).then(pollOn), pollMs);
  };

  await look(false);
  pollOn();
  return {
    close: async () => {
      closed = true;
      clearTimeout(debounce);
      clearTimeout(poll);
      folders.close();
      await work;
      folders.close();
    },
  };
}

/** Watches folders, and the folders their paths are in, so that one that is replaced or comes later is noticed. */
function watchFolders(log: Log, onChange: () => void) {
  const watchers = new Map<string, FSWatcher>();
  let complained = false;

  const start = (key: string, path: string, only: ReadonlySet<string> | null): boolean => {
    try {
      const watcher = watch(path, (_event, file) => {
        if (only === null || file === null || only.has(file)) onChange();
      });
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(key);
      });
      watchers.set(key, watcher);
      return true;
    } catch (error) {
      if (!complained)
        log.warn({ path, error: String(error) }, 'cannot watch a folder, so it is looked at now and then');
      complained = true;
      return false;
    }
  };

  return {
    /** Watches these and no others; answers whether any is new. */
    set: async (paths: readonly string[], folders: readonly Folder[]): Promise<boolean> => {
      const wanted = new Map<string, { readonly path: string; readonly only: ReadonlySet<string> | null }>();
      for (const path of paths) {
        const parent = await folderOf(dirname(resolve(path)));
        if (!parent) continue;
        const key = `above ${parent.path} ${parent.identity}`;
        wanted.set(key, {
          path: parent.path,
          only: new Set([...(wanted.get(key)?.only ?? []), basename(resolve(path))]),
        });
      }
      for (const { path, identity } of folders) wanted.set(`${path} ${identity}`, { path, only: null });
      for (const [key, watcher] of watchers) {
        if (wanted.has(key)) continue;
        watcher.close();
        watchers.delete(key);
      }
      const missing = [...wanted].filter(([key]) => !watchers.has(key));
      return missing.filter(([key, { path, only }]) => start(key, path, only)).length > 0;
    },
    close: (): void => {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
