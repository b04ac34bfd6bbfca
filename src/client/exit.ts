/** Something with records to deliver before the process ends. */
export interface Leaving {
  /** Whether it has any. */
  readonly pending: boolean;
  /** Delivers them or gives up, within a deadline of its own; never rejects. */
  leave(): Promise<void>;
}

const all = new Set<Leaving>();

/** Has something delivered when the process has nothing else to do; the result takes it back. One listener serves all. */
export function atExit(leaving: Leaving): () => void {
  if (all.size === 0) process.on('beforeExit', leaveAll);
  all.add(leaving);
  return () => {
    all.delete(leaving);
    if (all.size === 0) process.off('beforeExit', leaveAll);
  };
}

/** Node asks again after what this starts has ended, until nothing is pending. */
function leaveAll(): void {
  for (const leaving of all) if (leaving.pending) void leaving.leave();
}
