import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../../core/ports/token.ts';
import type { HttpProblem } from '../answers/problems.ts';

/** Records what a body holds, and answers. Rejects with the `HttpProblem` to answer with, or what becomes one. */
export type TakeBody = (bytes: Buffer, caller: Caller, response: ServerResponse) => Promise<void>;

/** How requests that report something are read and answered; what they may cost is the same for all. */
export interface Protocol {
  /** Looks at the headers, before anything of the body is read. Throws the `HttpProblem` to answer with. */
  open(request: IncomingMessage): TakeBody;
  /** Whether a body of no bytes is one that reports nothing. */
  takesEmpty(request: IncomingMessage): boolean;
  refuse(request: IncomingMessage, response: ServerResponse, problem: HttpProblem): void;
}
