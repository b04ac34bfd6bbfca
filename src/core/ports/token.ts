import { matches } from '../sli/selection.ts';

/**
 * What can be done: `ingest` reports outcomes and measurements, `embed` shows badges and budgets to others, `read` reads that and all else, `respond` acknowledges, `write` adjusts budgets and
 * may do what `ingest` and `respond` may, `admin` may do everything.
 */
export const SCOPES = ['ingest', 'embed', 'read', 'respond', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A scope, for every workflow or for those that a pattern names. In patterns `*` is any text, `?` one character. */
export interface Grant {
  readonly scope: Scope;
  /** By name, or by the name of the owning team; null: every workflow. */
  readonly only: { readonly by: 'workflow' | 'owner'; readonly pattern: string } | null;
}

/** A secret that lets its bearer do what its grants say. */
export interface Token {
  readonly name: string;
  /** The SHA-256 of the secret as hexadecimal digits; the secret itself is not kept. */
  readonly digest: string;
  readonly grants: readonly Grant[];
}

/** What a request is about; the owner is null where no SLO file defines the workflow. */
export interface Subject {
  readonly workflow: string;
  readonly owner: string | null;
}

/** The one who asks. */
export interface Caller {
  /** The name of the token, or `proxy:` and the name that an identity proxy gave; null without any. */
  readonly name: string | null;
  /** Where the request came from; of a trusted proxy, what it says. */
  readonly address: string;
  readonly grants: readonly Grant[];
}

const INCLUDED: Readonly<Record<Scope, readonly Scope[]>> = {
  ingest: ['ingest', 'write', 'admin'],
  embed: ['embed', 'read', 'admin'],
  read: ['read', 'admin'],
  respond: ['respond', 'write', 'admin'],
  write: ['write', 'admin'],
  admin: ['admin'],
};

/** Whether a caller may do this to at least one workflow there could be. */
export function maySome({ grants }: Pick<Caller, 'grants'>, scope: Scope): boolean {
  return grants.some((grant) => INCLUDED[scope].includes(grant.scope));
}

/** Whether a caller may do this to all workflows. */
export function mayAll({ grants }: Pick<Caller, 'grants'>, scope: Scope): boolean {
  return grants.some(({ scope: granted, only }) => only === null && INCLUDED[scope].includes(granted));
}

/** Whether a caller may do this to a workflow. */
export function may({ grants }: Pick<Caller, 'grants'>, scope: Scope, subject: Subject): boolean {
  return grants.some(
    ({ scope: granted, only }) =>
      INCLUDED[scope].includes(granted) && (only === null || names(only, subject)),
  );
}

/** The patterns of the workflows that a caller may do this to; null: all workflows. */
export function boundsOf(
  caller: Pick<Caller, 'grants'>,
  scope: Scope,
): readonly NonNullable<Grant['only']>[] | null {
  if (mayAll(caller, scope)) return null;
  return caller.grants.flatMap(({ scope: granted, only }) =>
    only !== null && INCLUDED[scope].includes(granted) ? [only] : [],
  );
}

/**
 * Whether an answer may name a workflow to a caller: one that it may read, or that a pattern of its names. One that may report
 * to every workflow need not learn which others there are.
 */
export function mayName(caller: Pick<Caller, 'grants'>, subject: Subject): boolean {
  return (
    may(caller, 'read', subject) || caller.grants.some(({ only }) => only !== null && names(only, subject))
  );
}

function names({ by, pattern }: NonNullable<Grant['only']>, { workflow, owner }: Subject): boolean {
  const name = by === 'workflow' ? workflow : owner;
  return name !== null && matches(pattern, name);
}

/** Everything, for every workflow. */
export const ALL_GRANTS: readonly Grant[] = [{ scope: 'admin', only: null }];

/** What a caller without a token may do to a service that others can reach: nothing that changes a budget or is for admins. */
export const OPEN_GRANTS: readonly Grant[] = (['ingest', 'read', 'respond'] as const).map((scope) => ({
  scope,
  only: null,
}));

/** Burnwatch itself, which reports its own deliveries. */
export const SERVICE_ITSELF: Caller = { name: null, address: 'burnwatch', grants: ALL_GRANTS };

/** Under which name a caller takes its share of what is limited: its token's, else its address. */
export function shareOf({ name, address }: Pick<Caller, 'name' | 'address'>): string {
  return name === null ? `address ${networkOf(address)}` : `token ${name}`;
}

/** The address itself; of IPv6 the network of a customer, who has as many addresses in it as they like. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = head.split(':').filter(Boolean);
  const last = tail === undefined ? [] : tail.split(':').filter(Boolean);
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
