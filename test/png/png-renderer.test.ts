import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { badge } from '../../src/charts/badge.ts';
import { budgetChart } from '../../src/charts/slo-charts.ts';
import type { ChartRenderer } from '../../src/core/ports/chart-renderer.ts';
import { RendererBusy } from '../../src/core/ports/chart-renderer.ts';
import type { PngRendererOptions } from '../../src/png/png-renderer.ts';
import { createPngRenderer } from '../../src/png/png-renderer.ts';
import { chartData } from '../charts/chart-data.ts';

let renderer: ChartRenderer | null = null;
afterEach(() => renderer?.close());

function open(options: PngRendererOptions = {}): ChartRenderer {
  renderer = createPngRenderer(options);
  return renderer;
}

/** A program for the thread that does something else. */
function programOf(text: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-png-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'program.mjs');
  writeFileSync(path, `import { parentPort } from 'node:worker_threads';\n${text}`);
  return pathToFileURL(path);
}

const ANSWER = `(({ id }) => parentPort.postMessage({ id, png: new Uint8Array([id]), problem: null }))`;

/** Width and height, from the head of a PNG. */
function sizeOf(png: Uint8Array): readonly [number, number] {
  expect(Buffer.from(png.subarray(0, 8)).toString('latin1')).toBe('\u0089PNG\r\n\u001A\n');
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

const chart = (width = 760) =>
  budgetChart(
    { id: 'b', width, height: 300, theme: 'light', timeZone: 'UTC', alone: true, explainsMarks: true },
    chartData(),
  );

describe('a chart as PNG', () => {
  it('has the size of the chart, times its scale, and letters of its own font', async () => {
    const { png } = open();
    const [once, twice] = [await png(chart(), 1), await png(chart(), 2)];
    expect([sizeOf(once), sizeOf(twice)]).toEqual([
      [760, 300],
      [1520, 600],
    ]);
    const facts = { name: 'a', alert: 'none', data: 'ok', budgetState: 'ok', remainingRatio: 1 } as const;
    const [a, b] = [await png(badge(facts), 1), await png(badge({ ...facts, name: 'o' }), 1)];
    // Without a font no text is drawn, and both would be the same.
    expect(Buffer.from(a).equals(Buffer.from(b))).toBe(false);
  });

  it('G2: holds the event loop for less than 50 ms while many are drawn', async () => {
    const { png } = open();
    await png(chart(500), 2);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const charts = Array.from({ length: 6 }, (_, index) => chart(700 + index));
    delay.enable();
    await Promise.all(charts.map((each) => png(each, 2)));
    delay.disable();
    expect(delay.percentile(99) / 1e6).toBeLessThan(50);
  });

  it('is drawn once for all who ask for the same', async () => {
    const { png } = open({ program: programOf(`parentPort.on('message', ${ANSWER});`) });
    const [first, same] = await Promise.all([png('<svg/>', 1), png('<svg/>', 1)]);
    expect(same).toBe(first);
    expect(await png('<svg/>', 1)).toBe(first);
    expect(await png('<svg/>', 2)).not.toBe(first);
  });

  it('is refused when too many others wait, and drawn once they are not', async () => {
    const { png } = open({
      queueLimit: 2,
      program: programOf(`parentPort.on('message', (job) => setTimeout(() => ${ANSWER}(job), 50));`),
    });
    const waiting = [1, 2, 3].map((scale) => png('<svg/>', scale));
    await expect(png('<svg/>', 4)).rejects.toThrow(RendererBusy);
    await Promise.all(waiting);
    expect(await png('<svg/>', 4)).toBeInstanceOf(Uint8Array);
  });

  it('that cannot be drawn, or takes the thread with it, fails alone', async () => {
    const { png } = open();
    await expect(png('no chart', 1)).rejects.toThrow('A chart cannot be drawn');
    expect(sizeOf(await png(chart(), 1))).toEqual([760, 300]);
    await renderer!.close();
    const other = open({
      program: programOf(
        `parentPort.on('message', (job) => job.svg === 'crash' ? process.exit(1) : ${ANSWER}(job));`,
      ),
    });
    const [crashed, drawn] = await Promise.allSettled([other.png('crash', 1), other.png('<svg/>', 1)]);
    expect([crashed.status, drawn.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('that takes too long is given up, and the next one gets a new thread', async () => {
    const { png } = open({
      // The next one has a new thread to start within it.
      timeout: 2000,
      program: programOf(
        `parentPort.on('message', (job) => { for (;;) if (job.svg !== 'endless') break; ${ANSWER}(job); });`,
      ),
    });
    await expect(png('endless', 1)).rejects.toThrow('not drawn within 2000 ms');
    expect(await png('<svg/>', 1)).toBeInstanceOf(Uint8Array);
  });

  it('is refused once the renderer is closed', async () => {
    const { png, close } = open();
    const waiting = png(chart(), 1);
    const refused = expect(waiting).rejects.toThrow('stops');
    await close();
    await refused;
    await expect(png('<svg/>', 1)).rejects.toThrow('stops');
  });
});
