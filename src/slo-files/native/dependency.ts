import { z } from 'zod';
import { parseObjective } from '../../core/budget/objective.ts';
import type { Dependency } from '../../core/slo/dependency.ts';
import { httpUrl, mapWith, text } from './field-schemas.ts';
import type { Partly } from '../yaml/usable-part.ts';

const SLA = 'a share below 100%, such as 99.5% or 0.995';

/** What was promised of what workflows call. */
export const dependencySchema = mapWith(
  {
    sla: z
      .union([z.string({ error: SLA }), z.number({ error: SLA })], { error: SLA })
      .refine((sla) => parseObjective(String(sla)) !== null, { error: SLA })
      .describe('The share of calls promised to succeed in a calendar month (UTC), such as 99.5%.'),
    owner: text.optional().describe('Who answers for it: a team, or another company.'),
    status: httpUrl.optional().describe('Its status page; linked where it is shown.'),
  },
  'a map with sla, and perhaps owner and status',
);

/** The dependency that is written under a name; null when it cannot be used, which was reported. */
export function readDependency(
  name: string,
  { sla: written, owner, status }: Partly<z.infer<typeof dependencySchema>>,
  source: string,
): Dependency | null {
  const sla = written === undefined ? null : parseObjective(String(written));
  return sla && { name, sla, owner: owner ?? null, status: status ?? null, source };
}
