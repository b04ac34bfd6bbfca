import type { ExampleFact } from '../../core/slo/example-fact.ts';
import type { Markup } from './markup.ts';
import { h } from './markup.ts';

/** Where a snippet reports to, and what. */
export interface SnippetTarget {
  /** Of the service, as its producers reach it. */
  readonly url: string;
  /** Whether producers need a token; it is in `$BURNWATCH_TOKEN`. */
  readonly needsToken: boolean;
  readonly fact: ExampleFact;
  /** The name of the SLO: what was reported for one of a workflow must not be a duplicate for another. */
  readonly slo: string;
}

/** One way to report, as a text to be copied. */
interface Snippet {
  readonly name: string;
  /** The lines; null when what is to be reported cannot be said this way. */
  readonly lines: (target: SnippetTarget) => readonly string[] | null;
}

/** Every way to report that has a snippet, in the order in which a page shows them. Each uses an execution of its own. */
export const SNIPPETS: readonly Snippet[] = [
  {
    name: 'curl',
    lines: ({ url, needsToken, fact, slo }) =>
      recordsOf(fact, `try-curl-${slo}`).map((record) =>
        [
          `curl ${word(`${url}/v1/${fact.kind === 'outcome' ? 'outcomes' : 'measurements'}`)} -H 'Content-Type: application/json' \\`,
          ...(needsToken ? [`  -H "Authorization: Bearer $BURNWATCH_TOKEN" \\`] : []),
          `  -d ${word(JSON.stringify(record))}`,
        ].join('\n'),
      ),
  },
  {
    name: 'burnwatch exec',
    lines: ({ url, fact, slo }) =>
      isPlain(fact)
        ? [`BURNWATCH_URL=${word(url)} burnwatch exec ${execWords(fact, `try-exec-${slo}`)} -- sleep 1`]
        : null,
  },
  {
    name: 'exec.sh, on a host without Node',
    lines: ({ url, fact, slo }) =>
      isPlain(fact)
        ? [
            `curl -fsS -o exec.sh ${word(`${url}/exec.sh`)}`,
            `BURNWATCH_URL=${word(url)} sh exec.sh ${execWords(fact, `try-exec-sh-${slo}`)} -- sleep 1`,
          ]
        : null,
  },
  {
    name: 'a URL that is fetched',
    lines: ({ url, needsToken, fact, slo }) =>
      isPlain(fact)
        ? ['start', 'ok'].map((verb) => {
            const names = [fact.workflow, `try-ping-${slo}`, verb]
              .map((name) => encodeURIComponent(name))
              .join('/');
            const step = fact.step === null ? '' : `?step=${encodeURIComponent(fact.step)}`;
            return `curl ${word(`${url}/v1/ping/`)}${needsToken ? '"$BURNWATCH_TOKEN"/' : ''}${word(names + step)}`;
          })
        : null,
  },
  {
    name: 'OpenTelemetry (OTLP/HTTP), by hand',
    lines: ({ url, needsToken, fact, slo }) => otlpRequest(url, needsToken, fact, `try-otlp-${slo}`),
  },
  {
    name: 'Node, with the client',
    lines: ({ url, fact, slo }) =>
      fact.kind === 'outcome' ? nodeProgram(url, fact, `try-node-${slo}`) : null,
  },
  {
    name: 'Python, with the client',
    lines: ({ url, fact, slo }) =>
      fact.kind === 'outcome' ? pythonProgram(url, fact, `try-python-${slo}`) : null,
  },
];

/** Ready snippets for an SLO without data, with its names filled in. */
export function snippetCard(target: SnippetTarget): Markup {
  return (
    <section class="card" aria-label="How to report">
      <header>
        <h2>Waiting for the first {target.fact.kind}</h2>
        <p>
          ways to report it
          {target.needsToken ? (
            <>
              , with a token of the scope ingest in <code>BURNWATCH_TOKEN</code>
            </>
          ) : null}
        </p>
      </header>
      {SNIPPETS.map(({ name, lines }) => {
        const text = lines(target)?.join('\n');
        return text === undefined ? null : (
          <>
            <h3>{name}</h3>
            <pre tabindex="0">{text}</pre>
          </>
        );
      })}
    </section>
  );
}

type OutcomeFact = Extract<ExampleFact, { kind: 'outcome' }>;

/** Whether a workflow and a step say all: more cannot be said on a command line or in a URL. */
function isPlain(fact: ExampleFact): fact is OutcomeFact {
  return fact.kind === 'outcome' && fact.dependency === null && Object.keys(fact.attributes).length === 0;
}

