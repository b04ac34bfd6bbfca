import type { MissedRun, NotificationFacts } from '../../core/alerting/notification.ts';
import { formatCount, formatSpan, formatWindow } from '../../core/words/figures.ts';
import { parseDuration } from '../../core/time/duration.ts';
import type { Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import { plainName } from './wording.ts';

/** What did not come, in the words of those who wait for it. */
export interface MissedWords {
  /** After the SLO's name: `the 01:30 run never started`. */
  readonly headline: string;
  readonly sentence: Phrase;
}

/** The words for a run of a schedule that did not come, or a success that is due; null for what fails in other ways. */
export function missedWords(facts: NotificationFacts): MissedWords | null {
  const { sli, missedRun, failing } = facts;
  if (sli.kind === 'schedule' && missedRun) return missedRunWords(facts, missedRun);
  // A minute is bad once the last success is that long ago.
  if (sli.kind === 'freshness' && failing) return staleWords(facts, failing.since - sli.everyMs, sli.everyMs);
  return null;
}

function missedRunWords(facts: NotificationFacts, run: MissedRun): MissedWords {
  const times = timesOf(facts);
  const { tick, missed, started, startBy, finishBy } = run;
  const name = `the ${times.at(tick)} run`;
  const done = `done by ${times.at(finishBy)}`;
  const misses = missesIn(facts);
  if (missed === 'finish') {
    const what = `${name} did not succeed in time`;
    return { headline: what, sentence: [`${name} had not succeeded by ${times.at(finishBy)}. ${misses}`] };
  }
  const notStarted = facts.at < finishBy ? 'has not started' : 'never started';
  const what = `${name} ${started === true ? 'started late' : notStarted}`;
  const due = startBy === null ? `due ${done}` : `due to start by ${times.at(startBy)} and ${done}`;
  return { headline: what, sentence: [`${what}; ${due}. ${misses}`] };
}

/** `First miss in 28 days.` */
function missesIn({ budget: { spent }, window }: NotificationFacts): string {
  const length = parseDuration(window);
  const within = length === null ? `this ${plainName(window, 40)}` : formatWindow(length);
  return spent <= 1 ? `First miss in ${within}.` : `${formatCount(spent)} misses in ${within}.`;
}

function staleWords(facts: NotificationFacts, lastAt: number, everyMs: number): MissedWords {
  const silent = `no success for ${formatSpan(facts.at - lastAt)}`;
  const last = `the last at ${timesOf(facts).at(lastAt)}`;
  return {
    headline: silent,
    sentence: [`${silent}, ${last}; one is due every ${formatWindow(everyMs)}.`],
  };
}
