import type { WorkflowInterceptors } from '@temporalio/workflow';
import { proxySinks } from '@temporalio/workflow';
import type { BurnwatchSinks } from '../../src/client/temporal.ts';
import { reportWorkflow } from '../../src/client/temporal.ts';

/** As an application has it in its bundle of workflows. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [reportWorkflow(proxySinks<BurnwatchSinks>())],
});
