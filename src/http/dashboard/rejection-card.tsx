import type { RejectionCount } from '../../core/ports/rejections.ts';
import { formatCount } from '../../core/words/figures.ts';
import { nearest } from '../../core/words/suggestion.ts';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

const MAX_ROWS = 20;

/**
 * What was rejected in the last hour, most first; null when nothing was. `workflows` are the names that the viewer may read: an unknown one
 * is most likely one of these.
 */
export function rejectionCard(
  rejections: readonly RejectionCount[],
  workflows: ReadonlySet<string>,
): Markup | null {
  if (rejections.length === 0) return null;
  const all = rejections.reduce((sum, { count }) => sum + count, 0);
  const more = rejections.length - MAX_ROWS;
  return (
    <section class="card" aria-label="Rejected records">
      <header>
        <h2>
          Rejected: {formatCount(all)} {all === 1 ? 'record' : 'records'} in the last hour
        </h2>
        <p>sent to this replica and not counted</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Workflow</th>
            <th scope="col">Code</th>
            <th scope="col">Records</th>
            <th scope="col">The latest one</th>
          </tr>
        </thead>
        <tbody>{rejections.slice(0, MAX_ROWS).map((rejection) => rejectionRow(rejection, workflows))}</tbody>
      </table>
      {more > 0 ? <p class="note">And {formatCount(more)} more kinds.</p> : null}
    </section>
  );
}

function rejectionRow(
  { workflow, code, count, message }: RejectionCount,
  workflows: ReadonlySet<string>,
): Markup {
  const meant = workflow !== null && !workflows.has(workflow) ? nearest(workflow, workflows) : undefined;
  return (
    <tr>
      <th scope="row">
        {workflow ?? '–'}
        {meant === undefined ? null : <small class="alarm">did you mean {meant}?</small>}
      </th>
      <td data-label="Code">
        <code>{code}</code>
      </td>
      <td data-label="Records">{formatCount(count)}</td>
      <td data-label="The latest one">{message}</td>
    </tr>
  );
}
