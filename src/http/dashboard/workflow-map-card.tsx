import type { MapLevel, MapLine, MapNode } from '../../charts/workflow-map.ts';
import { workflowMap } from '../../charts/workflow-map.ts';
import type { PlaceReport, SloReport, WorkflowReport } from '../../core/ports/queries.ts';
import type { HandOverReport, SloPart } from '../../core/ports/workflow-parts.ts';
import type { WindowStatistics } from '../../core/ports/workflow-statistics.ts';
import { handOverName, handOverOf } from '../../core/sli/hand-over.ts';
import type { OutcomeStatistics } from '../../core/statistics/outcome-counts.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { formatCount, formatShare } from '../../core/words/figures.ts';
import { formatDepth } from './queue-card.tsx';
import { sloPath } from './slo-rows.tsx';
import { durationText, stepAnchor } from './statistics-card.tsx';
import type { Markup } from './markup.ts';
import { Raw, h } from './markup.ts';

/** What a picture may have; of more, only the tables can be read. */
const MAX_NODES = 120;
const MAX_LINES = 240;

type Line = MapNode['lines'][number];

/** The workflow as a picture: its steps in their order, and how it goes in each, between them, in its queues and in what it calls. */
export function workflowMapCard(
  workflow: WorkflowReport,
  window: WindowStatistics | undefined,
  slos: readonly SloReport[],
  base: string,
): Markup | null {
  const drawn = mapOf(workflow, window, slos, base);
  if (drawn.nodes.length < 2) return null;
  const isTooLarge = drawn.nodes.length > MAX_NODES || drawn.lines.length > MAX_LINES;
  const label = `Map of ${workflow.workflow}`;
  const draw = (id: string, perRow: number): string =>
    workflowMap(drawn.nodes, drawn.lines, { id, label, perRow });
  return (
    <section class="card" aria-label="Map">
      <header>
        <h2>Map</h2>
        <p>
          each box leads to its SLO, or to its numbers below
          {window ? <>; shares and durations of the last {formatDuration(window.window)}</> : null}
        </p>
      </header>
      {isTooLarge ? (
        <p class="quiet">
          {formatCount(drawn.nodes.length)} parts are too many for a picture; the tables below have them all.
        </p>
      ) : (
        <>
          <div class="wide-chart map">
            <Raw markup={draw('map', 4)} />
          </div>
          <div class="narrow-chart map">
            <Raw markup={draw('map-narrow', 1)} />
          </div>
        </>
      )}
    </section>
  );
}

interface DrawnMap {
  readonly nodes: readonly MapNode[];
  readonly lines: readonly MapLine[];
}

