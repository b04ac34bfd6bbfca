import type { IncidentSilence } from '../../core/ports/silences.ts';
import type { IncidentDetail, IncidentSummary } from '../../core/ports/incident-reports.ts';
import { formatCount, formatShare } from '../../core/words/figures.ts';
import { costWords, timelineOf, failureWords, lengthWords } from '../answers/incident-words.ts';
import { lastFailedCard } from './failure-cards.tsx';
import { alertBadge, burnRateText, outsideLink, silenceMark, timestamp, when } from './format.tsx';
import { incidentPath, stateWords } from './incident-list-page.tsx';
import type { Child, Markup } from './markup.ts';
import { h } from './markup.ts';

/** What the viewer of an incident may do, and what came of what that one tried. */
export interface IncidentVisitor {
  readonly mayRespond: boolean;
  /** Filled in as the one who does it; '' when that is not known. */
  readonly name: string;
  /** How many other open incidents of its conversation nobody has acknowledged, of those the viewer may respond to. */
  readonly others: number;
  /** Why the last request was refused; null when none was. */
  readonly problem: string | null;
}

/** The body of the page of one incident: what it is, what failed, everything that happened, and what can be done. */
export function incidentPage(
  incident: IncidentDetail,
  visitor: IncidentVisitor,
  base: string,
  traceUrl: string | null,
  now: number,
): Markup {
  const { id, slo, owner, severity, runbook, state } = incident;
  const runbookLink = outsideLink(runbook, 'Runbook');
  return (
    <>
      <div class="heading">
        <nav aria-label="Breadcrumb">
          <a href={`${base}/`}>Error budgets</a> / <a href={`${base}/incidents`}>Incidents</a>
        </nav>
        <h1>
          {slo} {alertBadge(severity)}
        </h1>
        <p class="meta">
          <b>{stateWords(incident, now)}</b> · owned by <b>{owner}</b> ·{' '}
          <a href={`${base}/slos/${slo.split('/').map(encodeURIComponent).join('/')}`}>its SLO</a>
          {runbookLink && <> · {runbookLink}</>} ·{' '}
          <a href={`${base}/v1${incidentPath(id)}/postmortem.md`}>Begin a postmortem</a>
        </p>
      </div>
      {visitor.problem === null ? null : (
        <section class="banner bad" aria-label="Refused" role="alert">
          <h2>Nothing was changed</h2>
          <p>{visitor.problem}</p>
        </section>
      )}
      {state === 'lost' ? (
        <section class="banner ticket" aria-label="State">
          <h2>Its end was never seen</h2>
          <p>The store lost what evaluation knew of it.</p>
        </section>
      ) : null}
      {factCard(incident, base, now)}
      {actionCard(incident, visitor, base)}
      {causeCard(incident, now)}
      {timelineCard(incident, now)}
      {lastFailedCard(incident.lastFailed, traceUrl, now)}
      {similarCard(incident.similar, base, now)}
    </>
  );
}

