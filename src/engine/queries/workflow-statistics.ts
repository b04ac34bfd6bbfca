import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { WindowStatistics, WorkflowStatistics } from '../../core/ports/workflow-statistics.ts';
import type { SubjectCounts } from '../../core/ports/store/statistics.ts';
import { MAX_COUNTED_STEPS } from '../../core/ports/store/statistics.ts';
import type { Store } from '../../core/ports/store/store.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { refuse } from '../../core/ports/refused.ts';
import type { Workflow } from '../../core/slo/slo.ts';
import { addCounts, statisticsOf } from '../../core/statistics/outcome-counts.ts';
import type { OutcomeCounts } from '../../core/statistics/outcome-counts.ts';
import { LONGEST_STATISTIC_WINDOW, cellsOfWindow } from '../../core/statistics/statistic-cells.ts';
import type { StatisticCell } from '../../core/statistics/statistic-cells.ts';
import { DAY, HOUR, MINUTE, formatDuration, parseDuration } from '../../core/time/duration.ts';

/** The windows that are reported when none is asked for. */
const WINDOWS = [5 * MINUTE, HOUR, DAY, 7 * DAY, 28 * DAY];
/** Numbers added up before others get a turn of the event loop (G2). */
const PER_TURN = 50_000;

/** The length of a window as it is asked for, null for the usual ones. */
export function parseWindows(text: string | null): readonly number[] | Refused {
  if (text === null) return WINDOWS;
  const window = parseDuration(text);
  return window !== null && window >= MINUTE && window <= LONGEST_STATISTIC_WINDOW
    ? [window]
    : refuse('invalid', `window must be from 1m to ${formatDuration(LONGEST_STATISTIC_WINDOW)}, such as 1h.`);
}

/** What became of the executions and steps of a workflow, as far as it can be read while a part of the store is away. */
export async function readStatistics(
  store: Store,
  { name, steps }: Pick<Workflow, 'name' | 'steps'>,
  lengths: readonly number[],
  now: number,
): Promise<WorkflowStatistics> {
  const windows = lengths.map((length) => ({ length, ...cellsOfWindow(length, now) }));
  const cells = new Map(windows.flatMap((window) => window.cells).map((cell) => [nameOf(cell), cell]));
  const [away, found] = await Promise.all([
    store.partitionsAway([name]),
    store.readStatistics(name, [...cells.values()]),
  ]);
  const counted = new Map([...cells.keys()].map((key, index) => [key, found[index]!]));
  const reports: WindowStatistics[] = [];
  const takeTurns = turns();
  for (const { length, from, cells: own } of windows) {
    const subjects = await addUp(
      own.flatMap((cell) => counted.get(nameOf(cell))!),
      takeTurns,
    );
    reports.push({ window: length, from, ...reportOf(subjects, steps) });
  }
  return { readShare: 1 - away.length / store.partitions, windows: reports };
}

function nameOf({ span, index }: StatisticCell): string {
  return `${span} ${index}`;
}

interface Subjects {
  readonly endToEnd: Map<number, number>;
  readonly others: Map<number, number>;
  readonly steps: Map<string, Map<number, number>>;
}

/** Lets others have a turn whenever so many numbers were added up since the last one. */
function turns(): (added: number) => Promise<void> | null {
  let since = 0;
  return (added) => {
    since += added;
    if (since < PER_TURN) return null;
    since = 0;
    return yieldToEventLoop();
  };
}

async function addUp(
  found: readonly SubjectCounts[],
  takeTurns: ReturnType<typeof turns>,
): Promise<Subjects> {
  const subjects: Subjects = { endToEnd: new Map(), others: new Map(), steps: new Map() };
  for (const { of, counts } of found) {
    addCounts(countsIn(subjects, of), counts);
    const turn = takeTurns(counts.size);
    if (turn) await turn;
  }
  return subjects;
}

function countsIn({ endToEnd, others, steps }: Subjects, of: SubjectCounts['of']): Map<number, number> {
  if (of.kind === 'execution') return endToEnd;
  if (of.kind === 'others') return others;
  let counts = steps.get(of.step);
  if (!counts) steps.set(of.step, (counts = new Map()));
  return counts;
}

/** Steps of the map in its order, then those that were tried most; what exceeds the bound is put to the others. */
function reportOf(
  { endToEnd, others, steps }: Subjects,
  map: readonly string[],
): Omit<WindowStatistics, 'window' | 'from'> {
  const reported = (step: string, counts: OutcomeCounts) => ({ step, ...statisticsOf(counts) });
  const drawn = map.map((step) => reported(step, steps.get(step) ?? new Map()));
  const rest = [...steps]
    .filter(([step]) => !map.includes(step))
    .map(([step, counts]) => ({ counts, report: reported(step, counts) }))
    .toSorted((one, other) => other.report.attempts - one.report.attempts);
  const kept = rest.slice(0, MAX_COUNTED_STEPS);
  for (const { counts } of rest.slice(MAX_COUNTED_STEPS)) addCounts(others, counts);
  return {
    endToEnd: statisticsOf(endToEnd),
    steps: [...drawn, ...kept.map(({ report }) => report)],
    others: others.size === 0 ? null : statisticsOf(others),
  };
}
