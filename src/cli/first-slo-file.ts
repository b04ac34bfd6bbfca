/** What a first SLO file says. */
export interface FirstSlo {
  readonly workflow: string;
  readonly owner: string;
  /** In their order. */
  readonly steps: readonly string[];
  /** As in the file: `99%`. */
  readonly objective: string;
  /** The longest time a good execution takes, `10m`; null: any. */
  readonly within: string | null;
  /** `60/minute`; null: not known. */
  readonly traffic: string | null;
}

/** The name of the file, without its suffix. */
export const FIRST_SLO = 'first-slo';

/** The text of a first SLO file: an owner, a map, one SLO, and one target for its alerts. */
export function firstSloFile({ workflow, owner, steps, objective, within, traffic }: FirstSlo): string {
  const name = within === null ? 'succeeds' : `done-in-${within}`;
  const promise = within === null ? 'succeed' : `succeed within ${within}`;
  const target = `${owner.slice(0, 118)}-terminal`;
  return `# The first SLO of ${workflow}. All that a file may say: docs/slo-files.md. When it alerts: burnwatch check

workflow: ${scalar(workflow)}
owner: ${scalar(owner)}
steps: [${steps.map(scalar).join(', ')}] # in the order they come in
${traffic === null ? '# traffic: 60/minute # how many to expect, so that `check` can say how soon alerts come' : `traffic: ${traffic} # how many to expect; check works out from it how soon alerts come`}
slos:
  ${scalar(name)}:
    description: ${scalar(`${objective} of the executions of ${workflow} ${promise}`)}
    objective: ${objective}
    window: 28d
    sli: ${within === null ? 'succeeded' : `{ within: ${within} }`}
    # Without \`alerts\` it has the usual ones: pages for what burns the budget fast, tickets for what burns it slowly.
---
teams:
  ${scalar(owner)}: { page: [${scalar(target)}], ticket: [${scalar(target)}] }
targets:
  ${scalar(target)}: { log: {} } # prints alerts; Slack, mail and more: docs/notifications.md
`;
}

/** What YAML would take for something else than the text that it is. */
const OTHER = /^(true|false|null|yes|no|on|off)$/i;

function scalar(text: string): string {
  return /^[A-Za-z][A-Za-z0-9._-]*$/.test(text) && !OTHER.test(text) ? text : JSON.stringify(text);
}
