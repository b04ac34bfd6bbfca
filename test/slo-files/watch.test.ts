import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Log } from '../../src/core/ports/log.ts';
import { type Loaded, loadDefinitions } from '../../src/slo-files/load.ts';
import { watchDefinitions, type WatchOptions } from '../../src/slo-files/watch.ts';
import { references, TEAMS, told, withFolder } from './slo-folder.ts';

const NEVER = 3_600_000;
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const workflow = (name: string) =>
  `workflow: ${name}\nowner: payments\nslos: { s: { objective: 99%, window: 28d, sli: succeeded } }\n`;
const namesOf = (loaded: Loaded | undefined) =>
  loaded ? [...(loaded.definitions?.workflows.keys() ?? [])].toSorted() : 'nothing loaded';

/** Watches a folder of files while a test changes it; `pollMs` is out of reach unless the test is about polling. */
async function watching(
  files: Readonly<Record<string, string>>,
  use: (folder: string, loads: Loaded[]) => Promise<void>,
  options: Partial<WatchOptions> = {},
): Promise<void> {
  await withFolder(files, async (folder) => {
    const loads: Loaded[] = [];
    const watcher = await watchDefinitions({
      paths: [join(folder, 'slos')],
      references: references(),
      log: SILENT,
      onLoaded: (loaded) => void loads.push(loaded),
      debounceMs: 20,
      pollMs: NEVER,
      ...options,
    });
    try {
      await use(folder, loads);
    } finally {
      await watcher.close();
    }
  });
}
const FILES = { 'slos/teams.yaml': TEAMS, 'slos/a.yaml': workflow('a') };
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

describe.each([
  ['by being told', {}],
  ['by looking', { debounceMs: NEVER, pollMs: 20 }],
])('the watcher, %s, notices', (_how, options: Partial<WatchOptions>) => {
  const noticed = (change: (slos: string) => Promise<unknown>, names: string[]) =>
    watching(
      FILES,
      async (folder, loads) => {
        await change(join(folder, 'slos'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(names));
      },
      options,
    );

  it('an edit', () => noticed((slos) => writeFile(join(slos, 'a.yaml'), workflow('b')), ['b']));

  it('a file that comes', () =>
    noticed((slos) => writeFile(join(slos, 'b.yaml'), workflow('b')), ['a', 'b']));

  it('a file that goes', () => noticed((slos) => rm(join(slos, 'a.yaml')), []));

  it('an editor that writes elsewhere and moves it in place', () =>
    noticed(
      async (slos) => {
        await writeFile(join(slos, 'a.yaml.tmp'), workflow('b'));
        await rename(join(slos, 'a.yaml.tmp'), join(slos, 'a.yaml'));
      },
      ['b'],
    ));

  it('a new folder and what is written to it later', () =>
    watching(
      FILES,
      async (folder, loads) => {
        await mkdir(join(folder, 'slos/deep'));
        await writeFile(join(folder, 'slos/deep/b.yaml'), workflow('b'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['a', 'b']));
        await writeFile(join(folder, 'slos/deep/b.yaml'), workflow('c'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['a', 'c']));
      },
      options,
    ));

  it('a whole folder that is replaced, and edits of the new one', () =>
    watching(
      FILES,
      async (folder, loads) => {
        await mkdir(join(folder, 'next'));
        await writeFile(join(folder, 'next/teams.yaml'), TEAMS);
        await writeFile(join(folder, 'next/b.yaml'), workflow('b'));
        await rename(join(folder, 'slos'), join(folder, 'last'));
        await rename(join(folder, 'next'), join(folder, 'slos'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['b']));
        await writeFile(join(folder, 'slos/b.yaml'), workflow('c'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['c']));
      },
      options,
    ));

  it('a folder that is not there yet', () =>
    watching(
      {},
      async (folder, loads) => {
        await mkdir(join(folder, 'slos'));
        await writeFile(join(folder, 'slos/all.yaml'), `${workflow('a')}---\n${TEAMS}`);
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['a']));
      },
      options,
    ));

  it('a ConfigMap whose link is swapped', () =>
    watching(
      {
        'slos/..1/all.yaml': `${workflow('a')}---\n${TEAMS}`,
        'slos/..2/all.yaml': `${workflow('b')}---\n${TEAMS}`,
      },
      async (folder, loads) => {
        const slos = join(folder, 'slos');
        await symlink('..1', join(slos, '..data'));
        await symlink('..data/all.yaml', join(slos, 'all.yaml'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['a']));
        await symlink('..2', join(slos, '..data_tmp'));
        await rename(join(slos, '..data_tmp'), join(slos, '..data'));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['b']));
      },
      options,
    ));
});

