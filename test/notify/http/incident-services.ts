import { Webhook } from 'standardwebhooks';
import type { PagerDutyEvent } from '../../../src/notify/pagerduty/pagerduty-event.ts';
import { WEBHOOK_JSON_SCHEMA } from '../../../src/notify/webhook/webhook-schema.ts';
import { refusals } from '../../support/json-schema.ts';
import type { ReceivedRequest } from '../../support/http-receiver.ts';
import type { Format } from './format.ts';

/** What is broken of the published format of a request is put into `format`; the answer is that of the real receiver. */
export type Judge = (
  format: Format,
  request: ReceivedRequest,
  body: unknown,
) => { status: number; body?: string };

export const WEBHOOK_SECRET = 'whsec_01234567890123456789012345678901';

/** Standard Webhooks 1.0. */
export const judgeWebhook: Judge = (format, { method, headers, raw }, body) => {
  format.oneOf('method', method, ['POST']);
  format.must('webhook-id', /^msg_[0-9a-f]{32}$/.test(String(headers['webhook-id'])));
  new Webhook(WEBHOOK_SECRET).verify(raw, headers as Record<string, string>);
  format.broken.push(...refusals(WEBHOOK_JSON_SCHEMA, body));
  return { status: 204 };
};

/** Events API v2: "Send an Alert Event". */
export const judgePagerDuty: Judge = (format, { method, path, raw }, body) => {
  format.oneOf('request', `${method} ${path}`, ['POST /v2/enqueue']);
  const event = format.map(
    'event',
    body,
    'routing_key event_action dedup_key',
    'payload links client client_url',
  );
  format.text('routing_key', event['routing_key'], 32, 32);
  format.oneOf('event_action', event['event_action'], ['trigger', 'acknowledge', 'resolve']);
  format.text('dedup_key', event['dedup_key'], 255);
  format.must('size', Buffer.byteLength(raw) <= 512 * 1024);
  if (event['event_action'] === 'trigger') {
    const payload = format.map(
      'payload',
      event['payload'],
      'summary source severity',
      'timestamp component group class custom_details',
    );
    format.text('summary', payload['summary'], 1024);
    format.text('source', payload['source'], 1024);
    format.oneOf('severity', payload['severity'], ['critical', 'error', 'warning', 'info']);
    format.time('timestamp', payload['timestamp']);
    for (const link of format.list('links', event['links'] ?? [], 50)) {
      format.link('href', format.map('link', link, 'href', 'text')['href']);
    }
  }
  if (event['client_url'] !== undefined) format.link('client_url', event['client_url']);
  return {
    status: 202,
    body: JSON.stringify({
      status: 'success',
      message: 'Event processed',
      dedup_key: (body as PagerDutyEvent).dedup_key,
    }),
  };
};

/** Alert API v2. */
export const judgeOpsgenie: Judge = (format, { method, path, headers }, body) => {
  format.must('Authorization', /^GenieKey \S+$/.test(String(headers.authorization)));
  const [, action] =
    /^\/v2\/alerts\/[^/?]+\/(close|acknowledge|priority)\?identifierType=alias$/.exec(path) ?? [];
  format.must(`request ${method} ${path}`, path === '/v2/alerts' || action !== undefined);
  format.oneOf('method', method, [action === 'priority' ? 'PUT' : 'POST']);
  if (action === undefined) {
    const alert = format.map(
      'alert',
      body,
      'message',
      'alias description responders visibleTo actions tags details entity source priority user note',
    );
    format.text('message', alert['message'], 130);
    format.text('alias', alert['alias'], 512);
    format.text('description', alert['description'], 15_000);
    format.text('entity', alert['entity'], 512);
    format.text('source', alert['source'], 100);
    format.oneOf('priority', alert['priority'], ['P1', 'P2', 'P3', 'P4', 'P5']);
    for (const tag of format.list('tags', alert['tags'], 20)) format.text('tag', tag, 50);
    const details = Object.entries(alert['details'] as object) as [string, unknown][];
    for (const [, value] of details) format.text('detail', value, 8000, 0);
    const size = details.reduce((sum, [key, value]) => sum + key.length + String(value).length, 0);
    format.must('details: 8,000 characters in all', size <= 8000);
  } else {
    const change = format.map('change', body, '', 'user source note priority');
    if (change['note'] !== undefined) format.text('note', change['note'], 25_000);
    if (change['user'] !== undefined) format.text('user', change['user'], 100);
    if (action === 'priority') format.oneOf('priority', change['priority'], ['P1', 'P2', 'P3', 'P4', 'P5']);
  }
  const answer = {
    result: 'Request will be processed',
    took: 0.1,
    requestId: '43a29c5c-3dbf-4fa4-9c26-f4f71023e120',
  };
  return { status: 202, body: JSON.stringify(answer) };
};

/** API v2 of Alertmanager 0.25: `postAlerts`. */
export const judgeAlertmanager: Judge = (format, { method, path }, body) => {
  format.oneOf('request', `${method} ${path}`, ['POST /api/v2/alerts']);
  for (const posted of format.list('alerts', body, 10, 1)) {
    const alert = format.map('alert', posted, 'labels', 'annotations startsAt endsAt generatorURL');
    const labels = format.map('labels', alert['labels'], 'alertname severity workflow slo owner');
    const annotations = alert['annotations'] as Record<string, unknown>;
    for (const [name, value] of [...Object.entries(labels), ...Object.entries(annotations)]) {
      format.must(`name ${name}`, /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
      format.text(name, value, 1000, 0);
    }
    format.time('startsAt', alert['startsAt']);
    format.time('endsAt', alert['endsAt']);
    format.must('ends before it starts', String(alert['startsAt']) <= String(alert['endsAt']));
  }
  return { status: 200 };
};
