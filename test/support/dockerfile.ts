/** One instruction of a Dockerfile: its name and all that follows, on one line. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Splits a Dockerfile into its stages; each begins with its FROM, in which the defaults of ARGs before it are filled in. */
export function readStages(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  const defaults = new Map<string, string>();
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') stages.push([]);
    const stage = stages.at(-1);
    if (!stage && name !== 'ARG') throw new Error('the first instruction but ARG is FROM');
    if (!stage) defaults.set(rest.split('=')[0]!, rest.slice(rest.indexOf('=') + 1));
    else stage.push({ name, rest: name === 'FROM' ? filledIn(rest, defaults) : rest });
  }
  return stages;
}

function filledIn(text: string, defaults: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = defaults.get(name);
    if (value === undefined) throw new Error(`no ARG before the first FROM is called ${name}`);
    return value;
  });
}
