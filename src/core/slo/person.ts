/** Who can be on call, and the targets that reach them. */
export interface Person {
  readonly name: string;
  /** Names of targets, none of which is a schedule. */
  readonly targets: readonly string[];
}
