import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { LinkAction, ReadLink, SignLink } from '../../core/ports/incident-links.ts';
import type { Severity } from '../../core/slo/alert-policy.ts';

/** Every replica has the same secret, so that each knows the links of the others. */
export interface SignedLinks {
  readonly sign: SignLink;
  readonly read: ReadLink;
}

/** What the key is for, so that the same secret elsewhere makes another one. */
const PURPOSE = 'burnwatch links of incidents, 1';
const ACTIONS: Readonly<Record<LinkAction, string>> = { acknowledge: 'a', silence: 's' };
const SEVERITIES: Readonly<Record<Severity, string>> = { page: 'p', ticket: 't' };
const CLAIMS = /^([as])([pt])\.([0-9a-z]{1,11})\.([\w-]{1,100})$/;

/**
 * Makes what signs links and reads them: a short text of what each is for, and its HMAC-SHA-256. The first secret signs; links of the
 * others are read as well, so that a secret can be replaced while messages with its links are out. Without any there are no links.
 */
export function createSignedLinks(secrets: readonly string[]): SignedLinks {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', PURPOSE, 32)));
  const [first] = keys;
  if (!first) return { sign: () => null, read: () => null };
  return {
    sign({ action, severity, expiresAt, incident }) {
      const claims = `${ACTIONS[action]}${SEVERITIES[severity]}.${expiresAt.toString(36)}.${incident}`;
      return CLAIMS.test(claims) ? `${claims}.${seal(first, claims)}` : null;
    },
    read(text) {
      const end = text.lastIndexOf('.');
      const claims = text.slice(0, Math.max(0, end));
      const [, action, severity, expiresAt = '', incident = ''] = CLAIMS.exec(claims) ?? [];
      const given = Buffer.from(text.slice(end + 1));
      // All are compared, equal or not. As texts: of the same bytes there are several in base64url, and a link has one.
      const fitting = keys.filter((key) => {
        const own = Buffer.from(seal(key, claims));
        return given.length === own.length && timingSafeEqual(own, given);
      });
      if (fitting.length === 0 || action === undefined) return null;
      return {
        action: action === ACTIONS.acknowledge ? 'acknowledge' : 'silence',
        severity: severity === SEVERITIES.page ? 'page' : 'ticket',
        expiresAt: parseInt(expiresAt, 36),
        incident,
      };
    },
  };
}

function seal(key: Buffer, claims: string): string {
  return createHmac('sha256', key).update(claims).digest('base64url');
}