function mapOf(
  workflow: WorkflowReport,
  window: WindowStatistics | undefined,
  slos: readonly SloReport[],
  base: string,
): DrawnMap {
  const { places, steps, after, unmapped, handOvers, calls, queues, parts } = workflow;
  const byId = new Map(slos.map((slo) => [slo.id, slo]));
  const aboutPart = (part: SloPart['part'], name: string | null): readonly SloReport[] =>
    parts
      .filter((one) => one.part === part && one.name === name)
      .flatMap(({ slo }) => byId.get(slo) ?? [])
      .toSorted((one, other) => URGENCY[one.alert] - URGENCY[other.alert]);
  const statistics = new Map((window?.steps ?? []).map((step, index) => [step.step, { step, index }]));
  const placeOf = (of: PlaceReport['of'], step: string | null): PlaceReport | undefined =>
    places.find((place) => place.of === of && place.step === step);
  const period = window ? formatDuration(window.window) : 'hour';
  const hrefOf = ([first]: readonly SloReport[], otherwise: string | null): string | null =>
    first ? `${base}${sloPath(first)}` : otherwise;

  /** Those of the map first; then what was only reported. */
  const names = new Set([
    ...steps,
    ...handOvers.flatMap(({ from, to }) => [from, to]),
    ...(window?.steps ?? []).filter(({ attempts }) => attempts > 0).map(({ step }) => step),
    ...places.flatMap(({ step }) => (step === null || handOverOf(step) ? [] : [step])),
    ...unmapped.map(({ step }) => step),
    ...calls.flatMap((call) => call.steps.map(({ step }) => step)),
  ]);
  const nodes: MapNode[] = [];
  const lines: MapLine[] = [];
  const add = (
    node: Omit<MapNode, 'level' | 'lines'>,
    about: readonly SloReport[],
    said: readonly Line[],
  ): void => {
    const all = [...alertLines(about), ...said];
    nodes.push({ ...node, lines: all, level: worst(all) });
  };

  const whole = aboutPart('execution', null);
  add({ id: WHOLE, kind: 'workflow', title: 'Executions', href: hrefOf(whole, '#statistics') }, whole, [
    ...outcomeLines(window?.endToEnd, period),
    ...placeLines(totalOf(places.filter(({ of }) => of === 'execution')), 'in flight'),
    ...placeLines(placeOf('execution', null), 'with no step yet'),
  ]);
  for (const name of names) {
    const known = statistics.get(name);
    const about = aboutPart('step', name);
    const isDrawn = steps.length === 0 || steps.includes(name);
    add(
      {
        id: stepId(name),
        kind: 'step',
        title: name,
        href: hrefOf(about, known ? `#${stepAnchor(known.index)}` : null),
      },
      about,
      [
        ...(isDrawn ? [] : [{ text: 'not in the map', level: 'warn' } as const]),
        ...outcomeLines(known?.step, period),
        ...stepPlaces(placeOf('step', name), placeOf('execution', name)),
      ],
    );
  }

  const transitions = new Map<string, HandOverReport[]>();
  for (const handOver of handOvers) {
    const name = handOverName(handOver);
    transitions.set(name, [...(transitions.get(name) ?? []), handOver]);
  }
  for (const [name, same] of transitions) {
    const { from, to } = same[0]!;
    const about = same.flatMap(({ slo }) => byId.get(slo) ?? []);
    add({ id: name, kind: 'hand-over', title: `to ${to}`, href: hrefOf(about, null) }, about, [
      ...same.flatMap(handOverLines),
      ...placeLines(placeOf('step', name), 'not taken yet'),
    ]);
    lines.push(
      { from: stepId(from), to: name, kind: 'order' },
      { from: name, to: stepId(to), kind: 'order' },
    );
  }
  for (const name of names) {
    const before = after[name] ?? [];
    for (const from of before)
      if (!transitions.has(handOverName({ from, to: name })))
        lines.push({ from: stepId(from), to: stepId(name), kind: 'order' });
    // Where the file draws no order, none is shown.
    if (before.length === 0 && steps.includes(name))
      lines.push({ from: WHOLE, to: stepId(name), kind: 'order' });
  }

  for (const { name, after: step, depth } of queues) {
    const about = aboutPart('measurement', name);
    add({ id: `queue ${name}`, kind: 'queue', title: name, href: hrefOf(about, '#queues') }, about, [
      depth === null
        ? { text: 'no reading', level: 'unknown' }
        : { text: `depth ${formatDepth(depth)}`, level: 'calm' },
    ]);
    if (step !== null) lines.push({ from: stepId(step), to: `queue ${name}`, kind: 'call' });
  }
  for (const { dependency, declared, lastHour, steps: callers } of calls) {
    const about = aboutPart('dependency', dependency);
    const id = `dependency ${dependency}`;
    const page = declared ? `${base}/dependencies/${encodeURIComponent(dependency)}` : null;
    add({ id, kind: 'dependency', title: dependency, href: page ?? hrefOf(about, null) }, about, [
      lastHour === null || lastHour.good + lastHour.bad === 0
        ? { text: 'calls are not counted', level: 'unknown' }
        : {
            text: `${formatShare(lastHour.good / (lastHour.good + lastHour.bad))} of ${formatCount(lastHour.good + lastHour.bad)} calls in 1h`,
            level: 'calm',
          },
      ...callers
        .filter(({ failed }) => failed > 0)
        .slice(0, 3)
        .map(({ step, failed }): Line => ({
          text: `${formatCount(failed)} failed in ${step}`,
          level: 'warn',
        })),
    ]);
    for (const { step } of callers) lines.push({ from: stepId(step), to: id, kind: 'call' });
  }
  return { nodes, lines };
}

const URGENCY = { page: 0, ticket: 1, none: 2 } as const;
const LEVELS: readonly MapLevel[] = ['bad', 'warn', 'calm'];
/** No step has such an id, see `stepId`. */
const WHOLE = 'workflow';

function stepId(name: string): string {
  return `step ${name}`;
}

function worst(lines: readonly Line[]): MapLevel {
  return LEVELS.find((level) => lines.some((line) => line.level === level)) ?? 'unknown';
}

function alertLines(slos: readonly SloReport[]): readonly Line[] {
  return slos.flatMap(({ alert, name }): Line[] => {
    if (alert === 'none') return [];
    return [
      alert === 'page' ? { text: `Page: ${name}`, level: 'bad' } : { text: `Ticket: ${name}`, level: 'warn' },
    ];
  });
}

