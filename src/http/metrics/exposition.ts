// The text format of Prometheus, for gauges of which there are too many for a registry.

/** What stands before the series of a gauge. */
export function header({ name, help }: { readonly name: string; readonly help: string }): string {
  return `\n# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
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