describe('the watcher', () => {
  it('looks at files that references name', () =>
    withFolder({ 'hook/url': 'https://example.com/1' }, (outer) =>
      watching(
        {
          'slos/all.yaml': `targets: { x: { slack: { webhook: "\${file:${join(outer, 'hook/url')}}" } } }`,
        },
        async (_folder, loads) => {
          await writeFile(join(outer, 'hook/url'), 'https://example.com/2');
          await eventually(() =>
            expect(loads.at(-1)?.definitions?.targets.get('x')).toMatchObject({
              webhook: 'https://example.com/2',
            }),
          );
        },
        { pollMs: 20, references: references({ BURNWATCH_SECRETS_DIR: join(outer, 'hook') }) },
      ),
    ));

  it('tells of broken files too, and of what changed since an earlier load', () =>
    withFolder(FILES, async (folder) => {
      const since = await loadDefinitions([join(folder, 'slos')], references());
      await writeFile(join(folder, 'slos/a.yaml'), 'workflow: [');
      const loads: Loaded[] = [];
      const options: WatchOptions = {
        paths: [join(folder, 'slos')],
        references: references(),
        log: SILENT,
        since,
        onLoaded: (loaded) => void loads.push(loaded),
      };
      const watcher = await watchDefinitions(options);
      await watcher.close();
      expect(loads).toHaveLength(1);
      expect(loads[0]!.definitions).toBeNull();
      expect(told(loads[0]!)[0]).toContain('not valid YAML');
    }));

  it('does not tell of dates', () =>
    withFolder(FILES, async (folder) => {
      const paths = [join(folder, 'slos')];
      const since = await loadDefinitions(paths, references());
      await utimes(join(folder, 'slos/a.yaml'), new Date(0), new Date(0));
      const loads: Loaded[] = [];
      const onLoaded = (loaded: Loaded) => void loads.push(loaded);
      const watcher = await watchDefinitions({
        paths,
        references: references(),
        log: SILENT,
        since,
        onLoaded,
      });
      await watcher.close();
      expect(loads).toEqual([]);
    }));

  it('is not bothered by other files and repeated content, and makes one load of many changes', () =>
    watching(
      FILES,
      async (folder, loads) => {
        const slos = join(folder, 'slos');
        await writeFile(join(slos, 'a.yaml'), workflow('a'));
        await writeFile(join(slos, 'notes.txt'), 'x');
        for (const name of ['b', 'c', 'd', 'e']) await writeFile(join(slos, `${name}.yaml`), workflow(name));
        await eventually(() => expect(namesOf(loads.at(-1))).toEqual(['a', 'b', 'c', 'd', 'e']));
        expect(loads).toHaveLength(1);
      },
      { debounceMs: 500 },
    ));

  it('survives a listener that fails, and tells one thing after the other', async () => {
    const errors: object[] = [];
    let running = 0;
    let most = 0;
    let calls = 0;
    await watching(
      FILES,
      async (folder) => {
        for (let round = 1; round <= 3; round++) {
          await writeFile(join(folder, 'slos/a.yaml'), workflow(`r${round}`));
          await eventually(() => expect(calls).toBeGreaterThanOrEqual(round));
        }
        await eventually(() => expect(errors.length).toBeGreaterThanOrEqual(3));
        expect(most).toBe(1);
      },
      {
        log: { ...SILENT, error: (fields) => void errors.push(fields) },
        onLoaded: async () => {
          calls++;
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          throw new Error('no');
        },
      },
    );
  });

  it('is silent once closed, twice if need be', () =>
    withFolder(FILES, async (folder) => {
      const watched = async (): Promise<{ loads: Loaded[]; close(): Promise<void> }> => {
        const loads: Loaded[] = [];
        const watcher = await watchDefinitions({
          paths: [join(folder, 'slos')],
          references: references(),
          log: SILENT,
          onLoaded: (loaded) => void loads.push(loaded),
          debounceMs: 1,
          pollMs: 1,
        });
        return { loads, close: () => watcher.close() };
      };
      const closed = await watched();
      const open = await watched();
      await Promise.all([closed.close(), closed.close()]);
      await writeFile(join(folder, 'slos/a.yaml'), workflow('b'));
      await eventually(() => expect(namesOf(open.loads.at(-1))).toEqual(['b']));
      await open.close();
      expect(closed.loads).toEqual([]);
    }));
});
