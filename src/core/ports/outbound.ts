/** Where requests of the service may go: webhooks and the heartbeat. */
export interface OutboundRules {
  /** Whether plain http is allowed: never, to this machine, or to this machine and to private addresses. */
  readonly http: 'never' | 'loopback' | 'private';
  /** Names of hosts, with `*` for any characters; null allows every host. */
  readonly hosts: readonly string[] | null;
}

/** How to reach the mail server. */
export interface MailServer {
  /** Such as `smtp://user:password@host:587` or `smtps://host`. */
  readonly url: string;
  /** Sends user and password without TLS as well; without it they go in the clear only to this machine. */
  readonly plainLogin: boolean;
  /** Certificates of authorities to trust (PEM); null for those that Node trusts. */
  readonly ca: string | null;
}

/** What a connection over TLS trusts and shows, as PEM; null for what Node trusts, and for nothing to show. */
export interface TlsCredentials {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** Sends a request and resolves once its answer, or the beginning of it, is there. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
