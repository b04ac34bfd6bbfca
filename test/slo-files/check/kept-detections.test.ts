import { expect, it } from 'vitest';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { checkReport } from '../../../src/slo-files/check/check-report.ts';
import { createDetections } from '../../../src/slo-files/check/kept-detections.ts';
import { definitionsOf, loadText } from '../slo-folder.ts';

const loadSlos = (traffic: string) =>
  loadText(`workflow: orders
owner: payments
traffic: ${traffic}
slos:
  one: { objective: 99%, window: 28d, sli: succeeded }
  same: { objective: 99%, window: 28d, sli: succeeded }
  other: { objective: 99.9%, window: 28d, sli: succeeded }
`);

it('a running service says what check says, looks at each policy once, and again when the traffic is another', async () => {
  const loaded = await loadSlos('60/minute');
  const [one, same, other] = allSlos(definitionsOf(loaded));
  let { traffic } = loaded;
  const detections = createDetections(() => traffic);
  const found = await detections(one!);
  const { slos } = checkReport(loaded, 0).json as { readonly slos: readonly object[] };
  expect(JSON.stringify(slos[0])).toContain(String(found[0]!.first!.after));
  expect(found.map(({ label }) => label)).toEqual([
    'everything',
    '50%',
    '10%',
    '2x budget (2%)',
    '1x budget (1%)',
  ]);
  expect(found[0]).toMatchObject({ first: { tier: 'outage', severity: 'page' }, page: { tier: 'outage' } });
  expect(found[4]).toMatchObject({ first: { severity: 'ticket' }, page: null });
  expect(await detections(same!)).toBe(found);
  expect(await detections(other!)).not.toEqual(found);
  ({ traffic } = await loadSlos('1/day'));
  expect((await detections(one!))[0]!.first!.after).toBeGreaterThan(found[0]!.first!.after);
});
