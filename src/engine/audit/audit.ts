import { randomBytes } from 'node:crypto';
import type { Audit, AuditEntry } from '../../core/ports/audit.ts';
import { AUDIT_RETENTION, MAX_AUDIT_ENTRIES } from '../../core/ports/audit.ts';
import { storedAuditEntry, upgradeAuditEntry } from '../../core/ports/stored-audit.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { HOUR } from '../../core/time/duration.ts';

export interface AuditOptions {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests; else `MAX_AUDIT_ENTRIES`. */
  readonly limit?: number;
}

/** Entries are removed once an hour, and after so many new ones. */
const PRUNE_AFTER = 500;

export function createAudit({ store, clock, log, limit = MAX_AUDIT_ENTRIES }: AuditOptions): Audit {
  const pruneAfter = Math.min(PRUNE_AFTER, limit);
  let prunedAt = -Infinity;
  let written = 0;
  let pruning: Promise<void> = Promise.resolve();

  async function prune(now: number): Promise<void> {
    const records = await store.records('audit');
    // Ids begin with the time, so that the oldest come first.
    const surplus = records.length - limit;
    for (const [index, { id, revision, value }] of records.entries()) {
      const entry = upgradeAuditEntry(value);
      if (index < surplus || (entry && entry.at < now - AUDIT_RETENTION)) {
        await store.putRecord('audit', id, revision, null);
      }
    }
  }

  return {
    async note(what) {
      const entry: AuditEntry = { at: clock.now(), ...what };
      log.info({ audit: entry }, 'something was done');
      try {
        const id = `${entry.at.toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`;
        await store.putRecord('audit', id, 0, storedAuditEntry(entry));
        written++;
        if (written < pruneAfter && Math.abs(entry.at - prunedAt) < HOUR) return;
        [written, prunedAt] = [0, entry.at];
        // One after the other, so that two do not remove the same.
        await (pruning = pruning.then(() => prune(entry.at)));
      } catch (error) {
        pruning = Promise.resolve();
        log.error({ audit: entry, error: String(error) }, 'the audit log could not be written');
      }
    },
    async entries() {
      const since = clock.now() - AUDIT_RETENTION;
      return (await store.records('audit')).flatMap(({ id, value }) => {
        const entry = upgradeAuditEntry(value);
        return entry && entry.at >= since ? [{ id, ...entry }] : [];
      });
    },
  };
}
