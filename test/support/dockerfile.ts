/** One instruction of a Dockerfile: its name and all that follows, on one line. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Splits a Dockerfile into its stages; each begins with its FROM. */
export function readStages(text: string): Instruction[][] {
  const stages: Instruction[][] = [];
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`not an instruction: ${line}`);
    if (name === 'FROM') stages.push([]);
    const stage = stages.at(-1);
    if (!stage) throw new Error('the first instruction is FROM');
    stage.push({ name, rest });
  }
  return stages;
}
