import type { Refused } from './refused.ts';

/** What became of a notification that is marked as a test. */
export interface TargetTestReport {
  readonly delivered: boolean;
  /** The same as a sentence, with the reason when it was not delivered; one each where several targets stand behind a name. */
  readonly message: string;
}

export interface TestTargets {
  /**
   * Sends one to a target at once, past the outbox, or to those of who is on call by a schedule. Refused as `too-many` when one of them
   * was sent a test less than a minute ago.
   */
  testTarget(name: string): Promise<TargetTestReport | Refused>;
}
