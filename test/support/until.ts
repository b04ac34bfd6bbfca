/**
 * Asks again and again until the answer is neither null, undefined nor false, and gives that answer.
 * Fails after `timeout` milliseconds with what was awaited and what the last answer or error was.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeout = 30_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== undefined && answer !== false)
        return answer as NonNullable<Exclude<T, false>>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
