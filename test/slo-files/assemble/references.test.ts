import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDefinitions } from '../../../src/slo-files/load.ts';
import { formatProblem } from '../../../src/slo-files/yaml/problem.ts';
import { secretSpans } from '../../../src/slo-files/yaml/secret-keys.ts';
import { definitionsOf, loadFiles, references, TEAMS, told, withFolder } from '../slo-folder.ts';

const SECRET = 'T0SECRET';

describe('references', () => {
  it('are filled in where secrets stand, from the environment and from files, and a plain ${ may be written anywhere', async () => {
    await withFolder({ 'secrets/hook': `https://example.com/${SECRET}\n` }, async (folder) => {
      const slos = join(folder, 'slos');
      await mkdir(slos);
      await writeFile(
        join(slos, 'a.yaml'),
        `workflow: w
owner: payments
slos:
  s: { objective: 99.5%, window: 28d, sli: succeeded, description: 'costs $\${TEAM} or $5' }
teams: { payments: { page: [hook, near, slack, parts], ticket: [hook] } }
targets:
  hook: { slack: { webhook: "\${file:${folder}/secrets/hook}" } }
  near: { slack: { webhook: "\${file:hook}" } }
  slack: { slack: { webhook: "\${SLACK_PAYMENTS}" } }
  parts: { slack: { webhook: "https://\${WEBHOOK_HOST}/\${SLACK_PATH}?costs=$\${5}" } }
`,
      );
      const loaded = await loadDefinitions(
        [slos],
        references({
          BURNWATCH_SECRETS_DIR: join(folder, 'secrets'),
          SLACK_PAYMENTS: 'https://example.com/payments',
          WEBHOOK_HOST: 'example.com',
          SLACK_PATH: 'path',
        }),
      );
      expect(told(loaded)).toEqual([]);
      const { workflows, targets } = definitionsOf(loaded);
      expect(workflows.get('w')!.slos[0]).toMatchObject({ description: 'costs ${TEAM} or $5' });
      const webhooks = [...targets.values()].map((target) => target.kind === 'slack' && target.webhook);
      expect(webhooks).toEqual([
        `https://example.com/${SECRET}`,
        `https://example.com/${SECRET}`,
        'https://example.com/payments',
        'https://example.com/path?costs=${5}',
      ]);
      expect(loaded.referenced).toEqual([join(folder, 'secrets/hook')]);
    });
  });

  it('cannot bring structure with them', async () => {
    const text = 'targets: { x: { slack: { webhook: "${SLACK_HOOK}" } } }\n';
    const webhook = 'https://example.com/"}},y:{log:{}}';
    const { targets } = definitionsOf(await loadFiles({ 'a.yaml': text }, { SLACK_HOOK: webhook }));
    expect([...targets.values()]).toEqual([{ kind: 'slack', name: 'x', webhook }]);
  });

  it.each([
    ['${SLACK_NOPE}', 'the environment variable SLACK_NOPE is not set'],
    ['${SLACK_EMPTY}', 'the environment variable SLACK_EMPTY is not set'],
    [
      '${SLACK_A}${SLACK_B}',
      'the environment variable SLACK_A is not set; the environment variable SLACK_B is not set',
    ],
    [
      '${HOME}',
      '${HOME} is not a variable that SLO files may name; expected a variable that BURNWATCH_SUBSTITUTE allows: SLACK_*',
    ],
    ['${toString}', '${toString} is not a variable that SLO files may name'],
    [
      '${BURNWATCH_TOKENS}',
      '${BURNWATCH_TOKENS} is a setting of Burnwatch itself, which SLO files never see',
    ],
    ['${burnwatch_tokens}', '${burnwatch_tokens} is a setting of Burnwatch itself'],
    ['${a-b}', '${a-b} is not a reference such as ${NAME} or ${file:name}'],
    ['${}', '${} is not a reference'],
    ['x ${A', '${ is never closed; a plain one is written $${'],
    ['${file:/etc/passwd}', '${file:/etc/passwd} needs BURNWATCH_SECRETS_DIR'],
  ])('%s is one located problem', async (reference, problem) => {
    const text = `targets:\n  x: { slack: { webhook: '${reference}' } }\n`;
    const env = { SLACK_EMPTY: '', BURNWATCH_TOKENS: SECRET, burnwatch_tokens: SECRET, HOME: SECRET };
    const loaded = await loadFiles({ 'a.yaml': text }, env);
    expect(told(loaded)).toEqual([expect.stringContaining(`a.yaml:2:26: ${problem}`)]);
    expect(JSON.stringify(loaded.problems)).not.toContain(SECRET);
  });

  it('to settings of Burnwatch are refused whatever BURNWATCH_SUBSTITUTE allows', async () => {
    const text = 'targets: { x: { slack: { webhook: "https://example.com/${BURNWATCH_STORE}${HOME}" } } }';
    const env = { BURNWATCH_SUBSTITUTE: 'BURNWATCH_*, *', BURNWATCH_STORE: SECRET, HOME: 'home' };
    expect(told(await loadFiles({ 'a.yaml': text }, env))).toEqual([
      expect.stringContaining('${BURNWATCH_STORE} is a setting of Burnwatch itself'),
    ]);
  });

  it.each([
    'workflow: "${SLACK_X}"\nowner: o',
    'workflow: w\nowner: "${SLACK_X}"',
    'workflow: w\nowner: o\nrunbook: "https://example.com/${SLACK_X}"',
    'workflow: w\nowner: o\nslos: { s: { objective: 99%, window: 28d, sli: succeeded, description: "${SLACK_X}" } }',
    'teams: { t: { page: ["${SLACK_X}"] } }',
    'targets: { x: { email: { to: ["${SLACK_X}"] } } }',
    'targets: { x: { slack: { webhook: ["${SLACK_X}"] } } }',
    'targets: { slack: { webhook: { webhook: "${SLACK_X}" } } }',
    'apiVersion: openslo/v1\nkind: Service\nmetadata: { name: s }\nspec: { description: "${SLACK_X}" }',
  ])('outside of secrets are a problem, not a value: %s', async (text) => {
    const loaded = await loadFiles({ 'a.yaml': text }, { SLACK_X: `https://example.com/${SECRET}` });
    expect(told(loaded)).toContainEqual(
      expect.stringMatching(
        /references are filled in only where a secret stands.*; expected the text itself/,
      ),
    );
    expect(JSON.stringify(loaded)).not.toContain(SECRET);
  });

  it('do not carry what they were filled with elsewhere through an alias', async () => {
    const text = `targets:
  a: { slack: &all { webhook: &hook "\${SLACK_X}" } }
  b: { slack: *all }
teams: { t: { page: [a], ticket: [a] } }
---
targets: { c: { slack: { webhook: &hook "\${SLACK_X}" } } }
workflow: w
owner: t
slos: { s: { objective: 99%, window: 28d, sli: succeeded, description: *hook } }
`;
    const loaded = await loadFiles({ 'a.yaml': text }, { SLACK_X: `https://example.com/${SECRET}` });
    expect(told(loaded)).toEqual([
      'a.yaml:3:15: *all repeats a secret; expected the reference itself, written here',
      'a.yaml:9:72: *hook repeats a secret; expected the reference itself, written here',
    ]);
  });
});

