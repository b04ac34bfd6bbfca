import { DAY } from '../../time/duration.ts';
import type { TierKind } from '../tier-kind.ts';

export const NO_DATA: TierKind<'noData'> = {
  judgesSamples: false,
  windows: () => [],
  streak: ({ after }) => after,
  asksUsualGap: () => false,
  pace: () => null,
  read(tier, { evidence: { streak, since }, watched }) {
    const { lastAt } = streak();
    const silentFor = Math.max(0, watched(Math.max(since, lastAt ?? since)));
    const met = silentFor >= tier.after;
    return { tier, met, cleared: !met, figures: { kind: 'noData', lastAt, silentFor } };
  },
  reach: () => DAY,
  lately: () => null,
  burn: () => 0,
  burnRates: () => [],
  reason: (_objective, { kind, name, severity, after }, { lastAt, silentFor }) => ({
    tier: name,
    severity,
    kind,
    after,
    lastAt,
    silentFor,
  }),
};
