import { DEFAULT_POLICY_SETTINGS, defaultTiers } from '../../src/core/slo/alert-policy.ts';
import type { AlertPolicy } from '../../src/core/slo/alert-policy.ts';
import type { Objective } from '../../src/core/budget/objective.ts';
import { parseObjective } from '../../src/core/budget/objective.ts';
import type { OutcomeSli, Sli } from '../../src/core/sli/sli.ts';
import { fingerprint } from '../../src/core/sli/fingerprint.ts';
import { attributesOf } from '../../src/core/slo/each-value.ts';
import type { Dependency } from '../../src/core/slo/dependency.ts';
import type { OnCallSchedule } from '../../src/core/slo/on-call.ts';
import type { Definitions, Slo, TargetDefinition, Team, Workflow } from '../../src/core/slo/slo.ts';
import { NO_MAP } from '../../src/core/slo/workflow-map.ts';
import { parseDuration } from '../../src/core/time/duration.ts';

export interface SloSketch {
  readonly workflow?: string;
  readonly name?: string;
  readonly owner?: string;
  readonly objective?: string;
  readonly window?: string;
  /** A part of an outcome SLI, or a whole one of another kind. */
  readonly sli?: Partial<Omit<OutcomeSli, 'kind'>> | Sli;
  readonly alerts?: Partial<AlertPolicy>;
  readonly each?: string;
}

export function objective(text: string): Objective {
  const parsed = parseObjective(text);
  if (!parsed) throw new Error(`${text} is not an objective`);
  return parsed;
}

/** An SLO as a file would define it, with the default alert policy of its objective and window. */
export function defineSlo(sketch: SloSketch = {}): Slo {
  const { workflow = 'orders', name = 'done', owner = 'payments', window = '28d' } = sketch;
  const goal = objective(sketch.objective ?? '99%');
  const duration = parseDuration(window)!;
  const sli: Sli =
    sketch.sli && 'kind' in sketch.sli
      ? sketch.sli
      : {
          kind: 'outcomes',
          step: null,
          dependency: null,
          where: {},
          withinMs: null,
          from: 'started',
          per: 'execution',
          good: 'succeeded',
          ...sketch.sli,
        };
  return {
    id: `${workflow}/${name}`,
    workflow,
    name,
    description: null,
    owner,
    runbook: null,
    objective: goal,
    window: { kind: 'rolling', duration, text: window },
    otherWindows: [],
    sli,
    fingerprint: fingerprint(sli),
    alerts: {
      ...DEFAULT_POLICY_SETTINGS,
      tiers: defaultTiers(goal, duration),
      ...sketch.alerts,
    },
    budgetPolicy: null,
    ...(sketch.each !== undefined && { each: sketch.each }),
    source: 'test.yaml:1',
  };
}

/** A team that is paged at `pager` and gets its tickets at `inbox`, with `mail` to fall back on. */
export const PAYMENTS: Team = {
  name: 'payments',
  page: ['pager'],
  ticket: ['inbox'],
  fallback: ['mail'],
  timeZone: null,
};

/** A dependency as a file would declare it. */
export function defineDependency(name: string, sla = '99.5%', fields: Partial<Dependency> = {}): Dependency {
  return { name, sla: objective(sla), owner: null, status: null, source: 'test.yaml:1', ...fields };
}

/** Definitions that hold these SLOs, teams, and a target of each name the teams use. */
export function define(
  slos: readonly Slo[],
  teams: readonly Team[] = [PAYMENTS],
  dependencies: readonly Dependency[] = [],
  breakdown: readonly string[] = [],
  onCall: readonly OnCallSchedule[] = [],
): Definitions {
  const workflows = new Map<string, Workflow>();
  for (const slo of slos) {
    const { workflow: name, owner } = slo;
    const others = workflows.get(name)?.slos ?? [];
    const own = [...others, slo];
    const told = [...new Set([...breakdown, ...attributesOf(own)])];
    workflows.set(name, { ...NO_MAP, name, owner, runbook: null, breakdown: told, slos: own });
  }
  const schedules = new Map(onCall.map((schedule) => [schedule.name, schedule]));
  const names = [
    ...teams.flatMap(({ page, ticket, fallback }) => [...page, ...ticket, ...fallback]),
    ...onCall.flatMap(({ people }) => people.flatMap(({ targets }) => targets)),
  ].filter((name) => !schedules.has(name));
  return {
    workflows,
    teams: new Map(teams.map((team) => [team.name, team])),
    targets: new Map(names.map((name): [string, TargetDefinition] => [name, { kind: 'log', name }])),
    onCall: schedules,
    dependencies: new Map(dependencies.map((dependency) => [dependency.name, dependency])),
  };
}