describe('a file that a reference names', () => {
  const files = {
    'secrets/hook': 'https://example.com/hook',
    'secrets/..v1/linked': 'https://example.com/linked',
    'secrets/empty': '',
    'outside/token': SECRET,
    'secrets-too/token': SECRET,
  };
  const problemsWith = async (reference: (folder: string) => string) =>
    withFolder(files, async (folder) => {
      await symlink('..v1', join(folder, 'secrets/..data'));
      await symlink('..data/linked', join(folder, 'secrets/linked'));
      await symlink('../outside/token', join(folder, 'secrets/leaving'));
      await symlink('../outside', join(folder, 'secrets/folder'));
      await symlink('/dev/zero', join(folder, 'secrets/zero'));
      await mkdir(join(folder, 'slos'));
      await writeFile(
        join(folder, 'slos/a.yaml'),
        `targets: { x: { slack: { webhook: "\${file:${reference(folder)}}" } } }`,
      );
      const env = { BURNWATCH_SECRETS_DIR: join(folder, 'secrets') };
      const loaded = await loadDefinitions([join(folder, 'slos')], references(env));
      expect(JSON.stringify(loaded.problems)).not.toContain(SECRET);
      return told(loaded).map((line) => line.replaceAll(folder, '').replace(/^.*?a.yaml:/, ''));
    });

  it.each(['hook', 'linked', './hook'])('is read below BURNWATCH_SECRETS_DIR: %s', async (name) => {
    expect(await problemsWith(() => name)).toEqual([]);
    expect(await problemsWith((folder) => `${folder}/secrets/${name}`)).toEqual([]);
  });

  it.each([
    ['/etc/passwd', '${file:/etc/passwd} is not below BURNWATCH_SECRETS_DIR (/secrets)'],
    ['/nowhere/at/all', '${file:/nowhere/at/all} is not below BURNWATCH_SECRETS_DIR (/secrets)'],
    ['../outside/token', '${file:../outside/token} is not below BURNWATCH_SECRETS_DIR (/secrets)'],
    ['../secrets-too/token', '${file:../secrets-too/token} is not below BURNWATCH_SECRETS_DIR (/secrets)'],
    ['leaving', '/secrets/leaving is a link that leads out of BURNWATCH_SECRETS_DIR'],
    ['folder/token', '/secrets/folder/token is a link that leads out of BURNWATCH_SECRETS_DIR'],
    ['zero', '/secrets/zero is a link that leads out of BURNWATCH_SECRETS_DIR'],
    ['..v1', '/secrets/..v1 is not a file'],
    ['empty', '/secrets/empty is empty'],
    ['absent', 'cannot read /secrets/absent (ENOENT)'],
  ])('%s is one located problem', async (name, problem) => {
    expect(await problemsWith(() => name)).toEqual([`1:35: ${problem}`]);
  });
});

