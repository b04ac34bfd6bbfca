import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ResvgRenderOptions } from '@resvg/resvg-js';
import type { ChartRenderer } from '../core/ports/chart-renderer.ts';
import { RendererBusy } from '../core/ports/chart-renderer.ts';

export interface PngRendererOptions {
  /** Charts that may wait; more are refused. */
  readonly queueLimit?: number;
  /** Milliseconds after which a chart is given up, and its thread with it. */
  readonly timeout?: number;
  /** The program of the thread. */
  readonly program?: URL;
}

const QUEUE_LIMIT = 32;
const TIMEOUT = 10_000;
/** Bytes of bitmaps that are remembered; the ones longest not asked for go first. */
const REMEMBERED = 16 * 1024 * 1024;

/** The same letters on every machine: no font of the system is looked at, and a container has none. */
const FONTS: Pick<ResvgRenderOptions, 'font'> = {
  font: {
    fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
      fileURLToPath(new URL(`./fonts/${name}`, import.meta.url)),
    ),
    loadSystemFonts: false,
    defaultFontFamily: 'DejaVu Sans',
    sansSerifFamily: 'DejaVu Sans',
  },
};

interface Job {
  readonly id: number;
  readonly svg: string;
  readonly scale: number;
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

interface Answer {
  readonly id: number;
  readonly png: Uint8Array | null;
  readonly problem: string | null;
}

/** Makes the renderer; its thread starts with the first chart, draws one after the other, and keeps no process alive. */
export function createPngRenderer({
  queueLimit = QUEUE_LIMIT,
  timeout = TIMEOUT,
  program = new URL('./rasterize.js', import.meta.url),
}: PngRendererOptions = {}): ChartRenderer {
  const queue: Job[] = [];
  const made = new Map<string, Promise<Uint8Array>>();
  const sizes = new Map<string, number>();
  let remembered = 0;
  let worker: Worker | null = null;
  let current: Job | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lastId = 0;
  let isClosed = false;

  function started(): Worker {
    const thread = new Worker(program, { workerData: FONTS });
    thread.unref();
    thread.on('message', ({ id, png, problem }: Answer) => {
      if (current?.id !== id) return;
      if (png) settle((job) => job.resolve(png));
      else settle((job) => job.reject(new Error(`A chart cannot be drawn: ${problem}`)));
    });
    thread.on('error', (error) => lost(thread, error));
    thread.on('exit', () => lost(thread, new Error('The thread that draws charts ended.')));
    return thread;
  }

  /** What was being drawn failed with its thread; the next chart gets a new one. */
  function lost(thread: Worker, error: Error): void {
    if (worker !== thread) return;
    worker = null;
    settle((job) => job.reject(error));
  }

  function settle(how: (job: Job) => void): void {
    clearTimeout(timer);
    const job = current;
    current = null;
    if (job) how(job);
    next();
  }

  function next(): void {
    if (current || isClosed) return;
    const job = queue.shift();
    if (!job) return;
    current = job;
    worker ??= started();
    const thread = worker;
    timer = setTimeout(() => {
      void thread.terminate();
      lost(thread, new Error(`A chart was not drawn within ${timeout} ms.`));
    }, timeout);
    timer.unref();
    thread.postMessage({ id: job.id, svg: job.svg, scale: job.scale });
  }

  function draw(svg: string, scale: number): Promise<Uint8Array> {
    if (isClosed) return Promise.reject(new Error('The service stops.'));
    if (queue.length >= queueLimit)
      return Promise.reject(new RendererBusy('Too many charts wait to be drawn.'));
    return new Promise((resolve, reject) => {
      queue.push({ id: ++lastId, svg, scale, resolve, reject });
      next();
    });
  }

  function remember(key: string, png: Uint8Array): void {
    sizes.set(key, png.length);
    remembered += png.length;
    for (const [oldest, size] of sizes) {
      if (remembered <= REMEMBERED) break;
      forget(oldest, size);
    }
  }

  function forget(key: string, size: number): void {
    made.delete(key);
    sizes.delete(key);
    remembered -= size;
  }

  return {
    png(svg, scale) {
      const key = createHash('sha256').update(`${scale} ${svg}`).digest('base64url');
      let png = made.get(key);
      const size = sizes.get(key);
      if (png && size !== undefined) {
        // To the end of the line of those that go.
        sizes.delete(key);
        sizes.set(key, size);
      }
      if (png) return png;
      png = draw(svg, scale);
      made.set(key, png);
      png.then(
        (bytes) => remember(key, bytes),
        () => made.delete(key),
      );
      return png;
    },
    async close() {
      isClosed = true;
      const thread = worker;
      worker = null;
      clearTimeout(timer);
      const refused = new Error('The service stops.');
      current?.reject(refused);
      current = null;
      for (const job of queue.splice(0)) job.reject(refused);
      await thread?.terminate();
    },
  };
}
