import { describe, expect, it } from 'vitest';
import { MAX_DEPENDENCIES } from '../../../src/core/slo/dependency.ts';
import { definitionsOf, loadFiles, loadText, TEAMS, told } from '../slo-folder.ts';

describe('dependencies', () => {
  it('are declared once for all workflows, with what was promised, who answers and where that is shown', async () => {
    const loaded = await loadFiles({
      'a.yaml':
        'dependencies: { bank/eu: { sla: 99.5%, owner: Acme Ltd., status: https://status.acme.example } }\n',
      'b.yaml': `${TEAMS}dependencies:\n  carrier: { sla: 0.9 }\n`,
    });
    expect(told(loaded)).toEqual([]);
    const [bank, carrier] = [...definitionsOf(loaded).dependencies.values()];
    expect(bank).toMatchObject({
      name: 'bank/eu',
      owner: 'Acme Ltd.',
      status: 'https://status.acme.example',
    });
    expect(bank!.sla).toEqual({ ratio: 0.995, errorBudget: 0.005, budgetParts: 5, parts: 1000 });
    expect(carrier).toMatchObject({ name: 'carrier', sla: { ratio: 0.9 }, owner: null, status: null });
    expect(carrier!.source).toMatch(/b\.yaml:4$/);
  });

  it.each([
    ['bank: {}', 'a.yaml:1:17: `sla` is missing; expected a share below 100%, such as 99.5% or 0.995'],
    [
      'bank: { sla: 100% }',
      'a.yaml:1:30: `sla` is `100%`; expected a share below 100%, such as 99.5% or 0.995',
    ],
    [
      'bank: { sla: high }',
      'a.yaml:1:30: `sla` is `high`; expected a share below 100%, such as 99.5% or 0.995',
    ],
    ['bank: { slat: 99% }', 'a.yaml:1:25: unknown key `slat` (did you mean sla?)'],
    [
      'bank: { sla: 99%, status: status.acme.example }',
      'a.yaml:1:43: `status` is `status.acme.example`; expected an http or https URL',
    ],
  ])('that are wrong are said to be: %s', async (text, problem) => {
    const loaded = await loadText(`dependencies: { ${text} }\nworkflow: w\nowner: payments\nslos: {}\n`);
    expect(told(loaded).filter((line) => !line.includes('has no SLOs'))).toEqual([problem]);
  });

  it('are not declared twice, and not without end', async () => {
    const text = 'dependencies:\n  bank: { sla: 99% }\n';
    const twice = await loadFiles({ 'a.yaml': text, 'b.yaml': text });
    expect(told(twice)).toEqual(['b.yaml:2:3: dependency `bank` is already defined at a.yaml:2']);
    const many = Array.from({ length: MAX_DEPENDENCIES + 1 }, (_, index) => `  d${index}: { sla: 99% }\n`);
    const loaded = await loadFiles({ 'a.yaml': `dependencies:\n${many.join('')}` });
    expect(told(loaded)).toEqual([
      `a.yaml:${MAX_DEPENDENCIES + 2}:3: with this dependency there are more than ${MAX_DEPENDENCIES}`,
    ]);
  });

  it('of a package do not make an SLO file of its manifest', async () => {
    const manifest = 'name: app\ndependencies:\n  http: ^1.0.0\n';
    expect(told(await loadFiles({ 'package.yaml': manifest }))).toEqual([
      expect.stringContaining('this is not an SLO file'),
    ]);
  });

  it('that an SLI names with a slip are warned of; others need not be declared', async () => {
    const slo = (name: string, sli: string) => `  ${name}: { objective: 99%, window: 28d, sli: ${sli} }\n`;
    const loaded = await loadText(
      `workflow: w\nowner: payments\nslos:\n${slo('a', '{ dependency: banks }')}${slo('b', '{ dependency: bank }')}${slo(
        'c',
        '{ slices: 5m, ratio: 90%, dependency: mailer }',
      )}dependencies: { bank: { sla: 99.5% } }\n`,
    );
    expect(told(loaded)).toEqual([
      'a.yaml:4:56: warning: no dependency `banks` is declared; did you mean `bank`?',
    ]);
  });
});
