/** One line of the benchmark's output. */
export interface Result {
  readonly what: string;
  readonly value: string;
  /** What the design asks for. */
  readonly goal?: string;
}

export function perSecond(count: number, milliseconds: number): string {
  return `${Math.round((count / milliseconds) * 1000).toLocaleString('en')}/s`;
}

export function ratio(value: number, reference: number): string {
  return (value / reference).toFixed(2);
}
