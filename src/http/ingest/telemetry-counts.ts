import type { TelemetryResult } from '../../core/ports/telemetry-recorder.ts';
import type { Metrics, TelemetrySignal } from '../metrics/metrics.ts';

/** Counts what became of the things of a request, of which there were `count`. */
export function noteTelemetry(
  metrics: Metrics,
  signal: TelemetrySignal,
  { rejected, ignored, alike }: TelemetryResult,
  count: number,
): void {
  let mapped = count - rejected.length;
  for (const [reason, of] of ignored) {
    metrics.telemetry(signal, reason, of);
    mapped -= of;
  }
  metrics.telemetry(signal, 'mapped', mapped);
  metrics.telemetry(signal, 'rejected', rejected.length);
  metrics.telemetry(signal, 'alike', alike);
}
