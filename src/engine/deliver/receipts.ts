import { createHash } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { Receipts } from '../../core/ports/receipts.ts';
import { storedReceipt, upgradeReceipt } from '../../core/ports/stored-receipt.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { DAY } from '../../core/time/duration.ts';

/** A repeat of the last notification may come so long after the end of a conversation. */
const KEPT_WHEN_OVER = 2 * DAY;
/** After this long without a change, a conversation begins anew in a message of its own. */
const KEPT = 90 * DAY;
/** Old ones that are removed at once. */
const REMOVED_AT_ONCE = 20;

/** Makes the memory of where conversations are told, in the store. */
export function createReceipts(store: RecordStore, clock: Clock): Receipts {
  async function forgetOld(records: Awaited<ReturnType<RecordStore['records']>>): Promise<void> {
    const now = clock.now();
    const old = records.filter(({ value }) => {
      const receipt = upgradeReceipt(value);
      return receipt !== null && now - receipt.at > (receipt.over ? KEPT_WHEN_OVER : KEPT);
    });
    for (const { id, revision } of old.slice(0, REMOVED_AT_ONCE))
      await store.putRecord('receipts', id, revision, null);
  }

  return {
    async read(target, conversation) {
      const records = await store.records('receipts');
      await forgetOld(records);
      const id = recordId(target, conversation);
      const found = records.find((record) => record.id === id);
      const receipt = found ? upgradeReceipt(found.value) : null;
      return receipt && { revision: found!.revision, receipt };
    },
    write: (receipt, revision) =>
      store.putRecord(
        'receipts',
        recordId(receipt.target, receipt.conversation),
        revision,
        storedReceipt({ ...receipt, at: clock.now() }),
      ),
  };
}

/** Names of targets and ids may be longer together than the id of a record. */
function recordId(target: string, conversation: string): string {
  return createHash('sha256')
    .update(JSON.stringify([target, conversation]))
    .digest('hex');
}
