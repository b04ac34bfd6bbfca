import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { NotificationFacts } from '../core/alerting/notification.ts';
import { ABOUT_SERVICE } from '../core/alerting/notification.ts';
import { shiftAt, targetsAt } from '../core/slo/on-call.ts';
import type { Definitions, TargetDefinition } from '../core/slo/slo.ts';
import { SECOND } from '../core/time/duration.ts';
import { createTarget } from '../notify/target-kinds.ts';
import { loadDefinitions } from '../slo-files/load.ts';
import { formatProblem } from '../slo-files/yaml/problem.ts';

const TEST_TIMEOUT = 15 * SECOND;

/**
 * Sends a notification that is marked as a test to one target of the SLO files, or to those of who is on call by a schedule,
 * through the same adapter and settings as real ones, and says in a sentence each what became of it.
 */
export async function notifyTest(
  name: string,
  config: Config,
  clock: Clock,
  print: (text: string) => void,
): Promise<{ ok: boolean; text: string }> {
  const { definitions, problems } = await loadDefinitions([config.slos], config.references);
  if (!definitions) {
    const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    return { ok: false, text: ['The SLO files do not load:', ...errors].join('\n') };
  }
  const { targets, onCall } = definitions;
  const found = targetsAt(definitions, [name], clock.now()).flatMap((one) => targets.get(one) ?? []);
  if (found.length === 0) {
    const known = [...targets.keys(), ...onCall.keys()].join(', ') || 'none';
    return { ok: false, text: `There is no target ${name}; the SLO files define: ${known}.` };
  }
  const tried = [];
  for (const definition of found) tried.push(await tryOne(definition, definitions, config, clock, print));
  const schedule = onCall.get(name);
  const whose = schedule ? [`${shiftAt(schedule, clock.now()).person.name} is on call by ${name}.`] : [];
  return { ok: tried.every(({ ok }) => ok), text: [...whose, ...tried.map(({ text }) => text)].join('\n') };
}

async function tryOne(
  definition: TargetDefinition,
  definitions: Definitions,
  config: Config,
  clock: Clock,
  print: (text: string) => void,
): Promise<{ ok: boolean; text: string }> {
  const { name } = definition;
  const target = createTarget(definition, { ...config, clock, write: print });
  try {
    const facts = testFacts(definitions, name, clock.now());
    const delivery = await target.send(
      { facts: [facts], key: facts.incident },
      AbortSignal.timeout(TEST_TIMEOUT),
    );
    switch (delivery.result) {
      case 'delivered':
        return { ok: true, text: `Delivered a test notification to ${name} (${definition.kind}).` };
      case 'retry':
        return {
          ok: false,
          text: `Not delivered to ${name} (${definition.kind}), and worth another try: ${delivery.reason}.`,
        };
      case 'refused':
        return {
          ok: false,
          text: `${name} (${definition.kind}) refused it permanently: ${delivery.reason}.`,
        };
      default:
        return delivery satisfies never;
    }
  } finally {
    await target.close();
  }
}

/** Facts of an incident that never happened; the figures are round so that they are not taken for real ones. */
function testFacts(definitions: Definitions, target: string, now: number): NotificationFacts {
  const owner = [...definitions.teams.values()].find(({ page, ticket }) =>
    [...page, ...ticket].includes(target),
  );
  return {
    ...ABOUT_SERVICE,
    kind: 'test',
    slo: 'burnwatch/test',
    owner: owner?.name ?? 'no team',
    description: `A test of the target ${target}`,
    objective: 0.99,
    errorBudget: 0.01,
    window: '28d',
    incident: `test-${randomUUID()}`,
    severity: 'ticket',
    openedAt: now,
    at: now,
    timeZone: owner?.timeZone ?? null,
    notified: [target],
  };
}
