import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { ReportFacts } from '../../src/core/alerting/report-facts.ts';
import type { AttributeTest, OutcomeSli, Schedule, Sli } from '../../src/core/sli/sli.ts';

/** The texts of a notification that others wrote: producers, authors of SLO files, people who act, receivers that answer. */
export const FIELDS = [
  'workflow',
  'SLO name',
  'owner',
  'description',
  'incident id',
  'tier',
  'runbook',
  'SLI: step',
  'SLI: dependency',
  'SLI: attribute name',
  'SLI: attribute value',
  'SLI: measurement',
  'SLI: transition',
  'SLI: schedule',
  'member of a composite',
  'failure: step',
  'failure: dependency',
  'failure: error',
  'last failed: execution id',
  'last failed: step',
  'last failed: dependency',
  'last failed: error',
  'last failed: trace id',
  'stuck: step',
  'likely cause',
  'stands out: attribute name',
  'stands out: attribute value',
  'burning: attribute name',
  'burning: attribute value',
  'annotation: title',
  'annotation: link',
  'annotation: author',
  'label',
  'acknowledged by',
  'silenced by',
  'silence: reason',
  'folded into: SLO',
  'folded into: incident id',
  'folded into: because',
  'conversation: SLO',
  'conversation: id',
  'postmortem: policy',
  'refused by: target',
  'refused by: answer',
  'notified target',
  'delivery: target',
  'delivery: answer',
  'loss: shard',
  'report: owner',
  'report: SLO',
  'report: SLO of an incident',
  'gate: workflow',
  'gate: team',
  'gate: reason',
  'gate: by',
  'note: who acted',
] as const;

export type TextField = (typeof FIELDS)[number];

/** Fields that are in no facts, so that no message can hold them: that they stay out is to be seen, too. */
export const NOWHERE: ReadonlySet<TextField> = new Set<TextField>(['annotation: author', 'label']);

/** The text of a field. */
export type TextOf = (field: TextField) => string;

/** Whether a part of facts holds texts of others, so that a new one is not forgotten below: without an entry it does not compile. */
export const HOLDS_TEXTS: { readonly [Part in keyof NotificationFacts]-?: boolean } = {
  kind: false,
  loss: true,
  delivery: true,
  report: true,
  gate: true,
  cause: false,
  slo: true,
  workflow: true,
  owner: true,
  description: true,
  runbook: true,
  objective: false,
  errorBudget: false,
  // A duration, or a calendar with its time zone, as checked when the SLO files are read.
  window: false,
  sli: true,
  incident: true,
  severity: false,
  openedAt: false,
  at: false,
  timeZone: false,
  reasons: true,
  budget: false,
  counted: false,
  readShare: false,
  exhaustsAt: false,
  pace: false,
  peakBurnRate: false,
  failing: false,
  failedUntil: false,
  recovering: false,
  during: false,
  began: false,
  waiting: false,
  stuck: true,
  missedRun: false,
  acknowledged: true,
  waited: false,
  members: true,
  postmortem: true,
  failures: true,
  lastFailed: true,
  likelyCause: true,
  standsOut: true,
  after: true,
  burning: true,
  silenced: true,
  flapping: false,
  folded: true,
  conversation: true,
  notified: true,
  insteadOf: true,
};

