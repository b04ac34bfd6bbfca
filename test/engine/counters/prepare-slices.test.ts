import { expect, it } from 'vitest';
import { defineSlo } from '../../support/definitions.ts';
import { startWorld } from '../../support/world.ts';

it('G2: thousands of SLOs are prepared a few hundred at a time, and all of them can be judged', async () => {
  const slos = Array.from({ length: 1001 }, (_, index) => defineSlo({ name: `slo-${index}` }));
  const world = await startWorld({ slos });
  try {
    await world.report(3, 1);
    const reader = world.newReader();
    const before = world.wrapped.calls('changes').length;
    await reader.prepare(slos, world.clock.now());
    // Each slice asks what has changed since; one of them all asks once.
    expect(world.wrapped.calls('changes').length - before).toBeGreaterThanOrEqual(3);
    for (const slo of slos)
      expect(reader.evidence(slo, world.clock.now()).sum(slo.window.duration)).toEqual({ good: 3, bad: 1 });
  } finally {
    await world.close();
  }
});
