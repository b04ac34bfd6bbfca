/** The pictures of an SLO that have addresses below its own, as their last part. */
export const SLO_PICTURES = ['badge.svg', 'budget.svg', 'budget.png'] as const;

/**
 * Whether an SLO of this name could not be read, since its address is that of a picture: where the name of a workflow has
 * parts, the last of them may be an SLO of a workflow that is named like the others.
 */
export function isHiddenByPicture(workflow: string, name: string): boolean {
  return workflow.includes('/') && SLO_PICTURES.some((picture) => picture === name);
}
