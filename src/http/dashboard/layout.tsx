import type { AlertLevel } from '../../core/ports/queries.ts';
import { iso } from '../../core/time/timestamp.ts';
import type { ServiceStatus } from '../../core/ports/service-status.ts';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What surrounds every page. */
export interface PageFrame {
  readonly title: string;
  /** The severest alert that the page is about; in the colour of its icon. */
  readonly alert: AlertLevel;
  /** In front of every link to ourselves: the path of the public URL, or nothing. */
  readonly base: string;
  readonly version: string;
  readonly status: ServiceStatus;
  /** The name of who is signed in by a cookie, and can sign out; null for all others. */
  readonly signedIn: string | null;
  /** Null: as the system of the browser has it. */
  readonly theme: Theme | null;
}

/** What differs between pages of every kind. */
export interface PageParts {
  readonly title: string;
  /** In front of every link to ourselves: the path of the public URL, or nothing. */
  readonly base: string;
  /** The file of the icon, below `base`. */
  readonly icon: string;
  /** Null: as the system of the browser has it. */
  readonly theme?: Theme | null;
  /** More for the head. */
  readonly head: Child;
  /** What comes before the header, and what it holds beside the brand. */
  readonly beforeHeader?: Child;
  readonly header?: Child;
  readonly main: Child;
}

/** The text of a whole page. `main` is the element of that name. */
export function htmlPage({
  title,
  base,
  icon,
  theme = null,
  head,
  beforeHeader = null,
  header = null,
  main,
}: PageParts): string {
  const whole = (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Burnwatch</title>
        <link rel="icon" href={`${base}/${icon}`} type="image/svg+xml" />
        <link rel="stylesheet" href={`${base}/dashboard.css`} />
        <link rel="stylesheet" href={`${base}/charts.css`} />
        {head}
      </head>
      <body>
        {beforeHeader}
        <header class="site">
          <a class="brand" href={`${base}/`}>
            <img src={`${base}/dashboard.svg`} alt="" width="24" height="24" />
            Burnwatch
          </a>{' '}
          {header}
        </header>
        {main}
      </body>
    </html>
  );
  return `<!doctype html>${whole.text}`;
}

/**
 * A whole page around a body. `<main>` holds everything that can change, because the page's script replaces
 * that element by a newer one.
 */
export function page(
  { title, alert, base, version, status, signedIn, theme }: PageFrame,
  main: Child,
): string {
  const signOut =
    signedIn === null ? null : (
      <form method="post" action={`${base}/logout`} class="sign-out">
        <span>{signedIn}</span> <button type="submit">Sign out</button>
      </form>
    );
  return htmlPage({
    title,
    base,
    icon: `dashboard.svg?alert=${alert}`,
    theme,
    head: (
      <>
        <script src={`${base}/idiomorph.js`} defer />
        <script src={`${base}/dashboard.js`} defer />
        <script src={`${base}/charts.js`} type="module" />
      </>
    ),
    beforeHeader: (
      <a class="skip" href="#main">
        Skip to content
      </a>
    ),
    header: (
      <>
        <nav class="places" aria-label="Pages">
          <a href={`${base}/incidents`}>Incidents</a> <a href={`${base}/silences`}>Silences</a>{' '}
          <a href={`${base}/on-call`}>On call</a> <a href={`${base}/reports`}>Reports</a>
        </nav>
        <p id="freshness" role="status" />
        <button id="pause" type="button" hidden>
          Pause updates
        </button>
        {signOut}
      </>
    ),
    main: (
      <main id="main">
        {serviceProblems(status, base)}
        {main}
        {serviceFacts(status, version)}
        {themeForm(base, theme)}
      </main>
    ),
  });
}

/** What is wrong with the service itself; nothing when nothing is. */
function serviceProblems({ checks, sloProblems, outbox }: ServiceStatus, base: string): Markup {
  const failing = Object.entries(checks).filter(([, { ok }]) => !ok);
  const { undeliverable } = outbox;
  return (
    <>
      {failing.map(([name, { message }]) => (
        <section class="banner bad" aria-label="Failing check">
          <h2>{name}</h2>
          <p>{message}</p>
        </section>
      ))}
      {sloProblems.length === 0 ? null : (
        <section class="banner bad" aria-label="SLO file problems">
          <h2>
            {sloProblems.length === 1
              ? 'The SLO files have a problem'
              : `The SLO files have ${sloProblems.length} problems`}
          </h2>
          <p>The last valid SLO files stay active until this is fixed.</p>
          {sloProblems.slice(0, 20).map((problem) => (
            <pre tabindex="0">{problem}</pre>
          ))}
        </section>
      )}
      {undeliverable === 0 ? null : (
        <section class="banner bad" aria-label="Undeliverable notifications">
          <h2>
            {undeliverable === 1 ? '1 notification' : `${undeliverable} notifications`} could not be delivered
          </h2>
          <p>
            The <a href={`${base}/outbox`}>outbox</a> says which, to whom, and why.
          </p>
        </section>
      )}
    </>
  );
}

/** Which theme is shown, and the way to the others. */
function themeForm(base: string, theme: Theme | null): Markup {
  return (
    <form method="post" action={`${base}/theme`} class="theme" aria-label="Theme">
      {[null, ...THEMES].map((choice) => (
        <button name="theme" value={choice ?? 'system'} aria-pressed={choice === theme ? 'true' : 'false'}>
          {choice ?? 'system'}
        </button>
      ))}
    </form>
  );
}

function serviceFacts(
  { leader, evaluation, outbox, queued, deadLetters }: ServiceStatus,
  version: string,
): Markup {
  const { lastAt, lastDurationMs } = evaluation;
  const evaluated =
    lastAt === null ? (
      <>not evaluated yet</>
    ) : (
      <>
        evaluated at <time datetime={iso(lastAt)}>{iso(lastAt).slice(11, 19)} UTC</time>
        {lastDurationMs === null ? null : <> in {lastDurationMs} ms</>}
      </>
    );
  return (
    <footer class="facts">
      <ul>
        <li>{leader ? 'this replica leads' : 'another replica leads'}</li>
        <li>{evaluated}</li>
        <li>
          {queued} {queued === 1 ? 'outcome' : 'outcomes'} waiting
        </li>
        <li>
          {outbox.pending} {outbox.pending === 1 ? 'notification' : 'notifications'} waiting
        </li>
        {deadLetters === 0 ? null : (
          <li class="alarm">
            {deadLetters} {deadLetters === 1 ? 'dead letter' : 'dead letters'}
          </li>
        )}
        <li>Burnwatch {version}</li>
      </ul>
    </footer>
  );
}
