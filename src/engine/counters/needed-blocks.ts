import type { Resolution, Span } from '../../core/counters/cells.ts';
import { cellOf, spansOfWindow } from '../../core/counters/cells.ts';
import { minuteOf } from '../../core/time/duration.ts';
import { blockCode } from './cached-cells.ts';

/**
 * Cells that are wanted: the window lengths (milliseconds) that will be summed. Those who share one array of windows cost less than
 * those with an array of their own.
 */
export interface WantedCells {
  readonly windows: readonly number[];
  /** Hours (since the epoch) whose minutes are wanted as well. */
  readonly minutesOf?: readonly number[];
  /** The first and the last of hours that are wanted as well. */
  readonly hours?: readonly [first: number, last: number];
}

/** A block that some windows need. */
export interface Needed {
  readonly code: number;
  readonly resolution: Resolution;
  readonly block: number;
}

/** Works out which blocks windows lie in. */
export interface NeededBlocks {
  /** The cells of a window of a length that ends at `now`. */
  spansOf(window: number, now: number): readonly Span[];
  /** Every block that a request asks for. */
  neededFor(request: WantedCells, now: number): readonly Needed[];
}

export function createNeededBlocks(): NeededBlocks {
  let spansMinute = 0;
  const spansByWindow = new Map<number, readonly Span[]>();
  const neededByWindows = new Map<readonly number[], readonly Needed[]>();

  /** Thousands of SLOs share a handful of window lengths, and what they need changes once a minute. */
  function forgetOtherMinutes(now: number): void {
    if (minuteOf(now) === spansMinute) return;
    spansMinute = minuteOf(now);
    spansByWindow.clear();
    neededByWindows.clear();
  }

  function spansOf(window: number, now: number): readonly Span[] {
    forgetOtherMinutes(now);
    let spans = spansByWindow.get(window);
    if (!spans) spansByWindow.set(window, (spans = spansOfWindow(window, now)));
    return spans;
  }

  function ofWindows(windows: readonly number[], now: number): readonly Needed[] {
    forgetOtherMinutes(now);
    let needed = neededByWindows.get(windows);
    if (!needed) {
      const byCode = new Map<number, Needed>();
      for (const window of windows) {
        for (const { resolution, block } of spansOf(window, now)) {
          const code = blockCode(resolution, block);
          byCode.set(code, { code, resolution, block });
        }
      }
      neededByWindows.set(windows, (needed = [...byCode.values()]));
    }
    return needed;
  }

  return {
    spansOf,
    neededFor(request, now) {
      const byWindows = ofWindows(request.windows, now);
      const byHours = neededByHours(request);
      return byHours.length === 0 ? byWindows : [...byWindows, ...byHours];
    },
  };
}

/** The blocks of hours that were asked for by themselves. */
function neededByHours({ minutesOf = [], hours }: WantedCells): Needed[] {
  const needed = minutesOf.map((block) => ({
    code: blockCode('minute', block),
    resolution: 'minute' as const,
    block,
  }));
  if (!hours) return needed;
  const [first, last] = hours.map((hour) => cellOf('hour', hour * 60).block) as [number, number];
  const blocks = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return [
    ...needed,
    ...blocks.map((block) => ({ code: blockCode('hour', block), resolution: 'hour' as const, block })),
  ];
}
