import { mappedWorkflows, type MappedWorkflows } from '../../core/mapping/mapped-workflows.ts';
import { recordsOfEvent } from '../../core/mapping/event-mapping.ts';
import { recordsOfPoint } from '../../core/mapping/point-mapping.ts';
import { recordsOfSpan } from '../../core/mapping/span-mapping.ts';
import type { Ignored, Mapped, PlainRecord } from '../../core/mapping/telemetry.ts';
import { Unusable } from '../../core/mapping/telemetry.ts';
import type { OutcomeStatus } from '../../core/outcomes/outcome.ts';
import { isStart } from '../../core/outcomes/outcome.ts';
import type { Rejection } from '../../core/outcomes/record-fields.ts';
import type { Recorder, RecordResult, RejectedRecord } from '../../core/ports/recorder.ts';
import type {
  TelemetryBatch,
  TelemetryRecorder,
  TelemetryResult,
} from '../../core/ports/telemetry-recorder.ts';
import type { NotedRejection } from '../../core/ports/rejections.ts';
import type { Caller } from '../../core/ports/token.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { permitted } from './permitted.ts';

export interface TelemetryOptions {
  readonly recorder: Recorder;
  readonly definitions: () => Definitions;
  /** Called with each thing that is of no use and so never reaches the recorder. */
  readonly onRejected?: (rejection: NotedRejection, caller: Caller) => void;
}

/** How things of a kind become records, and what makes two of them different. */
interface Signal<Thing> {
  readonly map: (
    thing: Thing,
    workflows: MappedWorkflows,
    mayReport: (workflow: string) => boolean,
  ) => Mapped;
  /** What a repeat of a thing has as well; null when records tell things apart by themselves. */
  readonly idOf: ((thing: Thing) => string) | null;
}

/** Records of one kind, and the thing that each is of. */
interface Gathered {
  readonly records: PlainRecord[];
  readonly things: number[];
}

/** Makes what maps spans, metrics and events to records and hands these to the recorder, which judges them like any others. */
export function createTelemetryRecorder(options: TelemetryOptions): TelemetryRecorder {
  const { recorder, definitions, onRejected } = options;
  let known: Definitions | null = null;
  let prepared: MappedWorkflows | null = null;

  function workflowsOf(current: Definitions): MappedWorkflows {
    if (current !== known || !prepared) {
      prepared = mappedWorkflows(current);
      known = current;
    }
    return prepared;
  }

  function batch<Thing>(caller: Caller, { map, idOf }: Signal<Thing>): TelemetryBatch<Thing> {
    const current = definitions();
    const workflows = workflowsOf(current);
    const rights = permitted(caller, current);
    const mayReport = (workflow: string) => rights.refusal(workflow) === null;
    const gathered = { outcomes: gather(), measurements: gather() };
    const unusable: RejectedRecord[] = [];
    const ignored = new Map<Ignored, number>();
    const ids = new Map<string, string>();
    let things = 0;
    let alike = 0;

    function add(thing: Thing): void {
      const index = things++;
      let mapped: Mapped;
      try {
        mapped = map(thing, workflows, mayReport);
      } catch (error) {
        if (!(error instanceof Unusable)) throw error;
        reject(index, { code: 'invalid-field', message: error.message });
        return;
      }
      if (typeof mapped === 'string') {
        ignored.set(mapped, (ignored.get(mapped) ?? 0) + 1);
        return;
      }
      for (const record of mapped.records) {
        gathered[mapped.kind].records.push(record);
        gathered[mapped.kind].things.push(index);
        if (idOf && isAlike(record, idOf(thing))) alike++;
      }
    }

    function reject(index: number, why: Rejection): void {
      unusable.push({ index, ...why });
      onRejected?.({ workflow: null, ...why }, caller);
    }

    function isAlike({ workflow, execution, step, attempt, status }: PlainRecord, id: string): boolean {
      const phase = isStart(status as OutcomeStatus) ? status : 'ended';
      const identity = [workflow, execution, step, attempt, phase].join('\u0000');
      const first = ids.get(identity);
      if (first === undefined) ids.set(identity, id);
      return first !== undefined && first !== id;
    }

    async function record(): Promise<TelemetryResult> {
      const { outcomes, measurements } = gathered;
      const results = [
        await recorded(outcomes, (records) => recorder.record(records, caller)),
        await recorded(measurements, (records) => recorder.recordMeasurements(records, caller)),
      ];
      const sum = (of: 'accepted' | 'duplicates') => results.reduce((all, result) => all + result[of], 0);
      return {
        accepted: sum('accepted'),
        duplicates: sum('duplicates'),
        rejected: eachOnce([...unusable, ...results.flatMap(({ rejected }) => rejected)]),
        conflicts: results.reduce((all, { conflicts = 0 }) => all + conflicts, 0),
        ignored,
        alike,
      };
    }

    return {
      add,
      reject: (why) => reject(things++, why),
      get size() {
        return gathered.outcomes.records.length + gathered.measurements.records.length;
      },
      record,
    };
  }

  return {
    spans: (caller) => batch(caller, { map: recordsOfSpan, idOf: ({ spanId }) => spanId }),
    points: (caller) => batch(caller, { map: recordsOfPoint, idOf: null }),
    events: (caller) =>
      batch(caller, { map: recordsOfEvent, idOf: ({ id, source }) => `${source}\u0000${id}` }),
  };
}

function gather(): Gathered {
  return { records: [], things: [] };
}

async function recorded(
  { records, things }: Gathered,
  record: (records: readonly PlainRecord[]) => Promise<RecordResult>,
): Promise<RecordResult> {
  if (records.length === 0) return { accepted: 0, duplicates: 0, rejected: [] };
  const result = await record(records);
  return {
    ...result,
    rejected: result.rejected.map((rejection) => ({ ...rejection, index: things[rejection.index]! })),
  };
}

/** The first rejection of each thing, in their order. */
function eachOnce(rejected: readonly RejectedRecord[]): readonly RejectedRecord[] {
  const byThing = new Map<number, RejectedRecord>();
  for (const rejection of rejected)
    if (!byThing.has(rejection.index)) byThing.set(rejection.index, rejection);
  return [...byThing.values()].toSorted((one, other) => one.index - other.index);
}
