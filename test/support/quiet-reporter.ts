import type { Writable } from 'node:stream';
import type { Reporter, Vitest } from 'vitest/node';

/**
 * Makes a run fail when anything but its own results is printed: by a test or a library through the console, straight
 * to the standard output or error of a test process, as a warning of Node, or by a process that a test started.
 */
export default class QuietReporter implements Reporter {
  #quiet = true;

  onInit({ logger }: Vitest): void {
    // What a test process writes past the console is copied to these, and the results are not.
    logger.outputStream = watched(logger.outputStream, () => this.#complain());
    logger.errorStream = watched(logger.errorStream, () => this.#complain());
  }

  onUserConsoleLog(): void {
    this.#complain();
  }

  /** At once, since what a process writes may arrive after its last test is over. */
  #complain(): void {
    process.exitCode = 1;
    if (this.#quiet) console.error('A test printed something: a run prints its own results only.');
    this.#quiet = false;
  }
}

/** The same stream, except that what is copied to it is noticed, and that it stays open when that ends. */
function watched(stream: Writable, notice: () => void): Writable {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const own = {
    write(...args: unknown[]): boolean {
      // Of a process it is bytes; the runner's own control sequences are strings.
      if (typeof args[0] !== 'string') notice();
      return write(...args);
    },
    end: (): Writable => stream,
  };
  return new Proxy(stream, {
    get(target, property) {
      if (property === 'write' || property === 'end') return own[property];
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
