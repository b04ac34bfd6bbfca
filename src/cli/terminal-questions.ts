import { createInterface } from 'node:readline/promises';
import type { AskQuestion } from './init.ts';

/** Someone at a terminal; null where there is no terminal, so that nothing waits for an answer that never comes. */
export function terminalQuestions(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): { readonly ask: AskQuestion; readonly close: () => void } | null {
  if (!input.isTTY || !output.isTTY) return null;
  const lines = createInterface({ input, output });
  const ended = new Promise<null>((resolve) => {
    lines.once('close', () => resolve(null));
  });
  lines.once('SIGINT', () => lines.close());
  return {
    ask: (question) => Promise.race([lines.question(question), ended]),
    close: () => lines.close(),
  };
}