function outcomeLines(statistics: OutcomeStatistics | undefined, period: string): readonly Line[] {
  if (!statistics || statistics.attempts === 0)
    return [{ text: `nothing ended in the last ${period}`, level: 'unknown' }];
  const { succeeded, failed, successRate, p50Ms, p95Ms, retryRate } = statistics;
  return [
    successRate === null
      ? { text: 'only cancelled or skipped', level: 'calm' }
      : {
          text: `${formatShare(successRate)} of ${formatCount(succeeded + failed)} succeeded`,
          level: 'calm',
        },
    ...(p50Ms === null
      ? []
      : [{ text: `p50 ${durationText(p50Ms)}, p95 ${durationText(p95Ms)}`, level: 'calm' } as const]),
    ...(retryRate === null || retryRate === 0
      ? []
      : [{ text: `${formatShare(retryRate)} of attempts are retries`, level: 'calm' } as const]),
  ];
}

function placeLines(
  place: Pick<PlaceReport, 'running' | 'overdue'> | undefined,
  where: string,
): readonly Line[] {
  if (!place || place.running === 0) return [];
  const { running, overdue } = place;
  return [
    { text: `${formatCount(running)} ${where}`, level: 'calm' },
    ...(overdue > 0 ? [{ text: `${formatCount(overdue)} of them overdue`, level: 'warn' } as const] : []),
  ];
}

/** What is in a step, and the executions that came no farther: more of them, where they wait for the next one. */
function stepPlaces(step: PlaceReport | undefined, executions: PlaceReport | undefined): readonly Line[] {
  const isSame = step?.running === executions?.running && step?.overdue === executions?.overdue;
  return [
    ...placeLines(step, 'in flight'),
    ...(isSame ? [] : placeLines(executions, 'executions got this far')),
  ];
}

function totalOf(places: readonly PlaceReport[]): Pick<PlaceReport, 'running' | 'overdue'> {
  return {
    running: places.reduce((sum, { running }) => sum + running, 0),
    overdue: places.reduce((sum, { overdue }) => sum + overdue, 0),
  };
}

function handOverLines({ within, lastHour }: HandOverReport): readonly Line[] {
  if (lastHour === null) return [{ text: 'cannot be read now', level: 'unknown' }];
  if (lastHour.good + lastHour.bad === 0) return [{ text: 'none in the last 1h', level: 'unknown' }];
  return [
    { text: `${formatCount(lastHour.good)} within ${within}`, level: 'calm' },
    ...(lastHour.bad === 0
      ? []
      : [{ text: `${formatCount(lastHour.bad)} late or lost in 1h`, level: 'warn' } as const]),
  ];
}

/** What was handed over from step to step, as the picture shows it. */
export function handOverCard(
  { handOvers, places }: Pick<WorkflowReport, 'handOvers' | 'places'>,
  slos: readonly SloReport[],
  base: string,
): Markup | null {
  if (handOvers.length === 0) return null;
  return (
    <section class="card" aria-label="Between steps">
      <header>
        <h2>Between steps</h2>
        <p>hand-overs of the last hour; those late or lost never reached the next step in time</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">From, to</th>
            <th scope="col">SLO</th>
            <th scope="col">In time</th>
            <th scope="col">Late or lost</th>
            <th scope="col">Not taken yet</th>
          </tr>
        </thead>
        <tbody>
          {handOvers.map((handOver) => {
            const { from, to, within, lastHour } = handOver;
            const slo = slos.find(({ id }) => id === handOver.slo);
            const place = places.find((one) => one.of === 'step' && one.step === handOverName(handOver));
            return (
              <tr>
                <th scope="row">
                  {from} → {to}
                </th>
                <td data-label="SLO">
                  {slo ? <a href={`${base}${sloPath(slo)}`}>{slo.name}</a> : '–'}
                  <small> within {within}</small>
                </td>
                <td data-label="In time">{lastHour ? formatCount(lastHour.good) : '–'}</td>
                <td data-label="Late or lost">
                  {lastHour === null ? (
                    '–'
                  ) : lastHour.bad > 0 ? (
                    <b class="alarm">{formatCount(lastHour.bad)}</b>
                  ) : (
                    '0'
                  )}
                </td>
                <td data-label="Not taken yet">
                  {formatCount(place?.running ?? 0)}
                  {place && place.overdue > 0 ? (
                    <b class="alarm">, {formatCount(place.overdue)} overdue</b>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
