/** A measurement as it is sent to `/v1/measurements`. */
export interface ReportedMeasurement {
  readonly workflow: string;
  readonly name: string;
  readonly value: number;
  readonly at: number;
}

/**
 * One measurement in this many is too high for its SLO: far less than its budget, and never two close together, which
 * would fire an alert at one start of the demo and not at another.
 */
const DEEP_ONE_IN = 333;
const LAGGING_ONE_IN = 167;

/** Makes a function that gives what the pipeline of clicks measures of its queues at a timestamp. */
export function createQueueGauges(random: () => number): (at: number) => ReportedMeasurement[] {
  const workflow = 'clickstream-pipeline';
  let taken = 0;
  return (at) => {
    taken++;
    const depth = taken % DEEP_ONE_IN === 0 ? 1100 + 300 * random() : 150 + 500 * random();
    const lag = taken % LAGGING_ONE_IN === 0 ? 35 + 20 * random() : 4 + 12 * random();
    return [
      { workflow, name: 'dlq-depth', value: Math.round(depth), at },
      { workflow, name: 'queue-lag-seconds', value: Number(lag.toFixed(1)), at },
    ];
  };
}
