import type { DefinitionChange } from '../../core/alerting/definition-history.ts';
import { upgradeDefinition } from '../../core/alerting/stored-definition.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { SECOND } from '../../core/time/duration.ts';

/** All histories lie together, so that they are read once for all who ask in so long. */
const SHARED_FOR = 5 * SECOND;

type Histories = ReadonlyMap<string, readonly DefinitionChange[]>;

/** Makes what gives the changes of the definition of an SLO, the latest first; none where none are known. */
export function createDefinitionChanges(
  store: Pick<RecordStore, 'records'>,
  elapsed: () => number,
): (slo: string) => Promise<readonly DefinitionChange[]> {
  let shared: { readonly histories: Promise<Histories>; readonly until: number } | null = null;

  async function read(): Promise<Histories> {
    const known = (await store.records('definitions')).flatMap(({ value }) => upgradeDefinition(value) ?? []);
    return new Map(known.map(({ slo, changes }) => [slo, changes]));
  }

  return async (slo) => {
    if (!shared || elapsed() >= shared.until) {
      const mine = { histories: read(), until: elapsed() + SHARED_FOR };
      shared = mine;
      // Whoever asks next is to find it back.
      mine.histories.catch(() => (shared === mine ? (shared = null) : null));
    }
    return (await shared.histories).get(slo) ?? [];
  };
}

/** What a chart says of a change: which fields, at most three of them. */
export function changeInBrief({ fields }: Pick<DefinitionChange, 'fields'>): string {
  const names = fields.slice(0, 3).map(({ field }) => field);
  const more = fields.length > 3 ? `, ${fields.length - 3} more` : '';
  return `definition: ${names.join(', ')}${more}`;
}
