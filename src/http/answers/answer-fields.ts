import type { DefinitionChange } from '../../core/alerting/definition-history.ts';
import type { AuditEntry, NotedEntry } from '../../core/ports/audit.ts';
import type { ChartData } from '../../core/ports/chart-data.ts';
import type { DeadLetterReport } from '../../core/ports/dead-letters.ts';
import type { ExecutionReport } from '../../core/ports/execution-report.ts';
import type { GateOverrideReport } from '../../core/ports/gate-override.ts';
import type { GateReport } from '../../core/ports/gate.ts';
import type { IncidentDetail, IncidentSummary } from '../../core/ports/incident-reports.ts';
import type { OnCallReport } from '../../core/ports/on-call.ts';
import type { DataLossReport } from '../../core/ports/operator.ts';
import type { NotificationReport } from '../../core/ports/outbox-reports.ts';
import type {
  AdjustmentReport,
  BudgetReport,
  DependencyDetail,
  DependencyReport,
  HistoryReport,
  Ratio,
  SloDetail,
  SloReport,
  WorkflowReport,
} from '../../core/ports/queries.ts';
import type { SilenceReport } from '../../core/ports/silences.ts';
import type { Annotation } from '../../core/ports/store/annotations.ts';
import type { WorkflowStatistics } from '../../core/ports/workflow-statistics.ts';
import type { FieldsOf } from './fields.ts';
import { NAMED, WHOLE } from './fields.ts';

// What can be chosen of each answer. A field that a report gets is asked for here by the compiler.

/** Fields that have none of their own. */
function wholes<Name extends string>(...names: readonly Name[]): { readonly [Each in Name]: typeof WHOLE } {
  return Object.fromEntries(names.map((name) => [name, WHOLE])) as { readonly [Each in Name]: typeof WHOLE };
}

const RATIO: FieldsOf<Ratio> = wholes('good', 'bad', 'total', 'ratio');
const INTERVAL = wholes('from', 'to');
const BUDGET: FieldsOf<BudgetReport> = wholes(
  'allowed',
  'spent',
  'remaining',
  'remainingRatio',
  'expectedTotal',
  'state',
);
const INCIDENT: FieldsOf<NonNullable<SloReport['incident']>> = wholes(
  'id',
  'severity',
  'tier',
  'firing',
  'openedAt',
  'began',
  'notified',
  'peakBurnRate',
  'acknowledged',
  'silenced',
);

export const SLO_FIELDS: FieldsOf<SloReport> = {
  ...wholes('id', 'workflow', 'name', 'owner', 'description', 'runbook', 'each'),
  labels: NAMED,
  value: wholes('whole', 'attribute', 'value'),
  ...wholes('objective', 'window', 'alert', 'data'),
  sli: { ...wholes('kind', 'unit'), ...RATIO },
  budget: { ...BUDGET, ...wholes('exhaustsAt') },
  windows: { ...wholes('window', 'kind'), ...INTERVAL, sli: RATIO, budget: BUDGET },
  pageNearness: WHOLE,
  burnRates: NAMED,
  budgetPolicy: wholes('name', 'deploys', 'reasons', 'postmortemAbove'),
  gateOverride: wholes('id', 'by', 'reason', 'until'),
  incident: INCIDENT,
  ...wholes('historySince', 'evaluatedAt', 'readShare'),
  warnings: wholes('code', 'since', 'message'),
  dataThrough: WHOLE,
};

export const DEFINITION_CHANGE_FIELDS: FieldsOf<DefinitionChange> = {
  ...wholes('sequence', 'at', 'countsAnew'),
  fields: wholes('field', 'from', 'to'),
};

export const ADJUSTMENT_FIELDS: FieldsOf<AdjustmentReport> = {
  ...wholes(
    'id',
    'slo',
    'workflow',
    'reason',
    'createdAt',
    'createdBy',
    'actor',
    'when',
    'ended',
    'withdrawn',
  ),
  active: WHOLE,
  occurrence: INTERVAL,
  notes: WHOLE,
};

export const SLO_DETAIL_FIELDS: FieldsOf<SloDetail> = {
  ...SLO_FIELDS,
  tiers: wholes(
    'name',
    'severity',
    'kind',
    'condition',
    'now',
    'firing',
    'long',
    'short',
    'factor',
    'longBurnRate',
    'shortBurnRate',
  ),
  members: wholes('slo', 'weight', 'ratio', 'share'),
  adjustments: ADJUSTMENT_FIELDS,
  failures: wholes('step', 'dependency', 'error', 'count'),
  lastFailed: wholes('execution', 'at', 'step', 'dependency', 'error', 'traceId'),
  breakdown: wholes('attribute', 'values', 'full'),
  values: { ...wholes('slo', 'value', 'alert', 'firing'), sli: RATIO, budget: BUDGET },
  example: WHOLE,
  changes: WHOLE,
  missedRun: WHOLE,
  stuck: WHOLE,
  route: wholes('page', 'ticket', 'fallback', 'escalation'),
  detections: WHOLE,
  source: WHOLE,
  definition: WHOLE,
};

export const HISTORY_FIELDS: FieldsOf<HistoryReport> = {
  ...wholes('id', 'objective', 'window', 'unit', 'from', 'to', 'step', 'resolution'),
  points: { ...wholes('from', 'budgetRemaining', 'adjusted', 'excluded'), ...RATIO },
  adjustments: ADJUSTMENT_FIELDS,
};

