import type { MeasurementSli } from './sli.ts';

/**
 * What counts the readings of a queue, whether or not an SLO judges them: each is good, and adds its depth to the sum of its
 * minute.
 */
export function queueDepth(name: string): MeasurementSli {
  return { kind: 'measurement', name, where: {}, op: '>=', limit: 0, sums: true };
}
