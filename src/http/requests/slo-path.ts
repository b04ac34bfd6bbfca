import type { Request } from 'express';

/** The id in a path that ends with `*id`, `{workflow}/{slo}`, whether slashes of the workflow are encoded or not. */
export function sloId(request: Request): string {
  // A wildcard matches a list of segments, each decoded already.
  return (request.params['id'] as unknown as readonly string[]).join('/');
}
