import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { SigningSecret } from '../../core/ports/button-presses.ts';
import { MINUTE, SECOND } from '../../core/time/duration.ts';
import { HttpProblem } from '../answers/problems.ts';

/** Older requests, or those from further ahead, may be someone else's who kept them. */
const LONGEST_AGE = 5 * MINUTE;

/**
 * The targets whose app signed a request, by Slack's signature v0, and their channels. Throws the `HttpProblem` to answer with when
 * there is none, or when it is stale. What is signed says nothing to those who do not know a secret: all of them are answered alike.
 */
export function signersOf(
  { headers }: Pick<IncomingMessage, 'headers'>,
  body: Buffer,
  secrets: readonly SigningSecret[],
  now: number,
): ReadonlyMap<string, string> {
  const timestamp = headers['x-slack-request-timestamp'];
  const signature = headers['x-slack-signature'];
  const signers = new Map<string, string>();
  const isFresh =
    typeof timestamp === 'string' &&
    /^\d{1,12}$/.test(timestamp) &&
    Math.abs(now - Number(timestamp) * SECOND) <= LONGEST_AGE;
  if (isFresh && typeof signature === 'string') {
    const given = Buffer.from(signature);
    // Many targets are often of one app, and a body is long: each secret is tried once. All are compared, equal or not, so that
    // the time taken says nothing about which one came close.
    for (const secret of new Set(secrets.map((one) => one.secret))) {
      const mac = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex');
      const expected = Buffer.from(`v0=${mac}`);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) continue;
      for (const one of secrets) if (one.secret === secret) signers.set(one.target, one.channel);
    }
  }
  if (signers.size > 0) return signers;
  throw new HttpProblem(
    'bad-signature',
    'This must be signed by Slack with the signing secret of a slackApp target, at most 5 minutes ago.',
  );
}
