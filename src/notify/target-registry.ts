import type { TargetDefinition } from '../core/slo/slo.ts';
import type { Target } from '../core/ports/target.ts';
import { createTarget } from './target-kinds.ts';
import type { TargetOptions } from './target-kinds.ts';

/** The active targets, by name. */
export interface Targets {
  readonly get: (name: string) => Target | null;
  readonly all: () => readonly Target[];
  /** Makes the targets of new definitions; one whose definition did not change goes on as it is. */
  replace(definitions: ReadonlyMap<string, TargetDefinition>): Promise<void>;
  close(): Promise<void>;
}

export function createTargets(options: TargetOptions): Targets {
  let live = new Map<string, { readonly definition: string; readonly target: Target }>();
  return {
    get: (name) => live.get(name)?.target ?? null,
    all: () => [...live.values()].map(({ target }) => target),
    async replace(definitions) {
      const before = live;
      live = new Map(
        [...definitions].map(([name, definition]) => {
          const text = JSON.stringify(definition);
          const same = before.get(name);
          return [
            name,
            same?.definition === text
              ? same
              : { definition: text, target: createTarget(definition, options) },
          ];
        }),
      );
      const kept = new Set([...live.values()].map(({ target }) => target));
      await Promise.all(
        [...before.values()].filter(({ target }) => !kept.has(target)).map(({ target }) => target.close()),
      );
    },
    async close() {
      await Promise.all([...live.values()].map(({ target }) => target.close()));
    },
  };
}
