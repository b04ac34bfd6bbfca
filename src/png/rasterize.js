// Runs in a thread of its own: drawing and packing a chart takes tens of milliseconds, in which the event loop must not stand still.
import { parentPort, workerData } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';

parentPort.on('message', ({ id, svg, scale }) => {
  try {
    const image = new Resvg(svg, { ...workerData, fitTo: { mode: 'zoom', value: scale } }).render();
    parentPort.postMessage({ id, png: new Uint8Array(image.asPng()), problem: null });
  } catch (error) {
    parentPort.postMessage({ id, png: null, problem: String(error) });
  }
});
