import type { SilenceMatching } from '../../core/alerting/silence.ts';
import { placeText } from '../../core/ports/list-page.ts';
import type { SilencePage, SilencePreview, SilenceReach, SilenceReport } from '../../core/ports/silences.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { formatCount, formatTime } from '../../core/words/figures.ts';
import { timestamp, when } from './format.tsx';
import { incidentPath } from './incident-list-page.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** What the viewer of silences may do, and what came of what that one tried. */
export interface SilenceVisitor {
  readonly mayRespond: boolean;
  /** Filled in as the one who does it; '' when that is not known. */
  readonly name: string;
  /** What was filled in, by the names of fields. */
  readonly filledIn: (field: string) => string;
  /** What that would be, when it was asked for. */
  readonly preview: SilencePreview | null;
  /** Why the last request was refused; null when none was. */
  readonly problem: string | null;
}

const STATE_WORDS = { active: 'holds', coming: 'to come', ended: 'ended' } as const;
/** How long a silence of the form lasts. */
const LENGTHS = ['30m', '1h', '2h', '4h', '8h', '1d', '3d', '7d'];

/** The body of the page of silences: those that hold, will and did, and a form for a new one. */
export function silencesPage(
  { items, next }: SilencePage,
  visitor: SilenceVisitor,
  base: string,
  now: number,
): Markup {
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / Silences
        </nav>
        <h1>Silences</h1>
        <p class="meta">
          While a silence holds, nothing is sent; incidents open and resolve as ever. What still burns when it
          ends is notified then.
        </p>
      </div>
      {visitor.problem === null ? null : (
        <section class="banner bad" aria-label="Refused" role="alert">
          <h2>Nothing was changed</h2>
          <p>{visitor.problem}</p>
        </section>
      )}
      {visitor.preview ? previewBanner(visitor.preview, base) : null}
      {visitor.mayRespond ? form(visitor, base) : null}
      {items.length === 0 ? (
        <p class="empty">There are no silences.</p>
      ) : (
        <section class="card" aria-label="Silences">
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">State</th>
                <th scope="col">Until</th>
                <th scope="col">Mutes now</th>
                <th scope="col">Who and why</th>
                <th scope="col">End it</th>
              </tr>
            </thead>
            <tbody>{items.map((silence) => row(silence, visitor, base, now))}</tbody>
          </table>
        </section>
      )}
      {next === null ? null : (
        <p>
          <a href={`${base}/silences?after=${placeText(next)}`}>Further silences</a>
        </p>
      )}
    </>
  );
}

/** What a silence is of, as a phrase: `workflow order-*, tickets only`. */
function matchingWords({ workflow, slo, owner, severity, labels, incident }: SilenceMatching): string {
  const parts = [
    workflow === null ? [] : [`workflow ${workflow}`],
    slo === null ? [] : [`SLO ${slo}`],
    owner === null ? [] : [`owner ${owner}`],
    Object.entries(labels).map(([name, glob]) => `${name} ${glob}`),
    incident === null ? [] : [`incident ${incident}`],
    severity === null ? [] : [`${severity}s only`],
  ].flat();
  return parts.join(', ');
}

function row(silence: SilenceReport, { mayRespond }: SilenceVisitor, base: string, now: number): Markup {
  const { id, matching, state, mutes, createdBy, reason, ended } = silence;
  const ends = state !== 'ended' && mayRespond;
  return (
    <tr id={`silence:${id}`}>
      <th scope="row">{matchingWords(matching)}</th>
      <td data-label="State">{STATE_WORDS[state]}</td>
      <td data-label="Until">{ended ? <>ended by {ended.by}</> : timeOf(silence, now)}</td>
      <td data-label="Mutes now">{state === 'ended' ? '–' : reachWords(mutes, base)}</td>
      <td data-label="Who and why">
        {createdBy}
        <small>{reason}</small>
      </td>
      <td data-label="End it">
        {ends ? (
          <form method="post" action={`${base}/silences/${encodeURIComponent(id)}/end`}>
            <button aria-label={`End the silence of ${matchingWords(matching)}`}>End</button>
          </form>
        ) : (
          '–'
        )}
      </td>
    </tr>
  );
}

