import type { MailServer, OutboundRules } from '../../src/core/ports/outbound.ts';

/** What the service allows when nothing is set. */
export const OUTBOUND: OutboundRules = { http: 'loopback', hosts: null };

/** A mail server as the service reaches it when nothing but its address is set. */
export function mailServerAt(url: string): MailServer {
  return { url, plainLogin: false, ca: null };
}
