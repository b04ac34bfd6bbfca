import type { Config } from '../config.ts';
import { backupStore, verifyStore } from '../store/lmdb/maintenance.ts';
import type { VerifiedStore } from '../store/lmdb/maintenance.ts';

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

/** `burnwatch store verify`: reads all of the embedded store and says in one line whether it is in order. */
export function storeVerify(config: Pick<Config, 'store'>): Promise<Answer> {
  return ofEmbedded(
    config,
    async (folder) => `The store in ${folder} is in order: ${sizeOf(await verifyStore(folder))}.`,
  );
}

/** `burnwatch store backup`: copies the embedded store, which may be in use, and says in one line what came of it. */
export function storeBackup(config: Pick<Config, 'store'>, target: string): Promise<Answer> {
  return ofEmbedded(
    config,
    async (folder) =>
      `The store in ${folder} was copied to ${target}, and the copy is in order: ${sizeOf(await backupStore(folder, target))}.`,
  );
}

async function ofEmbedded(
  { store }: Pick<Config, 'store'>,
  work: (folder: string) => Promise<string>,
): Promise<Answer> {
  if (store.kind !== 'embedded')
    return { ok: false, text: 'This is for the embedded store; a Redis is backed up by its own means.' };
  try {
    return { ok: true, text: await work(store.folder) };
  } catch (error) {
    return { ok: false, text: `${store.folder}: ${(error as Error).message}` };
  }
}

function sizeOf({ pages, entries }: VerifiedStore): string {
  return `${pages} pages, ${entries} entries`;
}
