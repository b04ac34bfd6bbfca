import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary SLO folder that holds one file of this text. */
export async function sloFolder(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-slos-'));
  await writeFile(join(folder, 'slos.yaml'), text);
  return folder;
}

/** Three SLOs of one workflow, as a team would have them: a deadline, a step and a dependency. */
export const TYPICAL = `
workflow: order-fulfillment
owner: payments
slos:
  fulfilled-in-10m: { objective: 95%, window: 28d, sli: { within: 10m } }
  charge-card-succeeds: { objective: 99.5%, window: 7d, sli: { step: charge-card } }
  payment-gateway: { objective: 99.9%, window: 28d, sli: { dependency: payment-gateway } }
---
teams: { payments: { page: [nobody] } }
targets: { nobody: { log: {} } }
`;
