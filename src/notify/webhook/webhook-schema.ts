const time = { type: 'string', format: 'date-time' };
const nullable = (type: string) => ({ type: [type, 'null'] });
const count = { type: 'number', minimum: 0 };
const severity = { enum: ['page', 'ticket'] };

/** A map of these keys, all of which are always there. */
function map(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties) };
}

function list(items: object): object {
  return { type: 'array', items };
}

const PLACE = { step: nullable('string'), dependency: nullable('string'), error: nullable('string') };

/** The JSON Schema (2020-12) of what a generic webhook is sent. Fields may be added; those that are here stay. */
export const WEBHOOK_JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A notification of Burnwatch',
  ...map({
    type: {
      description:
        'What happened. `incident.recovered` fired and ended before it could be sent. Of `incident.acknowledged` nothing is counted: tiers and failures are empty, figures 0 or null.',
      enum: [
        'incident.opened',
        'incident.escalated',
        'incident.deescalated',
        'incident.unacknowledged',
        'incident.reminder',
        'incident.acknowledged',
        'incident.resolved',
        'incident.recovered',
        'data-loss',
        'delivery-failing',
        'delivery-restored',
        'test',
      ],
    },
    timestamp: { ...time, description: 'When it happened.' },
    data: map({
      incident: map({
        id: { type: 'string', description: 'The same in all notifications of an incident.' },
        severity,
        state: { enum: ['open', 'over'] },
        openedAt: time,
        acknowledged: { anyOf: [map({ by: { type: 'string' }, at: time }), { type: 'null' }] },
      }),
      slo: map({
        id: { type: 'string', description: '`workflow/name`.' },
        workflow: { type: 'string' },
        owner: { type: 'string' },
        description: nullable('string'),
        objective: { type: 'number', description: 'The promised ratio, below 1.' },
        window: { type: 'string', description: 'As written, such as 28d.' },
      }),
      changes: {
        ...list(map({ kind: { type: 'string' }, severity, at: time })),
        description: 'What led here, oldest first: several when an earlier one could not be sent.',
      },
      headline: { type: 'string', description: 'The push text.' },
      sentence: { type: 'string', description: 'What fails, in one sentence.' },
      text: { type: 'string', description: 'The whole message as plain text.' },
      tiers: {
        ...list(map({ tier: { type: 'string' }, kind: { type: 'string' }, severity })),
        description: 'The tiers that fire, worst first.',
      },
      budget: {
        ...map({
          allowed: count,
          spent: count,
          remaining: { type: 'number' },
          remainingRatio: nullable('number'),
          exhaustsAt: { anyOf: [time, { type: 'null' }] },
        }),
        description:
          'The error budget, in executions; the ratio is negative when more than the budget is spent.',
      },
      peakBurnRate: count,
      executions: { ...map({ good: count, bad: count }), description: 'Since it began.' },
      failures: list(map({ ...PLACE, count })),
      lastFailed: list(
        map({ execution: { type: 'string' }, at: time, ...PLACE, traceId: nullable('string') }),
      ),
      links: list(map({ label: { type: 'string' }, url: { type: 'string', format: 'uri' } })),
      mayRepeat: {
        type: 'boolean',
        description:
          'Whether an earlier try may have arrived. It then had the same webhook-id, if nothing was added since.',
      },
    }),
  }),
} as const;
