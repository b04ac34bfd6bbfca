import { ApplicationFailure, condition } from '@temporalio/workflow';

/** Runs in the sandbox of Temporal's workflows. */
export async function order(outcome: string): Promise<string> {
  if (outcome === 'declined') throw ApplicationFailure.nonRetryable('no card of bob@example.com', 'Declined');
  if (outcome === 'cancelled') await condition(() => false);
  return outcome;
}
