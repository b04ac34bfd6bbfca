import { describe, expect, it } from 'vitest';
import type { IncidentLink, SignLink } from '../../../src/core/ports/incident-links.ts';
import { LINK_LIFETIME } from '../../../src/notify/message/action-links.ts';
import type { Links } from '../../../src/notify/message/message.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { ntfyMessage } from '../../../src/notify/ntfy/ntfy-message.ts';
import { ESCALATED, LINKS, OPENED, RESOLVED, TEST, notificationOf } from '../example-facts.ts';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';

const signed: IncidentLink[] = [];
const signLink: SignLink = (link) => {
  signed.push(link);
  return `${link.action}-${link.incident}-signed`;
};
const labelsOf = (facts: NotificationFacts, links: Links = { ...LINKS, signLink }) =>
  composeMessage(notificationOf(facts), links).links.map(({ label }) => label);

describe('the links by which readers act', () => {
  it('are of the incident as it was told, and first', () => {
    signed.length = 0;
    const [acknowledge] = composeMessage(notificationOf(OPENED), { ...LINKS, signLink }).links;
    expect(acknowledge).toEqual({
      label: 'Acknowledge',
      url: `https://burnwatch.example.com/links/acknowledge-${OPENED.incident}-signed`,
    });
    expect(signed).toEqual(
      (['acknowledge', 'silence'] as const).map((action) => ({
        action,
        incident: OPENED.incident,
        severity: 'page',
        expiresAt: OPENED.at + LINK_LIFETIME,
      })),
    );
    expect(labelsOf(ESCALATED).slice(0, 2)).toEqual(['Acknowledge', 'Silence']);
  });

  it('are not there without a key or an address, nor when there is nothing to do', () => {
    const acts = (labels: readonly string[]) => labels.filter((label) => /Acknowledge|Silence/.test(label));
    expect(acts(labelsOf(OPENED, LINKS))).toEqual([]);
    expect(acts(labelsOf(OPENED, { ...LINKS, publicUrl: null, signLink }))).toEqual([]);
    expect(acts(labelsOf(OPENED, { ...LINKS, signLink: () => null }))).toEqual([]);
    expect(acts(labelsOf(RESOLVED))).toEqual([]);
    expect(acts(labelsOf(TEST))).toEqual([]);
    expect(acts(labelsOf({ ...OPENED, acknowledged: { by: 'eva', at: OPENED.at } }))).toEqual(['Silence']);
  });

  it('are among the few that a phone shows', () => {
    const message = ntfyMessage(composeMessage(notificationOf(OPENED), { ...LINKS, signLink }), 'oncall');
    expect(message.actions!.map(({ label }) => label).slice(0, 2)).toEqual(['Acknowledge', 'Silence']);
    expect(message.click).toContain('/slos/');
  });
});