function timeOf({ when: time, occurrence, state }: SilenceReport, now: number): Child {
  if (occurrence === null) return time.kind === 'recurring' ? timestamp(time.until) : timestamp(time.to);
  const rule =
    time.kind === 'recurring' ? (
      <small>
        {time.rrule} for {formatDuration(time.duration)}, {time.timeZone}
      </small>
    ) : null;
  if (state === 'coming')
    return (
      <>
        from {timestamp(occurrence.from)} to {timestamp(occurrence.to)}
        {rule}
      </>
    );
  return (
    <>
      {time.kind === 'until-resolved' ? 'its incident resolves' : timestamp(occurrence.to)}{' '}
      <small>
        {when(occurrence.to, now)}
        {time.kind === 'until-resolved' ? ' at the latest' : ''}
      </small>
      {rule}
    </>
  );
}

function reachWords({ slos, sloCount, incidents, incidentCount }: SilenceReach, base: string): Markup {
  const more = sloCount > slos.length ? ` and ${formatCount(sloCount - slos.length)} more` : '';
  return (
    <>
      {incidentCount === 0 ? (
        'no open incident'
      ) : (
        <>
          {incidents.map(({ id, slo, severity }, index) => (
            <>
              {index > 0 ? ', ' : ''}
              <a href={`${base}${incidentPath(id)}`}>
                {severity} of {slo}
              </a>
            </>
          ))}
          {incidentCount > incidents.length
            ? ` and ${formatCount(incidentCount - incidents.length)} more`
            : ''}
        </>
      )}
      <small>
        of {sloCount === 1 ? '1 SLO' : `${formatCount(sloCount)} SLOs`}: {slos.join(', ')}
        {more}
      </small>
    </>
  );
}

function previewBanner({ mutes, occurrence }: SilencePreview, base: string): Markup {
  const time = occurrence && `${formatTime(occurrence.from)} to ${formatTime(occurrence.to)}`;
  return (
    <section class="banner ticket" aria-label="Preview">
      <h2>This would mute, from {time ?? 'now'}</h2>
      <p>{reachWords(mutes, base)}</p>
      <p>Nothing was made yet.</p>
    </section>
  );
}

function form({ filledIn, name }: SilenceVisitor, base: string): Markup {
  const field = (label: string, id: string, hint: string, more: object = {}) => (
    <>
      <label for={id}>{label}</label>
      <input id={id} name={id} value={filledIn(id)} placeholder={hint} maxlength="1000" {...more} />
    </>
  );
  const length = filledIn('for') || '1h';
  return (
    <section class="card" aria-label="New silence">
      <header>
        <h2>New silence</h2>
        <p>* stands for any text; what is left empty is any</p>
      </header>
      <form method="post" action={`${base}/silences`}>
        <p class="filter">
          {field('Workflow', 'workflow', 'order-*')}
          {field('SLO', 'slo', 'order-fulfillment/*')}
          {field('Owner', 'owner', 'payments')}
          {field('Label', 'label', 'tier=gold')}
          <label for="severity">Severity</label>
          <select id="severity" name="severity">
            {['', 'page', 'ticket'].map((value) => (
              <option value={value} selected={value === filledIn('severity')}>
                {value === '' ? 'any' : `${value}s only`}
              </option>
            ))}
          </select>
        </p>
        <p class="filter">
          <label for="for">Lasts</label>
          <select id="for" name="for">
            {LENGTHS.map((value) => (
              <option value={value} selected={value === length}>
                {value}
              </option>
            ))}
          </select>
          {field('Begins (now, if empty)', 'from', '2026-01-31T12:00:00Z')}
          {field('Why', 'reason', 'the migration of the database', { required: true })}
          <label for="by">Who</label>
          <input id="by" name="by" value={filledIn('by') || name} maxlength="200" required />
        </p>
        <details>
          <summary>Comes again and again</summary>
          <p class="filter">
            {field('Rule (RFC 5545)', 'rrule', 'FREQ=WEEKLY;BYDAY=SU')}
            {field('Time zone', 'timeZone', 'Europe/Berlin')}
            {field('Last start', 'until', '2026-12-31T00:00:00Z')}
          </p>
        </details>
        <p class="filter">
          <button name="do" value="preview">
            Show what it would mute
          </button>
          <button name="do" value="create">
            Silence
          </button>
        </p>
      </form>
    </section>
  );
}