function factCard(incident: IncidentDetail, base: string, now: number): Markup {
  const { began, openedAt, resolvedAt, acknowledged, cost, tier, peakBurnRate, notified, state } = incident;
  const { silenced } = incident;
  const facts: readonly (readonly [string, Child])[] = [
    ['Began', when(began, now)],
    [
      'Opened',
      <>
        {when(openedAt, now)} by tier {tier}
      </>,
    ],
    [
      state === 'resolved' ? 'Took' : 'Open for',
      state === 'lost' ? 'not known' : lengthWords(openedAt, resolvedAt, now),
    ],
    [
      'Acknowledged',
      acknowledged ? (
        <>
          by {acknowledged.by} {when(acknowledged.at, now)}
        </>
      ) : (
        'by no one'
      ),
    ],
    ['Highest burn rate', peakBurnRate > 0 ? burnRateText(peakBurnRate) : '–'],
    [
      'Cost',
      cost === null ? (
        'not known'
      ) : (
        <>
          {costWords(cost)} {state === 'open' ? <small>as of {when(cost.at, now)}</small> : null}
        </>
      ),
    ],
    ['Notified', notified.length === 0 ? 'no one' : notified.join(', ')],
    ...(silenced ? [[MUTED_LABELS[silenced.kind], mutedFact(silenced, base)] as const] : []),
  ];
  return (
    <section class="card" aria-label="Facts">
      <dl class="numbers">
        {facts.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const MUTED_LABELS: Readonly<Record<IncidentSilence['kind'], string>> = {
  silence: 'Silence',
  flapping: 'Flapping',
  dependency: 'Explained by',
};

/** Why nothing is sent of it on its own; of what is explained by the incident of a dependency, with a link to that. */
function mutedFact(silenced: IncidentSilence, base: string): Markup {
  const mark = silenceMark(silenced);
  if (silenced.kind === 'silence') return <>{mark}</>;
  return (
    <>
      {silenced.kind === 'dependency' ? <a href={`${base}${incidentPath(silenced.id)}`}>{mark}</a> : mark}
      <small>{silenced.reason}</small>
    </>
  );
}

function actionCard(
  { id, state, acknowledged }: IncidentDetail,
  { mayRespond, name, others }: IncidentVisitor,
  base: string,
): Markup | null {
  if (!mayRespond) return null;
  const mayAcknowledge = state === 'open' && acknowledged === null;
  const forms = [
    ...(mayAcknowledge ? ([['ack', 'Acknowledge', 'Note (may be empty)', false]] as const) : []),
    ['notes', 'Add a note', 'Note', true] as const,
  ];
  return (
    <section class="card" aria-label="Actions">
      {forms.map(([verb, label, noteLabel, required]) => (
        <form class="filter" method="post" action={`${base}${incidentPath(id)}/${verb}`}>
          <label for={`${verb}-by`}>Who</label>
          <input id={`${verb}-by`} name="by" value={name} maxlength="200" required />
          <label for={`${verb}-note`}>{noteLabel}</label>
          <input id={`${verb}-note`} name="note" maxlength="1000" required={required} />
          {verb === 'ack' ? conversationField(others) : null}
          <button>{label}</button>
        </form>
      ))}
      {state === 'open' ? (
        <form class="filter" method="post" action={`${base}${incidentPath(id)}/silence`}>
          <label for="silence-by">Who</label>
          <input id="silence-by" name="by" value={name} maxlength="200" required />
          <label for="silence-reason">Why</label>
          <input id="silence-reason" name="reason" maxlength="1000" required />
          <label for="silence-span">Until</label>
          <select id="silence-span" name="span">
            <option value="resolved">it resolves</option>
            <option value="1h">in 1 hour</option>
            <option value="4h">in 4 hours</option>
            <option value="morning">08:00 of the next morning</option>
          </select>
          <button>Silence</button>
        </form>
      ) : null}
    </section>
  );
}

function causeCard({ failures, likelyCause, standsOut, stuck }: IncidentDetail, now: number): Markup {
  const total = failures.reduce((sum, { count }) => sum + count, 0);
  const lines: Child[] = [
    ...(likelyCause
      ? [
          <>
            Likely cause: <b>{likelyCause.dependency}</b>, which {formatShare(likelyCause.failures)} of the
            failures called
          </>,
        ]
      : []),
    ...(standsOut
      ? [
          <>
            Stands out: {standsOut.attribute} <b>{standsOut.value ?? 'without a value'}</b>
          </>,
        ]
      : []),
    ...failures.map((failure) => (
      <>
        <b>{formatShare(failure.count / total)}</b>{' '}
        {failureWords(failure) ?? 'without a step, dependency or error'}
      </>
    )),
    ...stuck.map(({ of, step, count, oldest }) => (
      <>
        Stuck{step === null ? null : <> in {step}</>}:{' '}
        <b>
          {formatCount(count)} {of === 'execution' ? 'executions' : 'steps'}
        </b>
        {oldest === null ? null : <>, the oldest since {when(oldest, now)}</>}
      </>
    )),
  ];
  return (
    <section class="card" aria-label="Cause">
      <header>
        <h2>What failed</h2>
        <p>as it was when the incident changed last</p>
      </header>
      {lines.length === 0 ? (
        <p class="quiet">Nothing is known of it.</p>
      ) : (
        <ul class="events">
          {lines.map((line) => (
            <li>{line}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function timelineCard(incident: IncidentDetail, now: number): Markup {
  return (
    <section class="card" aria-label="Timeline">
      <header>
        <h2>What happened</h2>
      </header>
      <ol class="events">{timelineOf(incident).map((entry) => timelineLine(entry, now))}</ol>
    </section>
  );
}

function timelineLine(
  { at, words, event, link }: ReturnType<typeof timelineOf>[number],
  now: number,
): Markup {
  const figures = event && 'tier' in event ? event.budgetRemaining : null;
  return (
    <li class={event?.kind === 'undeliverable' ? 'alarm' : null}>
      {timestamp(at)} {link === null ? words : <a href={link}>{words}</a>}{' '}
      {figures === null ? null : (
        <small>
          {figures < 0
            ? `${formatShare(-figures)} over the budget`
            : `${formatShare(figures)} of the budget left`}
        </small>
      )}{' '}
      <small>{when(at, now)}</small>
    </li>
  );
}

function similarCard(similar: readonly IncidentSummary[], base: string, now: number): Markup | null {
  if (similar.length === 0) return null;
  return (
    <section class="card" aria-label="Similar incidents">
      <header>
        <h2>Similar incidents before it</h2>
      </header>
      <ul class="events">
        {similar.map((one) => (
          <li>
            <a href={`${base}${incidentPath(one.id)}`}>{one.slo}</a> opened {when(one.openedAt, now)},{' '}
            {stateWords(one, now)}
            {one.topFailure && failureWords(one.topFailure) ? (
              <small>{failureWords(one.topFailure)}</small>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The choice to acknowledge the whole conversation, where there is more of it. */
function conversationField(others: number): Markup | null {
  if (others === 0) return null;
  return (
    <label class="choice">
      <input type="checkbox" name="conversation" value="yes" /> and the other {formatCount(others)} open{' '}
      {others === 1 ? 'incident' : 'incidents'} of this conversation
    </label>
  );
}
