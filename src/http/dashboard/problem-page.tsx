import type { HttpProblem } from '../answers/problems.ts';
import type { Theme } from './layout.tsx';
import { htmlPage } from './layout.tsx';
import { h } from './markup.ts';

/** What a browser shows of an address where there is no page, and of one that asks for what there is not. */
export function problemPage({ code, message }: HttpProblem, base: string, theme: Theme | null): string {
  const title =
    code === 'not-found'
      ? 'There is nothing here'
      : code === 'invalid-query'
        ? 'This address asks for something that there is not'
        : 'This did not work';
  return htmlPage({
    title,
    base,
    icon: 'dashboard.svg',
    theme,
    head: null,
    main: (
      <main id="main">
        <section class="empty">
          <h1>{title}</h1>
          <p>{message}</p>
          <p>
            <a href={`${base}/`}>All SLOs</a> · <a href={`${base}/incidents`}>Incidents</a>
          </p>
        </section>
      </main>
    ),
  });
}
