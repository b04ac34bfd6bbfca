import type { Definitions, TargetDefinition, Team } from '../core/slo/slo.ts';
import { PAGERDUTY } from './inbox.ts';

/** Sends what every team would get to a Slack channel, a mailbox and, of pages, a PagerDuty service of its own, and to the terminal. */
export function withDemoTargets(definitions: Definitions): Definitions {
  const terminal: TargetDefinition = { kind: 'log', name: 'terminal' };
  // Those that policies escalate to stay as they are, as long as they only write to the terminal.
  const logs = [...definitions.targets].filter(([, { kind }]) => kind === 'log');
  const targets = new Map<string, TargetDefinition>([...logs, [terminal.name, terminal]]);
  const teams = new Map<string, Team>();
  for (const name of definitions.teams.keys()) {
    // Names under .invalid never resolve: even by mistake nothing could be sent there.
    const slack: TargetDefinition = {
      kind: 'slack',
      name: `${name}-oncall`,
      webhook: `https://slack.invalid/services/${name}-oncall`,
    };
    const mail: TargetDefinition = { kind: 'email', name: `${name}-mail`, to: [`${name}@mail.invalid`] };
    const pager: TargetDefinition = {
      kind: 'pagerduty',
      name: `${name}-pager`,
      routingKey: `${name}-pager`,
      url: `https://${PAGERDUTY}`,
    };
    targets.set(slack.name, slack).set(mail.name, mail).set(pager.name, pager);
    const route = [slack.name, mail.name, terminal.name];
    teams.set(name, { name, page: [...route, pager.name], ticket: route, fallback: [], timeZone: null });
  }
  const { reports: _, ...others } = definitions;
  return { ...others, teams, targets };
}
