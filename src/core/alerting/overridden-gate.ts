/** That the gate was overridden: for the changes of a workflow, or of all of a team; one of these is null. */
export interface OverriddenGate {
  readonly workflow: string | null;
  readonly team: string | null;
  readonly reason: string;
  readonly by: string;
  readonly from: number;
  /** When it ends, or ended before its time. */
  readonly until: number;
}
