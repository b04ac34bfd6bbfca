import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseObjective } from '../core/budget/objective.ts';
import type { References } from '../core/ports/references.ts';
import type { Slo } from '../core/slo/slo.ts';
import { allSlos } from '../core/slo/slo.ts';
import { formatDuration, parseDuration } from '../core/time/duration.ts';
import { formatSpan } from '../core/words/figures.ts';
import { countingDelay } from '../slo-files/check/counting-delay.ts';
import { detectionsOf, outageDetection } from '../slo-files/check/detection.ts';
import { runWords } from '../slo-files/check/tier-checks.ts';
import type { Loaded } from '../slo-files/load.ts';
import { interpret } from '../slo-files/load.ts';
import { name as NAME } from '../slo-files/native/field-schemas.ts';
import { parseTraffic } from '../slo-files/native/traffic.ts';
import { formatProblem } from '../slo-files/yaml/problem.ts';
import { FIRST_SLO, firstSloFile } from './first-slo-file.ts';
import type { FirstSlo } from './first-slo-file.ts';
import type { VerbAnswer } from './service-call.ts';

/** What is asked for, by the names of the flags. */
export type InitFlags = { readonly [Name in keyof typeof QUESTIONS]?: string };

/** Puts a question to whoever is there; null when no one answers any more. */
export type AskQuestion = (question: string) => Promise<string | null>;

interface Question {
  readonly text: string;
  /** What an empty answer is; null: it must be answered. */
  readonly fallback: string | null;
  /** What is wrong with an answer; null: nothing. */
  readonly wrong: (answer: string) => string | null;
}

const isName = (text: string): boolean => NAME.safeParse(text).success;
const A_NAME = 'expected 1 to 128 characters of A-Z a-z 0-9 . _ : -';

/** In the order they are asked. */
export const QUESTIONS = {
  workflow: {
    text: 'What is the workflow called, as what runs it will report it (such as checkout)?',
    fallback: null,
    wrong: (answer) => (isName(answer) ? null : A_NAME),
  },
  owner: {
    text: 'Which team owns it?',
    fallback: null,
    wrong: (answer) => (isName(answer) ? null : A_NAME),
  },
  steps: {
    text: 'What are its steps, in their order, with commas between them (such as reserve,charge,ship)?',
    fallback: null,
    wrong(answer) {
      const steps = stepsOf(answer);
      if (steps.length === 0) return 'expected at least one step';
      const bad = steps.find((step) => !isName(step));
      if (bad !== undefined) return `${JSON.stringify(bad)} is no name of a step: ${A_NAME}`;
      return new Set(steps).size < steps.length ? 'the same step stands there twice' : null;
    },
  },
  objective: {
    text: 'Which share of its executions has to be good?',
    fallback: '99%',
    wrong: (answer) => (parseObjective(answer) ? null : 'expected a share below 100%, such as 99% or 99.5%'),
  },
  within: {
    text: 'How long may a good one take at most (such as 10m; "any" when speed does not matter)?',
    fallback: 'any',
    wrong: (answer) =>
      answer === 'any' || (parseDuration(answer) ?? 0) > 0
        ? null
        : 'expected a duration such as 30s, 10m or 2h',
  },
  traffic: {
    text: 'How many are there (such as 60/minute, 10/hour or 1/day; "unknown" when you cannot say)?',
    fallback: 'unknown',
    wrong: (answer) =>
      answer === 'unknown' || parseTraffic(answer) !== null
        ? null
        : 'expected 2/day, 10/hour, 30/minute or 100/s',
  },
} as const satisfies Readonly<Record<string, Question>>;

type Name = keyof typeof QUESTIONS;
const NAMES = Object.keys(QUESTIONS) as readonly Name[];
/** Whoever gives so many wrong answers has to begin again. */
const MOST_TRIES = 5;

/**
 * Writes a first SLO file into a folder of its own, by flags and, where someone is there to answer (`ask`), by questions, and says what
 * it pages on. Nothing is written unless it would load, and nothing is overwritten.
 */
