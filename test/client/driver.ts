import { once } from 'node:events';
import type { RefusedReport, RunningExecution } from '../../src/client/client.ts';
import { createClient } from '../../src/client/client.ts';
import type { Deed, StepDeed, Story } from './stories.ts';

/** A program that does the deeds of a story with the TypeScript client and prints what the client counted: `driver.py` is its twin. */
const [text = '', workflow = ''] = process.argv.slice(2);
const { options, deeds, leaves } = JSON.parse(text) as Story;
const rejected: RefusedReport[] = [];
const client = createClient({
  ...options,
  onProblem() {
    throw new Error('an error of a hook');
  },
  onRejected(refused) {
    rejected.push(...refused);
    throw new Error('an error of a hook');
  },
});

class Named extends Error {
  override readonly name: string;
  constructor(name: string) {
    super('the card of bob@example.com was refused');
    this.name = name;
  }
}

async function doSteps(run: RunningExecution, steps: readonly StepDeed[] = []): Promise<void> {
  for (const { step, dependency, steps: inner, throws, caught } of steps) {
    const error = throws === undefined ? null : new Named(throws);
    try {
      const value = await run.step(step, { dependency }, async () => {
        await doSteps(run, inner);
        if (error) throw error;
        return step;
      });
      if (value !== step) throw new Error('the value of a step was lost');
    } catch (thrown) {
      if (!caught) throw thrown;
    }
  }
}

async function doRun(deed: Deed & { do: 'run' }): Promise<void> {
  const { execution, attempt, traceparent, attributes, steps, throws, ends } = deed;
  const error = throws === undefined ? null : new Named(throws);
  const thrown: unknown[] = [];
  const work = async (run: RunningExecution): Promise<string> => {
    try {
      await doSteps(run, steps);
      if (ends) run[ends]();
      if (error) throw error;
      return execution;
    } catch (problem) {
      thrown.push(problem);
      throw problem;
    }
  };
  try {
    const value = await client.run(workflow, execution, { attempt, traceparent, attributes }, work);
    if (value !== execution) throw new Error('the value of a run was lost');
  } catch (caught) {
    if (!thrown.includes(caught)) throw caught;
  }
}

async function doDeed(deed: Deed): Promise<void> {
  switch (deed.do) {
    case 'run':
      await doRun(deed);
      break;
    case 'runs':
      for (let n = 1; n <= deed.count; n++) await client.run(workflow, `${deed.prefix}${n}`, () => n);
      break;
    case 'explicit': {
      const run = client.start(workflow, deed.execution);
      const step = run.startStep('charge-card', { dependency: 'bank' });
      step.failed(deed.error);
      step.succeeded();
      run.failed(deed.error, { failedStep: 'charge-card' });
      run.succeeded();
      break;
    }
    case 'start':
      client.start(workflow, deed.execution);
      break;
    case 'report':
      client.report({ workflow, ...deed.fields } as Parameters<typeof client.report>[0]);
      break;
    case 'flush':
      await client.flush(deed.withinMs);
      break;
    case 'wait':
      console.log('@');
      process.stdin.resume();
      await once(process.stdin, 'data');
      process.stdin.pause();
      break;
  }
}

process.on('exit', () => {
  const { lastProblem, ...stats } = client.stats();
  const codes = rejected.map(({ code }) => code);
  console.log(JSON.stringify({ ...stats, lastProblem: lastProblem?.code ?? null, rejectedCodes: codes }));
});
for (const deed of deeds) await doDeed(deed);
process.stdin.destroy();
if (!leaves) await client.close(20_000);
