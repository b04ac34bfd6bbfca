import { describe, expect, it } from 'vitest';
import { notifyTest } from '../../src/cli/notify-test.ts';
import { readConfig } from '../../src/config.ts';
import { sloFolder } from '../support/slo-folder.ts';

const FILES = `
people: { anna: [anna-phone, anna-mail], ben: [ben-phone] }
teams: { shop: { page: [oncall] } }
targets:
  anna-phone: { log: {} }
  anna-mail: { log: {} }
  ben-phone: { log: {} }
  oncall: { rotation: { every: 1d, starting: 2026-03-02 09:00, people: [anna, ben] } }
---
workflow: orders
owner: shop
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
`;

async function tryTarget(name: string, at: string) {
  const config = readConfig({ BURNWATCH_SLOS: await sloFolder(FILES) }, {});
  const printed: string[] = [];
  const clock = { now: () => Date.parse(at) };
  const answer = await notifyTest(name, config, clock, (text) => printed.push(text));
  return { ...answer, printed: printed.join('') };
}

describe('burnwatch notify test', () => {
  it('of a schedule reaches the targets of who is on call, and says who that is', async () => {
    const { ok, text, printed } = await tryTarget('oncall', '2026-03-02T09:00:00Z');
    expect(ok).toBe(true);
    expect(text.split('\n')).toEqual([
      'anna is on call by oncall.',
      'Delivered a test notification to anna-phone (log).',
      'Delivered a test notification to anna-mail (log).',
    ]);
    expect(printed.match(/A test of the target \S+/g)).toEqual([
      'A test of the target anna-phone',
      'A test of the target anna-mail',
    ]);
    expect((await tryTarget('oncall', '2026-03-03T09:00:00Z')).text).toContain('ben is on call');
  });

  it('of what is neither says what there is', async () => {
    const { ok, text } = await tryTarget('on-call', '2026-03-02T09:00:00Z');
    expect(ok).toBe(false);
    expect(text).toBe(
      'There is no target on-call; the SLO files define: anna-phone, anna-mail, ben-phone, oncall.',
    );
  });
});
