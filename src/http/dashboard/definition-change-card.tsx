import type { DefinitionChange, FieldChange } from '../../core/alerting/definition-history.ts';
import { when } from './format.tsx';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** How the definition of an SLO changed, the latest first; nothing while it did not. */
export function definitionChangeCard(changes: readonly DefinitionChange[], now: number): Markup | null {
  if (changes.length === 0) return null;
  return (
    <section class="card" aria-label="Changes of the definition">
      <header>
        <h2>Changes of the definition</h2>
        <p>since when Burnwatch judges by it, the latest first</p>
      </header>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Since</th>
            <th scope="col">What changed</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ at, countsAnew, fields }) => (
            <tr>
              <th scope="row">{when(at, now)}</th>
              <td data-label="What changed">
                {fields.map(changedField)}
                {countsAnew ? <div>What is counted changed, so that its counters began anew.</div> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function changedField({ field, from, to }: FieldChange): Markup {
  if (from === null)
    return (
      <div>
        <b>{field}</b> is now {to}
      </div>
    );
  return (
    <div>
      <b>{field}</b> was {from}, {to === null ? 'and is gone' : <>is now {to}</>}
    </div>
  );
}