describe('links in the folder of the SLO files', () => {
  it('that leave it are refused, and nothing of what they lead to is read', async () => {
    const outside = `workflow: ${SECRET}\nowner: ${SECRET}\n`;
    await withFolder(
      { 'outside/a.yaml': outside, 'outside/passwd': `root:x:${SECRET}`, 'slos/teams.yaml': TEAMS },
      async (folder) => {
        await symlink('../outside/a.yaml', join(folder, 'slos/file.yaml'));
        await symlink('../outside', join(folder, 'slos/folder'));
        await symlink('../outside/passwd', join(folder, 'slos/passwd.yaml'));
        const loaded = await loadDefinitions([join(folder, 'slos')], references());
        const problem = '1:1: is a link that leads out of the folder of the SLO files';
        expect(told(loaded).map((line) => line.replace(`${folder}/slos/`, ''))).toEqual([
          `file.yaml:${problem}`,
          `folder:${problem}`,
          `passwd.yaml:${problem}`,
        ]);
        expect(JSON.stringify(loaded)).not.toContain(SECRET);
        const named = await loadDefinitions([join(folder, 'slos/file.yaml')], references());
        expect(told(named)).toEqual([expect.stringContaining(problem)]);
      },
    );
  });

  it('may stay in it, and the folder itself may be one (Kubernetes ConfigMap)', async () => {
    await withFolder(
      { 'mounted/..v1/all.yaml': TEAMS, 'mounted/shared/more.yaml': '# nothing yet\n' },
      async (folder) => {
        await symlink('..v1', join(folder, 'mounted/..data'));
        await symlink('..data/all.yaml', join(folder, 'mounted/all.yaml'));
        await symlink('shared', join(folder, 'mounted/again'));
        await symlink('mounted', join(folder, 'slos'));
        const loaded = await loadDefinitions([join(folder, 'slos')], references());
        expect(told(loaded)).toEqual([]);
        expect(loaded.files).toHaveLength(2);
      },
    );
  });
});

