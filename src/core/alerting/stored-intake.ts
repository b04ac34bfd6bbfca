import type { TimeSpan } from '../time/breaks.ts';
import { versionOf } from '../stored-version.ts';

/** When one replica could take outcomes, oldest first, as far back as that still matters. */
export interface IntakeAccount {
  readonly spans: readonly TimeSpan[];
  /** By name of a source that it reads by itself: when that got on; absent where versions before 0.2 stored it. */
  readonly sources?: Readonly<Record<string, readonly TimeSpan[]>>;
}

/**
 * What a replica says of the times in which it could take outcomes, as it is stored. To change a field of `IntakeAccount`:
 * see `stored-evaluation.ts`.
 *
 * - 1: the fields of `IntakeAccount`.
 */
const VERSION = 1;

const PREFIX = 'intake-';

/** The id of the record of a replica, among those of evaluation. */
export function intakeRecord(owner: string): string {
  return `${PREFIX}${owner}`;
}

/** Whether a record of evaluation is that of a replica's intake. */
export function isIntakeRecord(id: string): boolean {
  return id.startsWith(PREFIX);
}

/** An account as it is stored from now on. */
export function storedIntake(account: IntakeAccount): object {
  return { v: VERSION, ...account };
}

/** The account of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeIntake(stored: unknown): IntakeAccount | null {
  if (versionOf(stored) > VERSION) return null;
  const { spans, sources } = stored as IntakeAccount;
  return { spans, ...(sources && { sources }) };
}
