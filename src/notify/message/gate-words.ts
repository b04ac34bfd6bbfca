import type { NotificationFacts } from '../../core/alerting/notification.ts';
import type { Field, Phrase } from './phrase.ts';
import { timesOf } from './times.ts';
import { oneLine, plainName } from './wording.ts';

/** That the gate was overridden, as the line that people see first. */
export function gateInBrief(facts: NotificationFacts): string {
  const { gate } = facts;
  if (!gate) return 'GATE OVERRIDDEN';
  const name = plainName(gate.workflow ?? gate.team ?? '', 60);
  const until = timesOf(facts).at(gate.until);
  return oneLine(`GATE OVERRIDDEN ${name}: deploys pass until ${until}, by ${plainName(gate.by, 60)}`, 300);
}

/** Whose changes go out whatever the budget says, until when, and who says so. */
export function gateSentence(facts: NotificationFacts): Phrase {
  const { gate } = facts;
  if (!gate) return ['The gate for deploys was overridden.'];
  const { workflow, team, by, until } = gate;
  const whose: Phrase =
    workflow === null
      ? ['all workflows of ', { name: plainName(team ?? '', 100) }]
      : [{ name: plainName(workflow, 128) }];
  return [
    { name: plainName(by, 100) },
    ' lets deploys of ',
    ...whose,
    ` pass until ${timesOf(facts).at(until)}, whatever their error budgets and open pages say.`,
  ];
}

export function gateFields({ gate, owner }: NotificationFacts): Field[] {
  const whose: Field = { label: 'Owner', value: [{ name: plainName(owner, 100) }] };
  return gate ? [{ label: 'Why', value: [{ name: plainName(gate.reason, 500) }] }, whose] : [whose];
}
