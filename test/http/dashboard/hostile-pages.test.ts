import { describe, expect, it } from 'vitest';
import type { LinkView } from '../../../src/core/ports/incident-links.ts';
import type { OnCallReport, ShiftReport } from '../../../src/core/ports/on-call.ts';
import { linkPage } from '../../../src/http/dashboard/link-page.tsx';
import { onCallPage } from '../../../src/http/dashboard/on-call-page.tsx';
import { ATTACKS } from '../../notify/hostile-texts.ts';
import { html } from '../../notify/read-markup.ts';
import { NOW } from '../fakes.ts';

/** A text of others on a page; of each page all make another attack in each round. */
type TextAt = (place: number) => string;

function shift(text: TextAt, place: number, until: number | null): ShiftReport {
  return {
    person: text(place),
    targets: [text(place + 1), text(place + 2)],
    from: NOW,
    until,
    because: 'override',
  };
}

function schedule(text: TextAt): OnCallReport {
  return {
    schedule: text(0),
    kind: 'calendar',
    place: text(1),
    timeZone: 'Europe/Berlin',
    teams: [text(2), text(3)],
    now: shift(text, 4, NOW + 60_000),
    next: shift(text, 7, null),
    problem: text(10),
  };
}

const LINK = { action: 'silence', incident: 'mi9x2k00-4f7a', severity: 'page', expiresAt: NOW } as const;

function linkPages(text: TextAt): string[] {
  const visitor = { link: 'a-signed-link', by: text(1), reason: text(2), problem: text(3), isDone: false };
  const incident = { slo: text(4), owner: text(5), severity: 'page', openedAt: NOW, peakBurnRate: 3 };
  const usable = { state: 'usable', link: LINK, incident } as unknown as LinkView;
  const used: LinkView = { state: 'used', link: LINK, slo: text(6), by: text(7), at: NOW, silence: null };
  return [usable, used].map((view) => linkPage(view, visitor, '', { now: NOW, theme: null }));
}

const PAGES: Readonly<Record<string, (text: TextAt) => readonly string[]>> = {
  'who is on call': (text) => [onCallPage([schedule(text), schedule(text)], '', NOW).text],
  'the links of messages': linkPages,
};

describe.each(Object.entries(PAGES))('D4: hostile texts on the pages of %s', (_, pagesOf) => {
  // Pages show texts as they are, also what is not seen of them; its direction ends with its block.
  const readingOf = (text: TextAt) =>
    pagesOf(text).map((page) => html(page).filter((part) => part !== 'invisible'));
  const harmless = readingOf(() => 'harmless');

  it.each([...ATTACKS.keys()])('change no element, attribute or link of them: round %s', (round) => {
    expect(harmless.flat().length).toBeGreaterThan(40);
    const attack: TextAt = (place) => ATTACKS[(place + round) % ATTACKS.length]!;
    expect(readingOf(attack)).toEqual(harmless);
  });

  it('are shown whole, as they are', () => {
    const attack = '</title></td></code><script>x()</script>';
    for (const page of pagesOf(() => attack)) expect(page).toContain('&lt;script&gt;x()&lt;/script&gt;');
  });
});
