/** An SLI as its counters are named: what it selects, in the workflow it is reported for. */
export interface SliId {
  readonly workflow: string;
  readonly fingerprint: string;
}
