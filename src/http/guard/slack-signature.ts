import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { SigningSecret } from '../../core/ports/button-presses.ts';
import { MINUTE, SECOND } from '../../core/time/duration.ts';
import { HttpProblem } from '../answers/problems.ts';

/** Older requests, or those from further ahead, may be someone else's who kept them. */
const LONGEST_AGE = 5 * MINUTE;

/**
 * The targets whose app signed a request, by Slack's signature v0. Throws the `HttpProblem` to answer with when there is none, or
 * when it is stale. What is signed says nothing to those who do not know a secret: all of them are answered alike.
 */
export function signersOf(
  { headers }: Pick<IncomingMessage, 'headers'>,
  body: Buffer,
  secrets: readonly SigningSecret[],
  now: number,
): ReadonlySet<string> {
  const timestamp = headers['x-slack-request-timestamp'];
  const signature = headers['x-slack-signature'];
  const signers = new Set<string>();
  if (typeof timestamp === 'string' && typeof signature === 'string' && /^\d{1,12}$/.test(timestamp)) {
    const given = Buffer.from(signature);
    // All are compared, equal or not, so that the time taken says nothing about which one came close.
    for (const { target, secret } of secrets) {
      const mac = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex');
      const expected = Buffer.from(`v0=${mac}`);
      if (given.length === expected.length && timingSafeEqual(given, expected)) signers.add(target);
    }
    if (Math.abs(now - Number(timestamp) * SECOND) > LONGEST_AGE) signers.clear();
  }
  if (signers.size > 0) return signers;
  throw new HttpProblem(
    'bad-signature',
    'This must be signed by Slack with the signing secret of a slackApp target, at most 5 minutes ago.',
  );
}