/** The facts with a text of others in every place that holds one. */
export function factsWithTexts(facts: NotificationFacts, text: TextOf): NotificationFacts {
  return {
    ...facts,
    // What becomes part of an address is no longer than the real thing: longer addresses are no links.
    slo: `${text('workflow')}/${text('SLO name')}`.slice(0, 100),
    workflow: text('workflow'),
    owner: text('owner'),
    description: facts.description && text('description'),
    incident: text('incident id'),
    // An author of SLO files chooses where it leads; it must not lead out of the markup.
    runbook: facts.runbook && `https://wiki.example.com/${text('runbook')}`,
    reasons: facts.reasons.map((reason) => ({ ...reason, tier: text('tier') })),
    sli: sliWithTexts(facts.sli.kind, text),
    acknowledged: facts.acknowledged && { ...facts.acknowledged, by: text('acknowledged by') },
    members: facts.members.map(({ share }) => ({ name: text('member of a composite'), share })),
    ...(facts.after && {
      after: {
        ...facts.after,
        text: text('annotation: title'),
        link: `https://wiki.example.com/${text('annotation: link')}`,
      },
    }),
    ...(facts.burning && {
      burning: {
        attribute: text('burning: attribute name'),
        values: facts.burning.values.map(() => text('burning: attribute value')),
        of: 3,
      },
    }),
    notified: [text('notified target')],
    failures: facts.failures.map(({ count }) => ({
      step: text('failure: step'),
      dependency: text('failure: dependency'),
      error: text('failure: error'),
      count,
    })),
    lastFailed: facts.lastFailed.map(({ at }) => ({
      execution: text('last failed: execution id'),
      at,
      step: text('last failed: step'),
      dependency: text('last failed: dependency'),
      error: text('last failed: error'),
      traceId: text('last failed: trace id').slice(0, 64),
    })),
    stuck: facts.stuck.map((place) => ({ ...place, step: place.step && text('stuck: step') })),
    likelyCause: facts.likelyCause && { ...facts.likelyCause, dependency: text('likely cause') },
    standsOut: facts.standsOut && {
      ...facts.standsOut,
      attribute: text('stands out: attribute name'),
      value: text('stands out: attribute value'),
    },
    ...(facts.conversation && {
      conversation: {
        ...facts.conversation,
        id: text('conversation: id'),
        slo: text('conversation: SLO'),
      },
    }),
    ...(facts.postmortem && { postmortem: { ...facts.postmortem, policy: text('postmortem: policy') } }),
    ...(facts.insteadOf && {
      insteadOf: { target: text('refused by: target'), reason: text('refused by: answer') },
    }),
    ...(facts.silenced && {
      silenced: { ...facts.silenced, by: text('silenced by'), because: text('silence: reason') },
    }),
    ...(facts.folded && {
      folded: {
        incident: text('folded into: incident id'),
        slo: text('folded into: SLO'),
        because: text('folded into: because'),
      },
    }),
    ...(facts.delivery && {
      delivery: { ...facts.delivery, target: text('delivery: target'), reason: text('delivery: answer') },
    }),
    ...(facts.loss && { loss: { ...facts.loss, part: facts.loss.part && text('loss: shard') } }),
    ...(facts.report && { report: reportWithTexts(facts.report, text) }),
    ...(facts.gate && {
      gate: {
        ...facts.gate,
        workflow: facts.gate.workflow && text('gate: workflow'),
        team: facts.gate.team && text('gate: team'),
        reason: text('gate: reason'),
        by: text('gate: by'),
      },
    }),
  };
}

function reportWithTexts(report: ReportFacts, text: TextOf): ReportFacts {
  return {
    ...report,
    owner: report.owner && text('report: owner'),
    slos: report.slos.map((slo) => ({ ...slo, id: text('report: SLO') })),
    incidents: report.incidents.map((one) => ({ ...one, slo: text('report: SLO of an incident') })),
  };
}

/** An SLI of a kind whose every text is filled. */
export function sliWithTexts(kind: Sli['kind'], text: TextOf): Sli {
  const where = (): Record<string, AttributeTest> => ({
    [text('SLI: attribute name')]: {
      op: 'not-glob',
      values: [text('SLI: attribute value'), text('SLI: attribute value')],
    },
  });
  const outcomes = (): OutcomeSli => ({
    kind: 'outcomes',
    step: text('SLI: step'),
    dependency: text('SLI: dependency'),
    where: where(),
    withinMs: 600_000,
    from: 'started',
    per: 'execution',
    good: 'succeeded',
  });
  switch (kind) {
    case 'outcomes':
      return outcomes();
    case 'measurement':
      return { kind, name: text('SLI: measurement'), where: where(), op: '<=', limit: 100, sums: false };
    case 'transition':
      return { kind, from: text('SLI: transition'), to: text('SLI: transition'), withinMs: 60_000 };
    case 'slices':
      return { kind, sliceMs: 300_000, of: outcomes(), rule: { kind: 'any' } };
    case 'freshness':
      return { kind, of: outcomes(), everyMs: 3_600_000 };
    case 'schedule': {
      const schedule: Schedule = { cron: text('SLI: schedule'), timeZone: 'Europe/Berlin', ticks: () => [] };
      const limits = { startEarlyMs: 300_000, startWithinMs: null, finishWithinMs: 60_000 };
      return { kind, where: where(), schedule, ...limits };
    }
    case 'composite': {
      const slo = text('member of a composite');
      const member = { slo, workflow: slo, sli: outcomes(), fingerprint: slo, weight: 1 };
      return { kind, method: 'weighted', members: [member] };
    }
    default:
      return kind satisfies never;
  }
}
