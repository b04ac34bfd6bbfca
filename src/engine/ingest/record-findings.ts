import type { RecordWarning, RejectedRecord } from '../../core/ports/recorder.ts';
import { MAX_WARNINGS } from '../../core/ports/recorder.ts';
import type { EndStatus } from '../../core/outcomes/outcome.ts';
import type { EndGroup } from '../../core/ports/store/counting.ts';
import { countedSeries, componentsOf } from '../../core/slo/series.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';

/** What the store says of the outcomes of one request. */
export interface Findings {
  counted: number;
  readonly conflicts: {
    readonly index: number;
    readonly reported: EndStatus;
    readonly recorded: EndStatus;
  }[];
  /** Workflow -> fingerprint -> how many wait for their start. */
  readonly waiting: Map<string, Map<string, number>>;
}

export function createFindings(): Findings {
  return { counted: 0, conflicts: [], waiting: new Map() };
}

/** Notes that one end of a group waits for its start. */
export function addWaiting({ waiting }: Findings, workflow: string, { slis, count }: EndGroup): void {
  let counts = waiting.get(workflow);
  if (!counts) waiting.set(workflow, (counts = new Map()));
  for (const { fingerprint, withinMs } of slis) {
    if (withinMs !== null) counts.set(fingerprint, (counts.get(fingerprint) ?? 0) + count);
  }
}

/** The conflicts of a request as an answer lists them. */
export function conflictsOf({ conflicts }: Findings): readonly RejectedRecord[] {
  return conflicts.map(({ index, reported, recorded }): RejectedRecord => {
    const message =
      reported === recorded
        ? `More would have ended than started: this outcome is ${reported} beside others that were recorded before, and was not counted.`
        : `This attempt was recorded as ${recorded} before; ${reported} was not counted. If it was tried again, send \`attempt\`: 2 and so on; the latest attempt decides.`;
    return { index, code: 'conflict', message, statuses: { reported, recorded } };
  });
}

/** What a request has to be warned of: a line for each SLO that cannot judge all of it yet, most outcomes first. */
export function warningsOf({ waiting }: Findings, definitions: Definitions): readonly RecordWarning[] {
  const warnings: RecordWarning[] = [];
  for (const slo of allSlos(definitions)) {
    const slis = waiting.get(slo.workflow);
    // A composite says nothing that its members do not say themselves.
    if (!slis || slo.sli.kind === 'composite') continue;
    const count = componentsOf(slo)
      .flatMap(countedSeries)
      .reduce((sum, { fingerprint }) => sum + (slis.get(fingerprint) ?? 0), 0);
    if (count === 0) continue;
    const which = count === 1 ? '1 outcome waits' : `${count} outcomes wait`;
    warnings.push({
      workflow: slo.workflow,
      slo: slo.name,
      waiting: count,
      for: 'start',
      message: `${which} for a start before ${slo.name} can judge the time taken: report \`started\` too, or send \`durationMs\` or \`startedAt\` with the end.`,
    });
  }
  return warnings.toSorted((one, other) => other.waiting - one.waiting).slice(0, MAX_WARNINGS);
}