export async function initSlos(
  folder: string,
  flags: InitFlags,
  ask: AskQuestion | null,
  references: References,
): Promise<VerbAnswer> {
  const taken = await entriesOf(folder);
  if (taken.length > 0)
    return { ok: false, text: `${folder} is not empty; name a folder of its own: burnwatch init <folder>` };
  const answers = await answersOf(flags, ask);
  if (typeof answers === 'string') return { ok: false, text: answers };
  const first: FirstSlo = {
    workflow: answers.workflow,
    owner: answers.owner,
    steps: stepsOf(answers.steps),
    objective: answers.objective,
    within: answers.within === 'any' ? null : answers.within,
    traffic: answers.traffic === 'unknown' ? null : answers.traffic,
  };
  const text = firstSloFile(first);
  const path = join(folder, `${FIRST_SLO}.yaml`);
  const file = { file: path, bytes: Buffer.from(text) };
  const loaded = await interpret({ files: [file], folders: [] }, references);
  if (!loaded.definitions) return { ok: false, text: loaded.problems.map(formatProblem).join('\n') };
  await mkdir(folder, { recursive: true });
  // Another one may have come there in the meantime.
  await writeFile(path, text, { flag: 'wx' });
  const [slo] = allSlos(loaded.definitions);
  return { ok: true, text: explanation(path, folder, slo!, loaded) };
}

function stepsOf(answer: string): readonly string[] {
  return answer
    .split(',')
    .map((step) => step.trim())
    .filter((step) => step !== '');
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function answersOf(
  flags: InitFlags,
  ask: AskQuestion | null,
): Promise<Readonly<Record<Name, string>> | string> {
  const wrong = NAMES.flatMap((name) => {
    const given = flags[name]?.trim();
    const problem = given === undefined ? null : QUESTIONS[name].wrong(given);
    return problem === null ? [] : [`--${name} is ${JSON.stringify(given)}; ${problem}.`];
  });
  if (wrong.length > 0) return wrong.join('\n');
  const missing = NAMES.filter((name) => flags[name] === undefined && QUESTIONS[name].fallback === null);
  if (!ask && missing.length > 0)
    return `There is no terminal to ask on; say it by flags. Missing: ${missing.map((name) => `--${name}`).join(', ')}.`;
  const answers: Partial<Record<Name, string>> = {};
  for (const name of NAMES) {
    const { fallback } = QUESTIONS[name];
    const answer = flags[name]?.trim() ?? (ask ? await askUntilRight(name, ask) : fallback);
    if (answer === null) return 'Nothing was written: not all questions were answered.';
    answers[name] = answer;
  }
  return answers as Record<Name, string>;
}

async function askUntilRight(name: Name, ask: AskQuestion): Promise<string | null> {
  const { text, fallback, wrong }: Question = QUESTIONS[name];
  let prompt = fallback === null ? `${text} ` : `${text} [${fallback}] `;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const given = await ask(prompt);
    if (given === null) return null;
    const answer = given.trim() === '' ? (fallback ?? '') : given.trim();
    const problem = wrong(answer);
    if (problem === null) return answer;
    prompt = `${problem}: `;
  }
  return null;
}

/** What was written, what it pages on in plain words, and what to do next. */
function explanation(path: string, folder: string, slo: Slo, { traffic }: Loaded): string {
  const rate = traffic.get(slo.workflow) ?? null;
  const outage = outageDetection(slo, rate);
  const pages = detectionsOf(slo, rate).map(({ label, first, page }) => {
    const what = label === 'everything' ? 'everything fails' : `${label} of them fail`;
    // Without traffic it depends on how many there are.
    if (rate === null && label === 'everything' && outage)
      return `  ${what}: a page after ${runWords(outage)}`;
    if (page) return `  ${what}: a page after ${formatSpan(page.after)}`;
    return first
      ? `  ${what}: no page, a ticket after ${formatSpan(first.after)}`
      : `  ${what}: neither a page nor a ticket`;
  });
  const { workflow, name } = slo;
  const lag = countingDelay(slo.sli);
  const quoted = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;
  const report = (status: string): string =>
    [
      `  curl -H 'Content-Type: application/json' http://127.0.0.1:8080/v1/outcomes \\`,
      `    -d '${JSON.stringify({ workflow, execution: 'first', status })}'`,
    ].join('\n');
  return [
    `Wrote ${path}.`,
    '',
    `When executions of ${workflow} begin to fail from one moment to the next${rate === null ? ' (of one execution a second; set traffic to know better)' : ''}, and`,
    ...pages,
    ...(lag > 0
      ? [`That includes the ${formatDuration(lag)} after which an execution that never ends counts as bad.`]
      : []),
    '',
    'Next:',
    `  burnwatch check ${quoted}`,
    `  burnwatch serve --slos ${quoted}`,
    report('started'),
    report('succeeded'),
    `  curl http://127.0.0.1:8080/v1/slos/${workflow}/${name}`,
  ].join('\n');
}
