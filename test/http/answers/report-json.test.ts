import { describe, expect, it } from 'vitest';
import { HOUR } from '../../../src/core/time/duration.ts';
import {
  acknowledgementJson,
  adjustmentJson,
  historyJson,
  sloDetailJson,
  sloJson,
} from '../../../src/http/answers/report-json.ts';
import { NOW, adjustment, burningSlo, history, journeySlo, sloDetail } from '../fakes.ts';

/** Everything in a JSON document that is neither an array nor an object, with its path. */
function leaves(value: unknown, path = ''): [path: string, leaf: unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}/${key}`));
}

const sent = (body: object): unknown => JSON.parse(JSON.stringify(body));

describe('the JSON of reports', () => {
  it('writes the times of an SLO as RFC 3339, those of its failed executions included', () => {
    const detail = sloDetail();
    const { lastFailed, detections, route, ...slo } = detail;
    expect(sent(sloDetailJson(detail))).toEqual({
      ...slo,
      windows: [{ ...slo.windows[0], from: '2026-02-10T12:00:00.000Z', to: '2026-03-10T12:00:00.000Z' }],
      historySince: '2026-02-18T12:00:00.000Z',
      evaluatedAt: '2026-03-10T12:00:00.000Z',
      dataThrough: '2026-03-10T12:00:00.000Z',
      lastFailed: [
        { ...lastFailed[0], at: '2026-03-10T11:58:00.000Z' },
        { ...lastFailed[1], at: '2026-03-10T11:00:00.000Z' },
      ],
      detections: [
        {
          ...detections[0],
          first: { tier: 'outage', severity: 'page', after: '5m' },
          page: { tier: 'outage', after: '5m' },
        },
        { ...detections[1], first: { tier: 'creep', severity: 'ticket', after: '3d' } },
        detections[2],
      ],
      route: {
        ...route,
        escalation: [{ after: '15m', to: [{ name: 'head', kind: 'email' }] }],
      },
    });
    expect(sent(sloJson(burningSlo()))).toMatchObject({
      budget: { exhaustsAt: '2026-03-10T15:20:00.000Z' },
      incident: { openedAt: '2026-03-10T11:35:00.000Z', acknowledged: null },
    });
  });

  it('writes the times of adjustments as RFC 3339, and how long each occurrence lasts as a duration', () => {
    const [once, weekly, ended] = journeySlo().adjustments.map((each) => sent(adjustmentJson(each)));
    const time = { from: '2026-03-10T11:00:00.000Z', to: '2026-03-10T13:00:00.000Z' };
    expect(once).toEqual({
      ...adjustment({ workflow: 'order-fulfillment', slo: null }),
      createdAt: '2026-03-09T12:00:00.000Z',
      when: { kind: 'once', ...time },
      occurrence: time,
    });
    expect(weekly).toMatchObject({
      when: { kind: 'recurring', start: '2026-03-10T12:00:00.000Z', duration: '2h', until: null },
      occurrence: { from: '2026-03-13T12:00:00.000Z', to: '2026-03-13T14:00:00.000Z' },
    });
    expect(ended).toMatchObject({ ended: { at: '2026-03-08T12:00:00.000Z', by: 'kim' }, occurrence: null });
    const withdrawn = { at: NOW, by: 'kim', actor: null, reason: null };
    expect(sent(adjustmentJson(adjustment({ withdrawn })))).toMatchObject({
      withdrawn: { ...withdrawn, at: '2026-03-10T12:00:00.000Z' },
    });
  });

  it('lets no time out as a number', () => {
    const slo = journeySlo();
    const bodies = [
      sloDetailJson(burningSlo()),
      sloDetailJson(slo),
      historyJson({ ...history(), adjustments: slo.adjustments }),
      acknowledgementJson({ incident: slo.incident!.id, at: NOW - HOUR, by: 'sam', note: null, actor: null }),
    ];
    const numbers = bodies
      .flatMap((body) => leaves(sent(body)))
      .filter(([, leaf]) => typeof leaf === 'number');
    expect(numbers.length).toBeGreaterThan(50);
    // Milliseconds since the epoch passed this number in 1973; nothing that is counted here is as large.
    expect(numbers.filter(([, leaf]) => (leaf as number) >= 1e11)).toEqual([]);
  });
});
