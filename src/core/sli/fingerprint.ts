import { hash53 } from '../hash.ts';
import { isCounted, meaningOfCounted } from './counted-kinds.ts';
import type { CountedSli, Sli } from './sli.ts';
import { meaningOf } from './sli-kinds.ts';

/**
 * A short stable name for what an SLI selects: SLOs that select the same share counters, and changing an
 * objective, window or alert keeps the history, while changing the selection starts a new one (J5).
 */
export function fingerprint(sli: Sli | CountedSli): string {
  const meaning = isCounted(sli) ? meaningOfCounted(sli) : meaningOf(sli);
  return hash53(JSON.stringify(meaning)).toString(36);
}