function recordsOf(fact: ExampleFact, execution: string): readonly object[] {
  const attributes = Object.keys(fact.attributes).length === 0 ? {} : { attributes: fact.attributes };
  const { workflow } = fact;
  if (fact.kind === 'measurement')
    return [{ workflow, name: fact.name, value: 1, id: execution, ...attributes }];
  const { step, dependency } = fact;
  return ['started', 'succeeded'].map((status) => ({
    workflow,
    execution,
    status,
    ...(step !== null && { step }),
    ...(dependency !== null && { dependency }),
    ...attributes,
  }));
}

function execWords({ workflow, step }: OutcomeFact, execution: string): string {
  return step === null ? word(workflow) : `--step ${word(step)} ${word(workflow)} ${word(execution)}`;
}

/** A program of the Node client, as a shell runs it. Texts are written as JSON, which JavaScript and Python read alike. */
function nodeProgram(url: string, fact: OutcomeFact, execution: string): readonly string[] {
  const { workflow, step, dependency, attributes } = fact;
  const own = {
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(step === null && dependency !== null && { dependency }),
  };
  const options = Object.keys(own).length === 0 ? '' : `${JSON.stringify(own)}, `;
  const calls = dependency === null ? '' : `${JSON.stringify({ dependency })}, `;
  return [
    `BURNWATCH_URL=${word(url)} node --input-type=module - <<'END'`,
    `import { burnwatch } from 'burnwatch/client';`,
    `await burnwatch.run(${JSON.stringify(workflow)}, ${JSON.stringify(execution)}, ${options}async (run) => {`,
    step === null ? '  // work' : `  await run.step(${JSON.stringify(step)}, ${calls}async () => {});`,
    '});',
    'END',
  ];
}

/** The same of the Python client. */
function pythonProgram(url: string, fact: OutcomeFact, execution: string): readonly string[] {
  const { workflow, step, dependency, attributes } = fact;
  const calls = dependency === null ? '' : `, dependency=${JSON.stringify(dependency)}`;
  const own =
    (Object.keys(attributes).length > 0 ? `, attributes=${JSON.stringify(attributes)}` : '') +
    (step === null ? calls : '');
  return [
    `BURNWATCH_URL=${word(url)} python3 - <<'END'`,
    'import burnwatch',
    `with burnwatch.run(${JSON.stringify(workflow)}, ${JSON.stringify(execution)}${own}) as run:`,
    ...(step === null ? [] : [`    with run.step(${JSON.stringify(step)}${calls}):`]),
    step === null ? '    pass  # work' : '        pass  # work',
    'END',
  ];
}

/** A request as an SDK would send it, of a span or of a gauge, as a shell runs it. */
function otlpRequest(
  url: string,
  needsToken: boolean,
  fact: ExampleFact,
  execution: string,
): readonly string[] {
  const own = {
    'burnwatch.workflow': fact.workflow,
    ...fact.attributes,
    ...(fact.kind === 'outcome' && {
      'burnwatch.execution': execution,
      ...(fact.step !== null && { 'burnwatch.step': fact.step }),
      ...(fact.dependency !== null && { 'peer.service': fact.dependency }),
    }),
  };
  const attributes = Object.entries(own).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const now = { timeUnixNano: NOW };
  const body =
    fact.kind === 'measurement'
      ? metrics({ name: fact.name, gauge: { dataPoints: [{ ...now, asInt: '1', attributes }] } })
      : traces({
          traceId: '5b8efff798038103d269b633813fc60c',
          spanId: 'eee19b7ec3c1b174',
          name: fact.workflow,
          kind: fact.dependency === null ? INTERNAL : CLIENT,
          startTimeUnixNano: BEFORE,
          endTimeUnixNano: NOW,
          attributes,
        });
  const json = JSON.stringify(body).replaceAll(/[\\$`]/g, (special) => `\\${special}`);
  return [
    `curl ${word(`${url}/v1/${fact.kind === 'measurement' ? 'metrics' : 'traces'}`)} -H 'Content-Type: application/json' \\`,
    ...(needsToken ? [`  -H "Authorization: Bearer $BURNWATCH_TOKEN" \\`] : []),
    `  -d @- <<END`,
    json.replaceAll(NOW, '$(date +%s)000000000').replaceAll(BEFORE, '$(($(date +%s) - 1))000000000'),
    'END',
  ];
}

/** Placeholders for times, which the shell fills in. */
const NOW = '@now@';
const BEFORE = '@before@';
/** Kinds of spans, as the protocol numbers them. */
const INTERNAL = 1;
const CLIENT = 3;

function traces(span: object): object {
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
}

function metrics(metric: object): object {
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
}

/** A text as one word of a shell. */
function word(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
