/**
 * The most processor time, in milliseconds, that passes between two turns of the event loop. Processor time,
 * because on a busy machine a turn that does nothing can take long.
 */
export function watchTurns(): { stop(): number } {
  let worst = 0;
  let last = process.cpuUsage();
  let next: NodeJS.Immediate;
  const measure = (): void => {
    const { user, system } = process.cpuUsage(last);
    worst = Math.max(worst, (user + system) / 1000);
    last = process.cpuUsage();
  };
  const look = (): void => {
    measure();
    next = setImmediate(look);
  };
  next = setImmediate(look);
  return {
    stop() {
      // The turn that is running may be the long one.
      measure();
      clearImmediate(next);
      return worst;
    },
  };
}
