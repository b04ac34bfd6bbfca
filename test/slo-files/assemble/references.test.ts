import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../../src/slo-files/load.ts';
import { formatProblem } from '../../../src/slo-files/yaml/problem.ts';
import { definitionsOf, loadFiles, told, withFolder } from '../slo-folder.ts';

const SECRET = 'T0SECRET';

describe('references', () => {
  it('are filled in from the environment and from files, wherever a text stands, and may be escaped', async () => {
    await withFolder({ 'secret/hook': `https://example.com/${SECRET}\n` }, async (folder) => {
      const slos = join(folder, 'slos');
      await mkdir(slos);
      await writeFile(
        join(slos, 'a.yaml'),
        `workflow: w
owner: \${TEAM}
slos:
  s: { objective: "\${SHARE}%", window: 28d, sli: succeeded, description: 'costs $\${TEAM} or $5' }
teams: { payments: { page: [hook, mail], ticket: [mail] } }
targets:
  hook: { slack: { webhook: "\${file:${folder}/secret/hook}" } }
  mail: { email: { to: ['\${USER_NAME}@\${HOST_NAME}'] } }
`,
      );
      const env = { TEAM: 'payments', SHARE: '99.5', USER_NAME: 'ann', HOST_NAME: 'example.com' };
      const loaded = await loadDefinitions([slos], env);
      expect(told(loaded)).toEqual([]);
      const { workflows, targets } = definitionsOf(loaded);
      expect(workflows.get('w')!.slos[0]).toMatchObject({
        owner: 'payments',
        objective: { ratio: 0.995 },
        description: 'costs ${TEAM} or $5',
      });
      expect(targets.get('hook')).toEqual({
        kind: 'slack',
        name: 'hook',
        webhook: `https://example.com/${SECRET}`,
      });
      expect(targets.get('mail')).toMatchObject({ to: ['ann@example.com'] });
      expect(loaded.referenced).toEqual([join(folder, 'secret/hook')]);
    });
  });

  it('cannot bring structure with them', async () => {
    const text = 'targets: { x: { slack: { webhook: "${HOOK}" } } }\n';
    const webhook = 'https://example.com/"}},y:{log:{}}';
    const { targets } = definitionsOf(await loadFiles({ 'a.yaml': text }, { HOOK: webhook }));
    expect([...targets.values()]).toEqual([{ kind: 'slack', name: 'x', webhook }]);
  });

  it.each([
    ['${NOPE}', 'the environment variable NOPE is not set'],
    ['${EMPTY}', 'the environment variable EMPTY is not set'],
    ['${toString}', 'the environment variable toString is not set'],
    ['${A}${B}', 'the environment variable A is not set; the environment variable B is not set'],
    ['${a-b}', '${a-b} is not a reference such as ${NAME} or ${file:/path}'],
    ['${}', '${} is not a reference'],
    ['x ${A', '${ is never closed; a plain one is written $${'],
    ['${file:/nowhere/at/all}', 'cannot read /nowhere/at/all (ENOENT)'],
    ['${file:relative}', '${file:relative} needs an absolute path'],
    ['${file:/dev/zero}', '/dev/zero is not a file'],
  ])('%s is one located problem', async (reference, problem) => {
    const text = `targets:\n  x: { slack: { webhook: '${reference}' } }\n`;
    expect(told(await loadFiles({ 'a.yaml': text }, { EMPTY: '' }))).toEqual([
      expect.stringContaining(`a.yaml:2:26: ${problem}`),
    ]);
  });
});

describe('secrets', () => {
  const withSecret = [
    'targets: { x: { slack: { webhook: "${HOOK}", chanel: a } } }',
    'targets: { x: { slack: { webhook: "not a url ${HOOK}" } } }',
    'workflow: "${HOOK}"\nowner: "${HOOK}"',
    'workflow: w\nowner: "${HOOK}"',
    'workflow: w\nowner: o\nrunbook: "x${HOOK}"\nsteps: [a]\nslos: { s: { objective: "${HOOK}", window: "${HOOK}", sli: { step: "${TEXT}", within: "${HOOK}", where: { a: ["${HOOK}", 5] } }, alerts: { policy: "${TEXT}", noData: { after: "${TEXT}", severity: "${TEXT}" } } } }',
    'teams: { t: { page: ["${TEXT}"] } }',
    'apiVersion: "${TEXT}"',
    '"${HOOK}": 1',
  ];

  it.each(withSecret)('that were filled in are in no problem: %s', async (text) => {
    const env = { HOOK: `https://hooks.slack.com/services/${SECRET}`, TEXT: SECRET };
    const { problems } = await loadFiles({ 'a.yaml': `${text}\n` }, env);
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems) + problems.map(formatProblem).join()).not.toContain(SECRET);
  });

  it.each([
    `targets: { x: { slak: { webhook: https://hooks.slack.com/services/T1/${SECRET} } } }`,
    `targets: { x: { slack: { webhook: ftp://user:${SECRET}@hooks.example.com/ } } }`,
    `targets: { x: { slack: { webhook: 'ftp://a/${SECRET}?key=${SECRET}' } } }`,
    `targets: [ https://hooks.slack.com/${SECRET} "x`,
    `https://hooks.slack.com/${SECRET}: 1`,
  ])('that stand in the file are masked: %s', async (text) => {
    const { problems } = await loadFiles({ 'a.yaml': `${text}\n` });
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });
});
