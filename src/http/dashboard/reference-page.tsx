import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** A collection of the API. */
export interface ReferenceSection {
  readonly tag: string;
  readonly operations: readonly DescribedOperation[];
}

export interface DescribedOperation {
  readonly method: string;
  readonly path: string;
  /** What a token needs; `public` needs none. */
  readonly scope: string;
  readonly summary: string;
  /** Of its body. */
  readonly type: string;
  /** Of the query, or fields of the body. */
  readonly parameters: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly description: string;
  }[];
  /** A body as JSON; null for an operation without one. */
  readonly example: string | null;
}

/** The body of the reference of the API, for people; `/openapi.json` is the same for programs. */
export function referencePage(sections: readonly ReferenceSection[], base: string): Markup {
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / Reference
        </nav>
        <h1>Reference of the API</h1>
        <p class="lead">
          Send <code>Authorization: Bearer</code> with a token that has the scope. Errors are problems of RFC
          9457 with a stable <code>code</code>. For programs:{' '}
          <a href={`${base}/openapi.json`}>openapi.json</a>.
        </p>
        <nav class="places" aria-label="Collections">
          {sections.map(({ tag }) => (
            <>
              <a href={`#${tag}`}>{tag}</a>{' '}
            </>
          ))}
        </nav>
      </div>
      {sections.map(({ tag, operations }) => (
        <section class="card" id={tag} aria-label={tag}>
          <header>
            <h2>{tag}</h2>
          </header>
          {operations.map(operation)}
        </section>
      ))}
    </>
  );
}

function operation({ method, path, scope, summary, type, parameters, example }: DescribedOperation): Markup {
  return (
    <div class="operation">
      <h3>
        <code>
          {method} {path}
        </code>
      </h3>
      <p>
        {summary} <small>scope {scope}</small>
      </p>
      {parameters.length === 0 ? null : (
        <dl>
          {parameters.map(({ name, required, description }) => (
            <div>
              <dt>
                <code>{name}</code>
                {required ? ' (required)' : null}
              </dt>
              <dd>{description}</dd>
            </div>
          ))}
        </dl>
      )}
      {example === null ? null : (
        <details>
          <summary>A body ({type})</summary>
          <pre tabindex="0">{example}</pre>
        </details>
      )}
    </div>
  );
}
