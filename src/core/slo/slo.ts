import type { AlertPolicy, BudgetPolicy } from './alert-policy.ts';
import type { Dependency } from './dependency.ts';
import type { OnCallSchedule } from './on-call.ts';
import type { QuietHours } from './quiet-hours.ts';
import type { Objective } from '../budget/objective.ts';
import type { ReportSchedule } from './report-schedule.ts';
import type { Sli } from '../sli/sli.ts';
import type { WorkflowMap } from './workflow-map.ts';
import type { WorkflowMapping } from './mapping-rules.ts';
import type { TimeWindow } from '../time/time-window.ts';

/** One service level objective of one workflow, ready to be counted and judged. */
export interface Slo {
  /** `workflow/name`, unique. */
  readonly id: string;
  readonly workflow: string;
  readonly name: string;
  readonly description: string | null;
  /** The team that owns the workflow. */
  readonly owner: string;
  readonly runbook: string | null;
  /** What its file says of it for silences and people, with what it says of the whole workflow; absent: nothing. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly objective: Objective;
  /** Alerts are about this window. */
  readonly window: TimeWindow;
  /** Windows the same promise is also reported over. */
  readonly otherWindows: readonly TimeWindow[];
  readonly sli: Sli;
  readonly fingerprint: string;
  readonly alerts: AlertPolicy;
  readonly budgetPolicy: BudgetPolicy | null;
  /** The attribute of which each value gets an SLO of its own while running, see `createEachValue`; absent: none. */
  readonly each?: string;
  /** Of such an SLO: what it is of. */
  readonly value?: SloOfValue;
  /** Where it was written, `file:line`, for messages. */
  readonly source: string;
}

/** One value of an attribute, and the id of the SLO whose promise is kept for it. */
export interface SloOfValue {
  readonly whole: string;
  readonly attribute: string;
  readonly value: string;
}

/** What is run: its owner, its map and its SLOs. */
export interface Workflow extends WorkflowMap {
  readonly name: string;
  readonly owner: string;
  readonly runbook: string | null;
  /** The attributes whose values are told apart among its outcomes. */
  readonly breakdown: readonly string[];
  readonly slos: readonly Slo[];
  /** How it is told from spans and metrics; absent where its file says nothing of it. */
  readonly mapping?: WorkflowMapping;
}

/** Where the notifications of a team go, by severity, as names of targets. */
export interface Team {
  readonly name: string;
  readonly page: readonly string[];
  readonly ticket: readonly string[];
  /** Used at once when one of the others refuses permanently. */
  readonly fallback: readonly string[];
  /** The time zone its notifications write times in, such as `Europe/Berlin`; null: UTC. */
  readonly timeZone: string | null;
  /** The reports of its weeks and months that are sent; absent: none. */
  readonly reports?: ReportSchedule;
}

/** A place notifications can be sent to, as configured; secrets are already filled in. `quiet`: when what can wait does; absent: never. */
export type TargetDefinition = AddressedTarget & { readonly quiet?: QuietHours };

type AddressedTarget =
  | { readonly kind: 'slack'; readonly name: string; readonly webhook: string }
  | SlackAppDefinition
  | { readonly kind: 'email'; readonly name: string; readonly to: readonly string[] }
  | WebhookDefinition
  | { readonly kind: 'pagerduty'; readonly name: string; readonly routingKey: string; readonly url: string }
  | { readonly kind: 'alertmanager'; readonly name: string; readonly urls: readonly string[] }
  | { readonly kind: 'opsgenie'; readonly name: string; readonly apiKey: string; readonly url: string }
  | { readonly kind: 'teams'; readonly name: string; readonly webhook: string }
  | { readonly kind: 'discord'; readonly name: string; readonly webhook: string }
  | TelegramDefinition
  | NtfyDefinition
  | { readonly kind: 'log'; readonly name: string };

interface SlackAppDefinition {
  readonly kind: 'slackApp';
  readonly name: string;
  readonly botToken: string;
  /** The id of a channel. */
  readonly channel: string;
  /** What Slack signs with what was pressed; null: messages have no buttons that do something. */
  readonly signingSecret: string | null;
  readonly url: string;
}

interface WebhookDefinition {
  readonly kind: 'webhook';
  readonly name: string;
  readonly url: string;
  /** What requests are signed with; null when they are not. */
  readonly secret: string | null;
}

interface TelegramDefinition {
  readonly kind: 'telegram';
  readonly name: string;
  readonly botToken: string;
  readonly chat: string;
  /** The topic of a forum; null for none. */
  readonly topic: number | null;
  readonly url: string;
}

interface NtfyDefinition {
  readonly kind: 'ntfy';
  readonly name: string;
  readonly url: string;
  readonly topic: string;
  /** Null where no access token is needed. */
  readonly token: string | null;
}

/** The definition of a target of a kind. */
export type TargetOf<K extends TargetDefinition['kind']> = Extract<TargetDefinition, { kind: K }>;

/** Everything the SLO files say, whole and consistent; replaced as one when they change. */
export interface Definitions {
  readonly workflows: ReadonlyMap<string, Workflow>;
  readonly teams: ReadonlyMap<string, Team>;
  readonly targets: ReadonlyMap<string, TargetDefinition>;
  /** Names that stand for the targets of who is on call, see `targetsAt`; no target has one of them. */
  readonly onCall: ReadonlyMap<string, OnCallSchedule>;
  /** The dependencies of which something was promised. */
  readonly dependencies: ReadonlyMap<string, Dependency>;
  /** The reports of all teams that are sent; absent: none. */
  readonly reports?: ReportSchedule & {
    /** Of every report of all teams, sent or asked for; null: UTC. */
    readonly timeZone: string | null;
  };
}

const slosOf = new WeakMap<Definitions['workflows'], readonly Slo[]>();

/** All SLOs of all workflows, in the order they were written; put together once, since definitions never change. */
export function allSlos({ workflows }: Pick<Definitions, 'workflows'>): readonly Slo[] {
  let slos = slosOf.get(workflows);
  if (!slos) slosOf.set(workflows, (slos = [...workflows.values()].flatMap((workflow) => workflow.slos)));
  return slos;
}
