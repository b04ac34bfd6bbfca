import type { WorkflowReport } from '../../core/ports/queries.ts';
import { formatCount } from '../../core/words/figures.ts';
import { when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** The queues of a workflow, with their last 24 hours. */
export function queueCard(queues: WorkflowReport['queues'], now: number): Markup | null {
  if (queues.length === 0) return null;
  return (
    <section class="card" id="queues" aria-label="Queues">
      <header>
        <h2>Queues</h2>
        <p>the mean of each hour, of the last 24 hours</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">Behind</th>
            <th scope="col">Depth</th>
            <th scope="col">Read</th>
            <th scope="col">By hour, oldest first</th>
            <th scope="col">Highest</th>
          </tr>
        </thead>
        <tbody>
          {queues.map(({ name, after, depth, at, history }) => (
            <tr>
              <th scope="row">{name}</th>
              <td data-label="Behind">{after ?? '–'}</td>
              <td data-label="Depth">{depth === null ? 'no reading' : formatDepth(depth)}</td>
              <td data-label="Read">{at === null ? '–' : when(at, now)}</td>
              <td data-label="By hour">{history.map(({ mean }) => formatDepth(mean)).join(' ') || '–'}</td>
              <td data-label="Highest">
                {history.length === 0 ? '–' : formatDepth(Math.max(...history.map(({ highest }) => highest)))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Whole from ten on; below that with one digit, so that a queue that is hardly ever empty does not look so. */
export function formatDepth(depth: number): string {
  return Math.abs(depth) >= 10 ? formatCount(Math.round(depth)) : String(Math.round(depth * 10) / 10);
}
