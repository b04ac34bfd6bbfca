/** What stands in paths, with what it may be in the world of the examples. */
export const PATH_PARAMETERS: Readonly<
  Record<string, { readonly description: string; readonly example: string }>
> = {
  workflow: { description: 'the name of a workflow', example: 'order-fulfillment' },
  slo: { description: 'the name of an SLO', example: 'fulfilled-in-10m' },
  execution: { description: 'the id of an execution', example: 'order-17' },
  dependency: { description: 'the name of a dependency', example: 'bank' },
  target: { description: 'the name of a target', example: 'pager' },
  id: { description: 'an id, as lists say it', example: 'mk2x1-a7f3' },
  link: { description: 'a link, as it stands in a message', example: 'ap.m1k2x3.mk2x1-a7f3.4kBk' },
  verb: { description: '`start`, `ok`, `fail`, `log`, or an exit code', example: 'ok' },
};

const WHO = { by: 'sam' };

/** A body for every operation that takes one, by method and path. Tests send them all. */
export const EXAMPLES: Readonly<Record<string, object | string>> = {
  'POST /v1/outcomes': {
    workflow: 'order-fulfillment',
    execution: 'order-17',
    step: 'charge-card',
    dependency: 'bank',
    status: 'failed',
    error: 'timeout',
    durationMs: 5012,
  },
  'POST /v1/measurements': { workflow: 'order-fulfillment', name: 'dlq-depth', value: 3 },
  'POST /v1/traces': {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'order-fulfillment' } }] },
        scopeSpans: [
          {
            spans: [
              {
                traceId: '5b8efff798038103d269b633813fc60c',
                spanId: 'eee19b7ec3c1b174',
                name: 'order-fulfillment',
                kind: 5,
                startTimeUnixNano: '1773144000000000000',
                endTimeUnixNano: '1773144005000000000',
                status: { code: 1 },
              },
            ],
          },
        ],
      },
    ],
  },
  'POST /v1/metrics': {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'order-fulfillment' } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'dlq-depth',
                gauge: { dataPoints: [{ timeUnixNano: '1773144000000000000', asInt: '3' }] },
              },
            ],
          },
        ],
      },
    ],
  },
  'POST /v1/events': {
    specversion: '1.0',
    id: 'e-17',
    source: '/orders',
    type: 'order-fulfillment.completed',
    subject: 'order-17',
  },
  'POST /v1/incidents/{id}/ack': { ...WHO, note: 'on it', conversation: true },
  'POST /v1/incidents/{id}/notes': { ...WHO, note: 'rolled back' },
  'POST /v1/losses/{id}/ack': { ...WHO, note: 'a new disk' },
  'POST /v1/adjustments': {
    ...WHO,
    workflow: 'order-fulfillment',
    reason: 'the bank moves house',
    from: '2026-03-10T12:00:00Z',
    to: '2026-03-10T14:00:00Z',
  },
  'POST /v1/adjustments/{id}/end': { ...WHO, reason: 'done early' },
  'POST /v1/adjustments/{id}/withdraw': { ...WHO, reason: 'a mistake' },
  'POST /v1/silences': {
    ...WHO,
    workflow: 'order-fulfillment',
    severity: 'ticket',
    for: '4h',
    reason: 'the migration of the order database',
  },
  'POST /v1/silences/preview': { ...WHO, owner: 'pay*', for: '4h', reason: 'the move of the warehouse' },
  'POST /v1/annotations': {
    text: '7f3c',
    kind: 'deploy',
    workflow: 'order-fulfillment',
    link: 'https://git.example.com/commit/7f3c',
    id: 'deploy-7f3c',
  },
  'POST /v1/gate/overrides': {
    ...WHO,
    workflow: 'order-fulfillment',
    for: '1h',
    reason: 'the fix of the incident',
  },
  'POST /v1/dead-letters/replay': { id: 'all' },
  'POST /v1/dead-letters/drop': { id: 'all', source: 'stream:outcomes' },
  'POST /v1/outbox/retry': { id: 'mk2x1-a7f3/1/payments-oncall' },
  'POST /v1/outbox/drop': { id: 'all' },
  'POST /incidents/{id}/ack': 'by=sam&note=on+it',
  'POST /incidents/{id}/notes': 'by=sam&note=rolled+back',
  'POST /links/{link}': 'by=sam',
  'POST /outbox/retry': 'id=all',
  'POST /outbox/drop': 'id=all',
  'POST /incidents/{id}/silence': 'by=sam&reason=known&span=4h',
  'POST /silences': 'do=create&workflow=order-*&for=4h&reason=a+migration&by=sam',
  'POST /silences/{id}/end': '',
  'POST /targets/{target}/test': 'slo=order-fulfillment/fulfilled-in-10m',
  'POST /theme': 'theme=dark',
  'POST /v1/slack/interactivity': new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      user: { id: 'U0123ABCD', username: 'ana' },
      channel: { id: 'C0123ABCD' },
      actions: [
        { action_id: 'burnwatch_acknowledge', value: 'target=payments-channel&conversation=mk2x1-a7f3' },
      ],
    }),
  }).toString(),
  'POST /login': 'token=a-secret-of-a-token&next=%2F',
  'POST /logout': '',
};