describe('a file that is not an SLO file', () => {
  it.each([
    ['accounts', `root:x:0:0:root:${SECRET}:/bin/bash\nother:${SECRET}\n`],
    ['a manifest of another program', `apiVersion: v1\nkind: Secret\ndata: { password: ${SECRET} }\n`],
    ['broken YAML', `database: [${SECRET}\n  "${SECRET}: @\n`],
    ['a list', `- ${SECRET}\n- !${SECRET} ${SECRET}\n`],
    ['aliases', `a: *${SECRET}\n${SECRET}: "\${${SECRET}}"\n`],
  ])('is one problem that shows nothing of it: %s', async (_what, text) => {
    const loaded = await loadFiles({ 'a.yaml': text, 'teams.yaml': TEAMS });
    expect(told(loaded)).toEqual([
      'a.yaml:1:1: this is not an SLO file; expected workflow, slos, teams, targets, policies, budgetPolicies or apiVersion: openslo/v1 at the top',
    ]);
    expect(JSON.stringify(loaded)).not.toContain(SECRET);
  });

  it.each([
    ['a NUL', Buffer.from(`${SECRET}\0${SECRET}`)],
    ['another encoding', Buffer.from([...Buffer.from(SECRET), 0xff, ...Buffer.from(SECRET)])],
  ])('is not quoted when it is not even text: %s', async (_what, bytes) => {
    const loaded = await loadFiles({ 'a.yaml': bytes, 'teams.yaml': TEAMS });
    expect(told(loaded)).toHaveLength(1);
    expect(JSON.stringify(loaded)).not.toContain(SECRET);
  });

  it.each(['workflows: w\nowner: o', 'kind: SLO\nmetadata: { name: a }', 'workflow: [', '{ "teams": [ }'])(
    'is not one in which only a word is wrong: %s',
    async (text) => {
      const loaded = await loadFiles({ 'a.yaml': text });
      expect(told(loaded).join()).not.toContain('not an SLO file');
      expect(loaded.problems.length).toBeGreaterThan(0);
    },
  );
});

describe('secrets', () => {
  const withSecret = [
    'targets: { x: { slack: { webhook: "${SLACK_HOOK}", chanel: a } } }',
    'targets: { x: { slack: { webhook: "not a url ${SLACK_HOOK}" } } }',
    'targets: { x: { slack: { webhook: "${SLACK_TEXT}" } } }',
    'targets: { x: { slack: { webhook: "${SLACK_TEXT}/${SLACK_TEXT}" }, log: {} } }',
  ];

  it.each(withSecret)('that were filled in are in no problem: %s', async (text) => {
    const env = { SLACK_HOOK: `https://hooks.slack.com/services/${SECRET}`, SLACK_TEXT: SECRET };
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

  it.each([
    `targets: { x: { slack: { webhook: ${SECRET} } } }`,
    `targets: { x: { slack: { webhook: [${SECRET}, { a: ${SECRET} }] } } }`,
    `targets: { x: { slack: { webhook: { ${SECRET}: 1 } } } }`,
    `targets: { x: { slack: { webhook: *${SECRET} } } }`,
    `targets: { x: { slack: { webhook: !${SECRET} a } } }`,
    `targets: { x: { slack: { password: ${SECRET}, webhook: 5 } } }`,
    `targets: { x: { slack: { api_key: "${SECRET} } } }`,
    `targets:\n  x:\n    slack:\n      webhook: |\n        a\n        ${SECRET} \${oops\n`,
    `targets:\n  x:\n    email:\n      authToken:\n      - ${SECRET}: [\n      to: []\n`,
    `targets:\n  x:\n    slack: { slackToken: [\n${SECRET}, @\n] }\n`,
    `targets:\n- password: ${SECRET}\n`,
    `targets:\n  token: "${SECRET}\n    ${SECRET} \\x"\n`,
    `workflow: w\nowner: o\nslos: { s: { objective: 99%, window: 28d, sli: { succeeded: true, where: { password: { ${SECRET}: ${SECRET} } } } } }`,
  ])('under a secret-like key are in no problem: %s', async (text) => {
    const { problems } = await loadFiles({ 'a.yaml': `${text}\n` });
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });

  it('of names that only sound like one are shown', async () => {
    const text =
      'workflow: w\nowner: o\nslos: { password-reset: { objective: 100, window: 28d, sli: succeeded } }';
    const { problems } = await loadFiles({ 'a.yaml': text });
    expect(problems.map(({ sourceLine }) => sourceLine)).toContainEqual(
      expect.stringContaining('objective: 100'),
    );
  });

  it('are found in time that grows with the length of a text, whatever is in it', () => {
    for (const piece of [
      'password: [',
      '{ token: "',
      '- - - ',
      "'",
      '"',
      '\npassword:\n ',
      ', a: ',
      '     ',
    ]) {
      const took = (length: number) => {
        const text = piece.repeat(length / piece.length);
        const begin = performance.now();
        secretSpans(text);
        return performance.now() - begin;
      };
      took(16_384);
      expect(took(524_288), piece).toBeLessThan(32 * 20 * Math.max(took(16_384), 1));
    }
  });
});
