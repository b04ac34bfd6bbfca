import { join } from 'node:path';
import { makeSmallDisk } from '../../support/small-disk.ts';
import type { SmallDisk } from '../../support/small-disk.ts';
import { prepareReplicas } from './stage.ts';
import type { Stage } from './stage.ts';

export interface EmbeddedStage extends Stage {
  readonly disk: SmallDisk;
}

const DISK_MEGABYTES = 128;

/** One replica with the embedded store on a disk that can be full. */
export async function startEmbeddedStage(outages: number): Promise<EmbeddedStage> {
  const disk = makeSmallDisk(DISK_MEGABYTES);
  const prepared = await prepareReplicas(1, outages, { store: join(disk.folder, 'data'), shell: disk.shell });
  return {
    ...prepared,
    disk,
    storeTrouble: () => Promise.resolve(null),
    async stop() {
      await prepared.stop();
      disk.remove();
    },
  };
}
