import { NotLeader } from '../../core/ports/store/states.ts';
import type { Databases, Leader } from './databases.ts';

/** Takes or renews the lease; false when another owner holds it. Call it in a write transaction. */
export function takeLease(db: Databases, owner: string, now: number, lease: number): boolean {
  const holder = db.leader.get('leader');
  if (holder && holder.owner !== owner && isRunning(holder, now)) return false;
  db.leader.putSync('leader', { owner, until: now + lease, lease });
  return true;
}

/** A lease that has more than its length to go is void: the clock was set back since it was taken. */
function isRunning({ until, lease }: Leader, now: number): boolean {
  return now < until && until <= now + lease;
}

/** Gives the lease back if the owner has it. Call it in a write transaction. */
export function giveBackLease(db: Databases, owner: string): void {
  if (db.leader.get('leader')?.owner === owner) db.leader.removeSync('leader');
}

/** Throws `NotLeader` unless the owner holds the lease at this moment. */
export function mustLead(db: Databases, owner: string, now: number): void {
  const holder = db.leader.get('leader');
  if (!holder || holder.owner !== owner || holder.until <= now) {
    throw new NotLeader('Another replica leads, or none does; nothing was changed.');
  }
}
