import { createHmac } from 'node:crypto';

/** The headers of a form that Slack sends, signed with the secret of an app at a moment. */
export function signedBySlack(body: string, secret: string, at: number): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    'Content-Type': 'application/x-www-form-urlencoded',
    'X-Slack-Request-Timestamp': timestamp,
    'X-Slack-Signature': `v0=${mac}`,
  };
}
