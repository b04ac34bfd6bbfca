import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import { formatObjective } from '../core/budget/objective.ts';
import { judgesSteps } from '../core/sli/selection.ts';
import { allSlos } from '../core/slo/slo.ts';

/** What `serve` prints once it listens: where, what it watches, and what to try next. */
export function banner(
  { url, definitions, hasStore }: Pick<App, 'url' | 'definitions' | 'hasStore'>,
  config: Config,
): string {
  const current = definitions();
  const slos = current ? allSlos(current) : [];
  const authorization =
    config.tokens.length > 0 || config.identityHeader ? ' -H "Authorization: Bearer $TOKEN"' : '';
  const lines = [
    `Burnwatch listens on ${url}`,
    `  dashboard   ${url}/`,
    `  store       ${config.store.kind === 'embedded' ? `embedded, in ${config.store.folder}` : 'Redis'}`,
    `  SLO files   ${config.slos} (edit them: changes take effect without a restart)`,
    '',
    current
      ? `Watching ${slos.length} SLO${slos.length === 1 ? '' : 's'} of ${current.workflows.size} workflow${current.workflows.size === 1 ? '' : 's'}:`
      : hasStore()
        ? 'No SLO file has loaded; `burnwatch check` says why.'
        : 'Waiting for Redis; /readyz says why. Everything else answers 503 until it is there.',
    ...slos.map(
      (slo) => `  ${slo.id.padEnd(46)} ${formatObjective(slo.objective).padStart(8)} over ${slo.window.text}`,
    ),
  ];
  const example = slos.find(({ sli }) => sli.kind === 'outcomes' && !judgesSteps(sli));
  if (example?.sli.kind === 'outcomes') {
    const outcome = JSON.stringify({
      workflow: example.workflow,
      execution: 'try-1',
      status: 'succeeded',
      // Well in time, whatever the deadline: a first try must not burn the budget.
      durationMs: Math.min(42_000, (example.sli.withinMs ?? Infinity) / 2),
    });
    lines.push(
      '',
      'Try next:',
      '  report an outcome',
      `    curl${authorization} -H 'Content-Type: application/json' -d '${outcome}' ${url}/v1/outcomes`,
      '  read the budget',
      `    curl${authorization} ${url}/v1/slos/${example.id}`,
    );
  }
  return lines.join('\n');
}
