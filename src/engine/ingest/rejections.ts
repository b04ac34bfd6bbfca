import { createLineLimit } from '../../core/ports/limited-log.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Rejections } from '../../core/ports/rejections.ts';
import { MINUTE } from '../../core/time/duration.ts';
import { nearest } from '../../core/words/suggestion.ts';

export interface RejectionsOptions {
  /** The names of the loaded workflows. */
  readonly workflows: () => Iterable<string>;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** Of so many workflows and codes; past them the one that was met longest ago is forgotten. */
const MAX_KINDS = 500;
const MINUTES = 60;

interface Kind {
  readonly workflow: string | null;
  readonly code: string;
  message: string;
  /** By minute of the hour, in a ring. */
  readonly counts: Uint32Array;
  /** The latest minute that `counts` holds. */
  minute: number;
}

export function createRejections({ workflows, elapsed, log }: RejectionsOptions): Rejections {
  const kinds = new Map<string, Kind>();
  const lineOf = createLineLimit(elapsed);

  /** Brings a ring up to this minute: what is older than an hour is no longer in it. */
  function turn(kind: Kind, minute: number): void {
    if (minute - kind.minute >= MINUTES) kind.counts.fill(0);
    else for (let each = kind.minute + 1; each <= minute; each++) kind.counts[each % MINUTES] = 0;
    kind.minute = minute;
  }

  return {
    note({ workflow, code, message }, { name, address }) {
      const key = `${code} ${workflow}`;
      const minute = Math.floor(elapsed() / MINUTE);
      let kind = kinds.get(key);
      if (kind) kinds.delete(key);
      else {
        if (kinds.size >= MAX_KINDS) kinds.delete(kinds.keys().next().value!);
        kind = { workflow, code, message, counts: new Uint32Array(MINUTES), minute };
      }
      kinds.set(key, kind);
      turn(kind, minute);
      kind.counts[minute % MINUTES]!++;
      kind.message = message;
      const omitted = lineOf(key);
      if (omitted === null) return;
      const meant =
        workflow !== null && code === 'unknown-workflow' ? nearest(workflow, workflows()) : undefined;
      log.warn(
        { workflow, code, message, token: name, address, ...(meant && { didYouMean: meant }), omitted },
        'a record was rejected',
      );
    },
    lastHour() {
      const minute = Math.floor(elapsed() / MINUTE);
      for (const [key, kind] of kinds) {
        turn(kind, minute);
        if (kind.counts.every((count) => count === 0)) kinds.delete(key);
      }
      return [...kinds.values()]
        .map(({ workflow, code, message, counts }) => ({
          workflow,
          code,
          message,
          count: counts.reduce((sum, count) => sum + count, 0),
        }))
        .toSorted((one, other) => other.count - one.count);
    },
  };
}
