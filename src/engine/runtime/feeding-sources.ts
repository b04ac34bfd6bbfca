import type { Source } from '../../core/ports/sources.ts';
import type { Definitions } from '../../core/slo/slo.ts';

/** Gives the names of the sources that can feed a workflow; asked of every workflow at every tick. */
export function createFeedingSources(
  sources: readonly Pick<Source, 'feeds' | 'status'>[],
  definitions: () => Definitions,
): (workflow: string) => readonly string[] {
  const named = sources.map((source) => ({ source, name: source.status().name }));
  let of: Definitions | null = null;
  let known = new Map<string, readonly string[]>();
  return (workflow) => {
    const current = definitions();
    if (of !== current) known = new Map();
    of = current;
    let found = known.get(workflow);
    if (!found) {
      const owner = current.workflows.get(workflow)?.owner ?? null;
      const feeding = named.filter(({ source }) => source.feeds({ workflow, owner }));
      known.set(workflow, (found = feeding.map(({ name }) => name)));
    }
    return found;
  };
}
