import { createPoster, ends, ndjson, outcomesDoor } from './batches.ts';

/**
 * Posts outcomes on and on, each of another execution, from when its parent says `go` until it says `rest`. To that, and to `count`,
 * it answers how many were taken so far; when it rests nothing is on its way any more.
 */
const [url = '', batch = '', inFlight = ''] = process.argv.slice(2);
const size = Number(batch);
const { post } = createPoster(outcomesDoor(url, Number(inFlight)));
/** In place of the end of each execution's id, so that a batch is made by one replacement. */
const MARK = 'SERIALNUMBER';
const template = ndjson(
  ends(size).map((record, index) => ({ ...record, execution: `${process.pid}-${index}-${MARK}` })),
);
let serial = 0;
let taken = 0;
const flow = { isOn: false };

async function postOnAndOn(): Promise<void> {
  while (flow.isOn) {
    const body = Buffer.from(template.replaceAll(MARK, String(serial++).padStart(MARK.length, '0')));
    await post({ size, body });
    taken += size;
  }
}

let running: Promise<unknown> = Promise.resolve();

process.on('message', (message: 'go' | 'rest' | 'count') => {
  if (message === 'count') process.send!(taken);
  else if (message === 'go') {
    flow.isOn = true;
    running = Promise.all(Array.from({ length: Number(inFlight) }, postOnAndOn));
  } else {
    flow.isOn = false;
    void running.then(() => process.send!(taken));
  }
});
