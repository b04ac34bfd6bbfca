import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BudgetChartData } from '../../../src/core/ports/chart-data.ts';
import type { ChartRenderer } from '../../../src/core/ports/chart-renderer.ts';
import { emailTarget, mailTransport } from '../../../src/notify/email/email-target.ts';
import { createMessagePictures } from '../../../src/notify/message/message-pictures.ts';
import { createPngRenderer } from '../../../src/png/png-renderer.ts';
import { chartData } from '../../charts/chart-data.ts';
import type { MailReceiver } from '../../support/mail-receiver.ts';
import { startMailReceiver } from '../../support/mail-receiver.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { mailServerAt } from '../../support/outbound.ts';
import { readPngSize } from '../../support/read-png.ts';
import { LINKS, OPENED, RESOLVED, notificationOf } from '../example-facts.ts';

const NEVER = new AbortController().signal;
const LARGEST = 150_000;

let mail: MailReceiver;
let renderer: ChartRenderer;
let log: ReturnType<typeof memoryLog>;
beforeEach(async () => {
  mail = await startMailReceiver();
  renderer = createPngRenderer();
  log = memoryLog();
});
afterEach(async () => {
  await renderer.close();
  await mail.close();
});

async function send(
  charts: Pick<ChartRenderer, 'png'>,
  { within = 10_000, facts = OPENED, read = async (): Promise<BudgetChartData | null> => chartData() } = {},
): Promise<unknown> {
  const target = emailTarget('mailbox', ['oncall@example.com'], {
    transport: mailTransport(mailServerAt(mail.url), 10_000),
    from: 'Burnwatch <burnwatch@alerts.example.com>',
    links: LINKS,
    pictures: createMessagePictures({ read, charts, log, within }),
    timeoutMs: 10_000,
  });
  const delivery = await target.send(notificationOf(facts), NEVER);
  await target.close();
  return delivery;
}

const DELIVERED = { result: 'delivered' };

describe('the picture in a mail', () => {
  it('is part of it, in the HTML, with what it shows in words', async () => {
    expect(await send(renderer)).toEqual(DELIVERED);
    const { parsed, raw } = mail.mails[0]!;
    expect(raw).toMatch(/Content-Type: multipart\/related;/);
    expect(raw).toMatch(/Content-Type: multipart\/alternative;/);
    expect(parsed.attachments).toHaveLength(1);
    const { content, contentType, contentDisposition, cid, related } = parsed.attachments[0]!;
    expect({ contentType, contentDisposition, related }).toEqual({
      contentType: 'image/png',
      contentDisposition: 'inline',
      related: true,
    });
    expect(readPngSize(content)).toEqual({ width: 1200, height: 860 });
    expect(content.length).toBeLessThan(LARGEST);
    const html = /Content-Type: text\/html[^]*?\r\n\r\n([^]*?)\r\n--/.exec(raw)![1]!;
    const unfolded = html.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    expect(unfolded).toContain(`src="cid:${cid}"`);
    expect(unfolded).toMatch(
      /<img [^>]*width="600" alt="Error budget: \d+% of the budget of 95% over 28d is left/,
    );
    expect(log.entries).toEqual([]);
  });

  it('is made again for another try', async () => {
    mail.answer(451);
    expect(await send(renderer, { facts: RESOLVED })).toMatchObject({ result: 'retry' });
    expect(await send(renderer, { facts: RESOLVED })).toEqual(DELIVERED);
    expect(mail.mails[0]!.parsed.attachments).toHaveLength(1);
  });
});

describe('D3: no page is lost or held back because of its picture', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('no thread')), 10_000, 'no thread'],
    ['hangs', () => new Promise<never>(() => {}), 5, 'It was not made within 5 ms.'],
  ] as const)('when drawing %s', async (_what, png, within, reason) => {
    expect(await send({ png }, { within })).toEqual(DELIVERED);
    const { parsed, raw } = mail.mails[0]!;
    expect(parsed.attachments).toEqual([]);
    expect(parsed.html).not.toContain('<img');
    expect(raw).not.toContain('multipart/related');
    expect(log.entries.map(({ fields }) => fields)).toMatchObject([{ incident: OPENED.incident, reason }]);
  });

  it('when there is nothing to show, which is no problem', async () => {
    expect(await send(renderer, { read: async () => null })).toEqual(DELIVERED);
    expect(mail.mails[0]!.parsed.attachments).toEqual([]);
    expect(log.entries).toEqual([]);
  });
});
