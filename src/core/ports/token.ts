export type Scope = 'read' | 'write' | 'admin';

/** A secret that lets its bearer do what its scopes say; `admin` includes the others. */
export interface Token {
  readonly name: string;
  readonly secret: string;
  readonly scopes: ReadonlySet<Scope>;
}
