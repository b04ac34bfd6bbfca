import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

// The text format of Prometheus, for metrics of which there are too many series for a registry.

/** Name, labels and meaning of a metric; a gauge unless it says otherwise. */
export interface MetricHeader {
  readonly name: string;
  readonly help: string;
  readonly type?: 'gauge' | 'counter' | 'histogram';
}

/** What stands before the series of a metric. */
export function header({ name, help, type = 'gauge' }: MetricHeader): string {
  return `\n# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** The labels of a series. */
export function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

/** One series; `labels` as `labelsOf` writes them. */
export function line(name: string, labels: string, value: number): string {
  return `${name}{${labels}} ${value}\n`;
}

export function escaped(label: string): string {
  return /[\\"\n]/.test(label)
    ? label.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
    : label;
}

/** Bytes copied before others get a turn of the event loop. */
const COPIED_AT_ONCE = 2 ** 21;

/** Puts texts together; those of ten thousand SLOs are tens of megabytes, which takes longer than one turn may (G2). */
export async function joined(parts: readonly Buffer[]): Promise<Buffer> {
  const whole = Buffer.allocUnsafe(parts.reduce((sum, { length }) => sum + length, 0));
  let [at, copied] = [0, 0];
  for (const part of parts) {
    for (let from = 0; from < part.length; from += COPIED_AT_ONCE) {
      const length = part.copy(whole, at, from, from + COPIED_AT_ONCE);
      at += length;
      copied += length;
      if (copied < COPIED_AT_ONCE) continue;
      copied = 0;
      await yieldToEventLoop();
    }
  }
  return whole;
}
