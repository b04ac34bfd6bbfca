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
    const { problems } = await loadFiles(
      { 'example.yaml': whole, 'around.yaml': missing.map(([, section]) => section).join('---\n') },
      { SLACK_PAYMENTS_WEBHOOK: 'https://hooks.slack.example/x' },
    );
    expect(problems.filter(({ severity }) => severity === 'error').map(formatProblem)).toEqual([]);
  });

  it('are there', () => expect(examples.length).toBeGreaterThan(6));
});
