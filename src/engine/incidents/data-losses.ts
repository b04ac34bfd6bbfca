import type { DataLoss, LostData } from '../../core/alerting/data-loss.ts';
import type { OpenAtLoss } from '../../core/alerting/loss-notifications.ts';
import { rowsOfLoss, targetsOfLoss } from '../../core/alerting/loss-notifications.ts';
import { storedLoss, upgradeLoss } from '../../core/alerting/stored-loss.ts';
import { parseSignature } from '../../core/adjustments/adjustment-request.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { DataLossReport, ManageDataLosses } from '../../core/ports/operator.ts';
import { quoted, refuse } from '../../core/ports/refused.ts';
import type { OutboxStore } from '../../core/ports/store/outbox.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { StoreLoss } from '../../core/ports/store/store.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { DAY, MINUTE } from '../../core/time/duration.ts';

/** Remembers losses of data in the store that is left, and has people notified of them. */
export interface DataLosses extends ManageDataLosses {
  /** Makes records of what was found. Rejects with `StoreUnavailable`; then it is to be called again. */
  note(found: readonly StoreLoss[]): Promise<void>;
  /** Reads what is recorded, and notifies people of what they were not notified of. To be called once a second. */
  refresh(): Promise<void>;
  /** Those that nobody has acknowledged, as they were read last; oldest first. */
  readonly open: () => readonly DataLossReport[];
}

export interface DataLossesOptions {
  readonly store: RecordStore & Pick<OutboxStore, 'enqueue'>;
  /** Null until any have loaded: then nobody can be notified yet. */
  readonly definitions: () => Definitions | null;
  /** Whether this replica is the one that notifies. */
  readonly leading: () => boolean;
  /** The incidents that were open when the SLOs were last evaluated. */
  readonly openIncidents: () => readonly OpenAtLoss[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Several replicas find the same loss, each when it looks. */
const SAME_LOSS = 10 * MINUTE;
/** Acknowledged ones are kept this long. */
const KEPT = 90 * DAY;

export function createDataLosses(options: DataLossesOptions): DataLosses {
  const { store, definitions, leading, openIncidents, clock, log } = options;
  let known: readonly StoredRecord<DataLoss>[] = [];

  async function read(): Promise<readonly StoredRecord<DataLoss>[]> {
    const records = await store.records('losses');
    known = records
      .flatMap(({ id, revision, value }): StoredRecord<DataLoss>[] => {
        const loss = upgradeLoss(value);
        return loss ? [{ id, revision, value: loss }] : [];
      })
      .toSorted((one, other) => one.value.at - other.value.at);
    return known;
  }

  const open = (): readonly DataLossReport[] =>
    known.filter(({ value }) => value.acknowledged === null).map(({ id, value }) => reportOf(id, value));

  async function noteOne({ kind, part }: StoreLoss): Promise<void> {
    const at = clock.now();
    const isSame = ({ value }: StoredRecord<DataLoss>): boolean =>
      value.kind === kind && value.part === part && Math.abs(at - value.at) < SAME_LOSS;
    if ((await read()).some(isSame)) return;
    // A name that another replica gives it as well, so that one of them comes first.
    const place = (part ?? 'store').replaceAll(/[^\w.]/g, '-');
    const id = `${kind}-${place}-${Math.floor(at / SAME_LOSS).toString(36)}`;
    const loss: DataLoss = { kind, part, at, notified: false, acknowledged: null };
    if (await store.putRecord('losses', id, 0, storedLoss(loss)))
      log.error({ loss: id, kind, part }, sentenceOf(loss));
  }

  async function notify(
    { id, revision, value }: StoredRecord<DataLoss>,
    current: Definitions,
  ): Promise<void> {
    const targets = targetsOfLoss(current, clock.now());
    const rows = rowsOfLoss(id, value, targets, openIncidents());
    if (targets.length === 0)
      log.warn({ loss: id }, 'the SLO files name no target to notify of a loss of data');
    if (rows.length > 0) await store.enqueue(rows, value.at);
    await store.putRecord('losses', id, revision, storedLoss({ ...value, notified: true }));
  }

  return {
    open,
    async note(found) {
      for (const loss of found) await noteOne(loss);
    },
    async refresh() {
      const current = definitions();
      for (const record of await read()) {
        if (!leading()) return;
        const { notified, acknowledged, at } = record.value;
        if (!notified && current) await notify(record, current);
        else if (acknowledged && clock.now() - at > KEPT)
          await store.putRecord('losses', record.id, record.revision, null);
      }
    },
    async losses() {
      return (await read()).map(({ id, value }) => reportOf(id, value));
    },
    async acknowledgeLoss(id, request, caller) {
      const signature = parseSignature(request, 'note');
      if ('problems' in signature) return refuse('invalid', ...signature.problems);
      for (;;) {
        const found = (await read()).find((record) => record.id === id);
        if (!found) return refuse('unknown', `No loss of data ${quoted(id)} is known.`);
        // The first one who did stays.
        if (found.value.acknowledged) return reportOf(id, found.value);
        const acknowledged = {
          at: clock.now(),
          by: signature.by,
          note: signature.text,
          actor: caller.name,
        };
        const next: DataLoss = { ...found.value, acknowledged };
        if (await store.putRecord('losses', id, found.revision, storedLoss(next))) {
          log.info({ loss: id, ...acknowledged }, 'a loss of data was acknowledged');
          await read();
          return reportOf(id, next);
        }
      }
    },
  };
}

function reportOf(id: string, loss: DataLoss): DataLossReport {
  const { kind, part, at, acknowledged } = loss;
  return { id, kind, part, at, message: sentenceOf(loss), acknowledged };
}

function sentenceOf({ kind, part }: LostData): string {
  const where = part === null ? 'the store' : `the shard ${part}`;
  return kind === 'wiped'
    ? `${where} was wiped or replaced; what was counted there is gone`
    : `${where} lost what was written last, as after a failover to a replica that lagged behind`;
}