export const CHART_FIELDS: FieldsOf<ChartData> = {
  ...wholes('id', 'workflow', 'objective', 'window', 'unit', 'now'),
  range: INTERVAL,
  points: { from: WHOLE, ...RATIO },
  burnDown: { ...INTERVAL, ...wholes('points', 'remainingRatio', 'exhaustsAt') },
  ...wholes('burnRates', 'causes', 'durations', 'queues', 'incidents', 'adjustments', 'annotations'),
};

export const WORKFLOW_FIELDS: FieldsOf<
  WorkflowReport & Omit<WorkflowStatistics, 'windows'> & { readonly statistics: unknown }
> = {
  ...wholes(
    'workflow',
    'running',
    'overdue',
    'waiting',
    'conflicts',
    'at',
    'owner',
    'runbook',
    'steps',
    'slos',
  ),
  after: NAMED,
  unmapped: wholes('step', 'meant'),
  queues: wholes('name', 'after', 'depth', 'at', 'history'),
  parts: wholes('slo', 'part', 'name'),
  ...wholes('handOvers', 'calls'),
  places: wholes('of', 'step', 'running', 'overdue', 'oldest'),
  slowest: WHOLE,
  readShare: WHOLE,
  statistics: wholes('window', 'from', 'endToEnd', 'steps', 'others'),
};

export const EXECUTION_FIELDS: FieldsOf<ExecutionReport> = {
  ...wholes('workflow', 'execution', 'at'),
  subjects: wholes(
    'step',
    'notes',
    'state',
    'queuedAt',
    'startedAt',
    'attempt',
    'willRetry',
    'ends',
    'counts',
    'deadlines',
  ),
};

export const DEPENDENCY_FIELDS: FieldsOf<DependencyReport> = {
  ...wholes('name', 'owner', 'status', 'sla', 'at'),
  month: { ...RATIO, ...INTERVAL },
  today: RATIO,
  lastHour: RATIO,
  ...wholes('promise', 'burning'),
  budget: wholes('allowed', 'spent', 'remaining', 'remainingRatio'),
  ...wholes('countedSince', 'complete'),
  workflows: { workflow: WHOLE, month: RATIO, lastHour: RATIO },
};

export const DEPENDENCY_DETAIL_FIELDS: FieldsOf<DependencyDetail> = {
  ...DEPENDENCY_FIELDS,
  failures: wholes('workflow', 'step', 'error', 'count'),
  lastFailed: wholes('workflow', 'execution', 'at', 'step', 'dependency', 'error', 'traceId'),
};

export const GATE_FIELDS: FieldsOf<GateReport> = {
  ...wholes('decision', 'at', 'slos'),
  reasons: wholes('slo', 'kind', 'message', 'freedBy', 'freedAt'),
  overriddenBy: wholes('id', 'by', 'reason', 'until'),
};

export const GATE_OVERRIDE_FIELDS: FieldsOf<GateOverrideReport> = {
  ...wholes('id', 'workflow', 'owner', 'reason', 'by', 'actor', 'createdAt', 'until', 'ended', 'active'),
};

export const INCIDENT_FIELDS: FieldsOf<IncidentSummary> = {
  ...INCIDENT,
  ...wholes('slo', 'workflow', 'owner', 'state', 'resolvedAt', 'cause', 'pagedAt'),
  cost: wholes('at', 'good', 'bad', 'budget'),
  topFailure: wholes('step', 'dependency', 'error', 'count'),
};

export const INCIDENT_DETAIL_FIELDS: FieldsOf<IncidentDetail> = {
  ...INCIDENT_FIELDS,
  ...wholes('runbook', 'objective', 'window', 'failedUntil', 'failures', 'lastFailed', 'stuck'),
  ...wholes('likelyCause', 'standsOut', 'postmortemAbove', 'events', 'annotations'),
  similar: INCIDENT_FIELDS,
};

export const SILENCE_FIELDS: FieldsOf<SilenceReport> = {
  ...wholes('id', 'state', 'within', 'when', 'reason', 'createdBy', 'actor', 'createdAt', 'ended'),
  matching: { ...wholes('workflow', 'slo', 'owner', 'severity', 'incident'), labels: NAMED },
  occurrence: INTERVAL,
  mutes: wholes('slos', 'sloCount', 'incidents', 'incidentCount'),
};

export const ANNOTATION_FIELDS: FieldsOf<Annotation> = wholes(
  'id',
  'at',
  'to',
  'kind',
  'text',
  'link',
  'workflow',
  'slo',
  'owner',
  'actor',
  'createdAt',
);

export const LOSS_FIELDS: FieldsOf<DataLossReport> = {
  ...wholes('id', 'kind', 'part', 'at', 'message'),
  acknowledged: wholes('at', 'by', 'note', 'actor'),
};

export const DEAD_LETTER_FIELDS: FieldsOf<DeadLetterReport> = {
  ...wholes('id', 'source', 'entry', 'at', 'deadAt', 'deliveries', 'code', 'message', 'records', 'data'),
};

export const NOTIFICATION_FIELDS: FieldsOf<NotificationReport> = {
  ...wholes('id', 'state', 'target', 'incident', 'slo', 'workflow', 'owner', 'severity', 'kind'),
  ...wholes('createdAt', 'attempts', 'lastError', 'recipients', 'mayRepeat'),
  waitsUntil: wholes('at', 'timeZone'),
};

const SHIFT = wholes('person', 'targets', 'from', 'until', 'because');

export const ON_CALL_FIELDS: FieldsOf<OnCallReport> = {
  ...wholes('schedule', 'kind', 'place', 'timeZone', 'teams', 'problem'),
  now: SHIFT,
  next: SHIFT,
};

export const AUDIT_FIELDS: FieldsOf<NotedEntry & AuditEntry> = wholes(
  'id',
  'at',
  'who',
  'what',
  'about',
  'address',
);
