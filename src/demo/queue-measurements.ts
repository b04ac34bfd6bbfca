/** A measurement as it is sent to `/v1/measurements`. */
export interface ReportedMeasurement {
  readonly workflow: string;
  readonly name: string;
  readonly value: number;
  readonly at: number;
}

/** Shares of measurements that are too high for their SLOs. */
const DEEP_SHARE = 0.003;
const LAGGING_SHARE = 0.006;

/** What the pipeline of clicks would measure of its queues at a moment. */
export function measureQueues(at: number, random: () => number): ReportedMeasurement[] {
  const workflow = 'clickstream-pipeline';
  const depth = random() < DEEP_SHARE ? 1100 + 300 * random() : 150 + 500 * random();
  const lag = random() < LAGGING_SHARE ? 35 + 20 * random() : 4 + 12 * random();
  return [
    { workflow, name: 'dlq-depth', value: Math.round(depth), at },
    { workflow, name: 'queue-lag-seconds', value: Number(lag.toFixed(1)), at },
  ];
}
