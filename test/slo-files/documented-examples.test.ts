import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/slo-files/yaml/problem.ts';
import { loadFiles } from './slo-folder.ts';

/** What examples refer to without saying it again. */
const AROUND = {
  teams: `teams: { payments: { page: [oncall], ticket: [oncall] }, shop: { page: [oncall], ticket: [oncall] } }\n`,
  targets: `targets: { ${[
    'oncall',
    'shop-terminal',
    'duty-manager',
    'cto-mail',
    'war-room',
    'payments-oncall',
    'payments-mail',
    'lead',
    'payments-second',
    'head-of-payments',
  ]
    .map((name) => `${name}: { log: {} }`)
    .join(', ')} }\n`,
  policies: 'policies: { business-critical: { minFailures: 5 } }\n',
  budgetPolicies: 'budgetPolicies: { four-weeks: { freeze: { remainingBelow: 0% } } }\n',
};

const files = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const examples = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/^( *)```yaml\n(.*?)^ *```/gms)].map(
    ([, indent = '', text = ''], index) => [
      `${file}, ${index + 1}`,
      text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    ],
  ),
);

describe('the YAML examples of the documentation', () => {
  it.each(examples)('%s loads', async (_, text) => {
    const missing = Object.entries(AROUND).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(text));
    // A part of an SLI stands for itself where only that is explained.
    const whole = text.startsWith('where:')
      ? `workflow: example\nowner: payments\nslos:\n  one:\n    objective: 99%\n    window: 28d\n    sli:\n${text.replaceAll(/^/gm, '      ')}`
      : text;
    const around = missing.map(([key, section]) =>
      // The teams around an example of targets have one of their own.
      key === 'teams' && /^targets:/m.test(text) ? `${section}targets: { oncall: { log: {} } }\n` : section,
    );
    const { problems } = await loadFiles(
      { 'example.yaml': whole, 'around.yaml': around.join('---\n') },
      {
        SLACK_PAYMENTS_TOKEN: 'xoxb-1234567890-abcdef',
        SLACK_PAYMENTS_SIGNING_SECRET: '8f742231b10e8888abcd99eeeccc85a5',
        SLACK_PAYMENTS_WEBHOOK: 'https://hooks.slack.example/x',
        PAYMENTS_CALENDAR: 'https://calendar.example.com/oncall.ics',
        WEBHOOK_SECRET: 'whsec_01234567890123456789012345678901',
        PAGERDUTY_ANNA_KEY: 'e93facc04764012d7bfb002500d5d1a7',
        SLACK_BEN_WEBHOOK: 'https://hooks.slack.example/y',
        PAGERDUTY_PAYMENTS_KEY: 'e93facc04764012d7bfb002500d5d1a6',
        OPSGENIE_PAYMENTS_KEY: 'eb243592-faa2-4ba2-a551-1afdf565c889',
        TEAMS_PAYMENTS_WORKFLOW: 'https://flows.example.com/x',
        DISCORD_PAYMENTS_WEBHOOK: 'https://discord.example.com/api/webhooks/1/x',
        TELEGRAM_BOT_TOKEN: '123456:ABC-DEF1234ghIkl',
        NTFY_PAYMENTS_TOPIC: 'payments-alerts',
        NTFY_TOKEN: 'tk_x',
      },
    );
    expect(problems.filter(({ severity }) => severity === 'error').map(formatProblem)).toEqual([]);
  });

  it('are there', () => expect(examples.length).toBeGreaterThan(6));
});
