import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { fingerprint as fingerprintOf } from '../../../src/core/sli/fingerprint.ts';
import type { Sli } from '../../../src/core/sli/sli.ts';
import { allSlos, type Definitions, type Slo } from '../../../src/core/slo/slo.ts';
import { exportOpenSlo } from '../../../src/slo-files/openslo/export.ts';
import { definitionsOf, loadFiles, told, withFolder } from '../slo-folder.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
const EXAMPLES = read(join(ROOT, 'slos'));
const OPENSLO = read(join(import.meta.dirname, 'examples'));

/** Teams and targets as a native file, for which OpenSLO has no words. */
function nativeOf({ teams, targets }: Definitions): string {
  const items = [...targets.values()].map((target) => {
    if (target.kind === 'slack') return [target.name, { slack: { webhook: target.webhook } }];
    return [target.name, target.kind === 'email' ? { email: { to: target.to } } : { log: {} }];
  });
  const owners = [...teams.values()].map(({ name, page, ticket }) => [name, { page, ticket }]);
  return JSON.stringify({ teams: Object.fromEntries(owners), targets: Object.fromEntries(items) });
}

async function roundTrip(files: Readonly<Record<string, string>>) {
  const before = definitionsOf(await loadFiles(files));
  const { yaml, warnings } = exportOpenSlo(before);
  const loaded = await loadFiles({ 'exported.yaml': yaml, 'native.yaml': nativeOf(before) });
  const after = definitionsOf(loaded);
  return { before, after, yaml, warnings, problems: told(loaded) };
}

const SILENT_PARTS = 'what a part without outcomes leaves to the others';

/** A composite whose weights hold the scales: the same while all of its parts have outcomes. */
function withoutScales(sli: Sli): Sli {
  if (sli.kind !== 'composite') return sli;
  const members = sli.members.map(({ budgetScale = 1, ...member }) => ({
    ...member,
    weight: Number((member.weight * budgetScale).toPrecision(12)),
  }));
  return { ...sli, members };
}

/** What must be the same after a round trip; `lost` says which tiers OpenSLO had no words for. */
function essence(slo: Slo, lost = '') {
  const { id, owner, description, objective, window, sli, fingerprint, alerts } = slo;
  const { text: _text, ...length } = window;
  return {
    id,
    owner,
    description,
    objective: [objective.ratio, objective.errorBudget],
    window: length,
    sli: JSON.parse(JSON.stringify(lost.includes(SILENT_PARTS) ? withoutScales(sli) : sli)) as unknown,
    fingerprint: lost.includes(SILENT_PARTS) ? fingerprintOf(withoutScales(sli)) : fingerprint,
    minFailures: alerts.minFailures,
    // From what a factor was lowered is only of interest where it was asked for.
    tiers: alerts.tiers
      .filter(({ name }) => !lost.includes(`tier ${name} `))
      .map((tier) => ({ ...tier, loweredFrom: null })),
  };
}

describe('an export', () => {
  it.each([
    ['the example files', EXAMPLES],
    ['the OpenSLO files of these tests', OPENSLO],
  ])('of %s loads back to the same SLOs, save for what it says is lost', async (_what, files) => {
    const { before, after, warnings, problems } = await roundTrip(files);
    expect(problems.filter((line) => !line.includes('warning'))).toEqual([]);
    const lossOf = (id: string) => warnings.find((line) => line.startsWith(`${id}: not exported`)) ?? '';
    expect(allSlos(after).map(({ id }) => id)).toEqual(allSlos(before).map(({ id }) => id));
    for (const [index, slo] of allSlos(after).entries()) {
      const original = allSlos(before)[index]!;
      const lost = lossOf(slo.id);
      // Without any tier left the default ones alert instead, and that is told.
      const replaced = lost.includes('the default tiers alert instead');
      const [now, then] = [essence(slo), essence(original, lost)];
      expect(replaced ? { ...now, tiers: [] } : now).toEqual(replaced ? { ...then, tiers: [] } : then);
    }
  });

  it('of what was exported is the same again', async () => {
    const { after, yaml } = await roundTrip(OPENSLO);
    // What was lost the first time is not there to be lost again.
    const annotation = `  annotations:\n    burnwatch.dev/not-exported: ${SILENT_PARTS}\n`;
    expect(yaml).toContain(annotation);
    expect(exportOpenSlo(after).yaml).toBe(yaml.replace(annotation, ''));
  });

  const one = (slo: string, more = '') => ({
    'a.yaml': `workflow: shop\nowner: o\nrunbook: https://wiki.example.com/shop\nslos: { s: ${slo}${more} }\n---\nteams: { o: { page: [log], ticket: [log] } }\ntargets: { log: { log: {} }, mail: { email: { to: [a@example.com] } } }`,
  });
  it.each([
    ['sli: succeeded'],
    [
      'sli: { step: pay, dependency: bank, within: 1m30s, where: { a: [x, y], b: { not: z }, c: { notGlob: "*q" } } }',
    ],
    ['sli: { step: pay, good: first-try }'],
    ['sli: { measurement: lag, above: -2.5, where: { shard: { glob: "eu-?" } } }'],
    ['sli: { slices: 5m, ratio: 99.95% }'],
    ['sli: { slices: 60m, p95: 2s, step: pay }'],
    ['sli: { slices: 1m, measurement: lag, max: { atMost: 30 } }'],
    ['sli: { slices: 1m, measurement: lag, max: { above: 30 } }'],
    ['sli: { slices: 1m, measurement: lag, min: { below: 3 } }'],
    ['sli: { slices: 1m, measurement: lag, min: { atLeast: 3 } }'],
    ['sli: { slices: 10m, measurement: lag, mean: { below: 30.5 } }'],
    ['sli: { succeededEvery: 26h, where: { a: b } }'],
    ['sli: { schedule: "30 2 * * 1-5", timeZone: Europe/Berlin, startWithin: 10m, finishWithin: 2h }'],
    ['sli: { schedule: "30 2 * * *", startEarly: 30s, finishWithin: 2h }'],
    ['sli: { allOf: [t, u] }'],
    ['sli: { weighted: { t: 3, shop/u: 0.5 } }'],
  ])('says every SLI: %s', async (sli) => {
    const others = ['t', 'u'].map(
      (name) => `, ${name}: { objective: 99%, window: 7d, sli: { step: ${name} } }`,
    );
    const { before, after, warnings } = await roundTrip(
      one(`{ objective: 95%, window: 28d, ${sli} }`, others.join('')),
    );
    expect(allSlos(after).map((slo) => essence(slo))).toEqual(allSlos(before).map((slo) => essence(slo)));
    expect(after.workflows.get('shop')!.runbook).toBe('https://wiki.example.com/shop');
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ['28d', '95%'],
    ['36h', '0.000001%'],
    ['1d12h30m', '99.999999999%'],
    ['{ calendar: week, timeZone: America/New_York }', '99.95%'],
    ['{ calendar: month }', '50%'],
    ['{ calendar: quarter, timeZone: Asia/Kolkata }', '0.9990'],
  ])('says window %s and objective %s', async (window, objective) => {
    const { before, after } = await roundTrip(
      one(`{ objective: ${objective}, window: ${window}, sli: succeeded }`),
    );
    expect(allSlos(after).map((slo) => essence(slo))).toEqual(allSlos(before).map((slo) => essence(slo)));
  });

  it.each([
    ['noData: { after: 1h, severity: ticket }'],
    ['noData: { after: 90m, severity: page }, minFailures: 7'],
    ['tiers: [{ burnRate: { long: 1h, factor: 14.4 }, severity: page }]'],
    [
      'tiers: [{ burnRate: { long: 1h, short: 7m, factor: 14.4 }, severity: page, name: quick }, { burnRate: { long: 3d, budgetShare: 10% }, severity: ticket }]',
    ],
    ['tiers: [{ burnRate: { long: 6h, factor: 3 }, severity: page }], route: { page: [mail, log] }'],
  ])('says alerts: { %s }', async (alerts) => {
    const { before, after, warnings } = await roundTrip(
      one(`{ objective: 95%, window: 28d, sli: succeeded, alerts: { ${alerts} } }`),
    );
    const [then, now] = [allSlos(before)[0]!, allSlos(after)[0]!];
    expect(essence(now)).toEqual(essence(then));
    expect(now.alerts.route).toEqual(then.alerts.route);
    expect(warnings).toHaveLength(1);
  });

  it('tells what is lost, to who exports and in the file', async () => {
    const alerts = `repeat: 4h, escalation: [{ after: 15m, to: [mail] }], resolve: { below: 50% }, route: { ticket: [mail] }, tiers: [{ outage: {}, severity: page }, { successRate: { below: 90%, over: 1h }, severity: page }]`;
    const { yaml, warnings } = await roundTrip(
      one(
        `{ objective: 95%, window: [28d, { calendar: month }], sli: succeeded, each: region, alerts: { ${alerts} } }`,
      ),
    );
    const lost =
      'tier outage (outage); tier success-rate-below-90%-over-1h (successRate); the ticket route to mail; repeating every 4h; escalation to mail after 15m; when alerts resolve; the default tiers alert instead; other windows (month (UTC)); an SLO for each region';
    expect(warnings[1]).toBe(`shop/s: not exported, because OpenSLO has no words for it: ${lost}`);
    const documents = parseAllDocuments(yaml).map((document) => document.toJS() as Record<string, object>);
    expect(documents[1]!['metadata']).toEqual({
      name: 's',
      annotations: { 'burnwatch.dev/not-exported': lost },
    });
  });

  it('keeps what looks like a reference what it is', async () => {
    const { before, after, yaml } = await roundTrip(
      one(
        '{ objective: 95%, window: 28d, sli: { where: { a: "$${HOME}" } }, description: "costs $${X}: #1" }',
      ),
    );
    expect(allSlos(before)[0]!.description).toBe('costs ${X}: #1');
    expect(yaml).toContain('$${HOME}');
    expect(allSlos(after).map((slo) => essence(slo))).toEqual(allSlos(before).map((slo) => essence(slo)));
  });
});

describe('burnwatch export', () => {
  const run = promisify(execFile);
  const burnwatch = (...args: string[]) =>
    run(process.execPath, [
      join(ROOT, 'node_modules/.bin/tsx'),
      join(ROOT, 'src/main.ts'),
      'export',
      ...args,
    ]);

  it('writes the files on stdout and what is lost on stderr', async () => {
    const { stdout, stderr } = await burnwatch('--format', 'openslo', join(ROOT, 'slos'));
    const documents = parseAllDocuments(stdout).map((document) => document.toJS() as Record<string, unknown>);
    expect(documents.length).toBeGreaterThan(6);
    for (const document of documents) expect(document['apiVersion']).toBe('openslo/v1');
    expect(stderr).toContain(
      'warning: order-fulfillment: not exported, because OpenSLO has no words for it: steps',
    );
  });

  it('ends with 1, the problems and no output when the files have errors', async () => {
    await withFolder({ 'a.yaml': 'apiVersion: openslo/v1\nkind: SLO' }, async (folder) => {
      await expect(burnwatch(folder)).rejects.toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('a.yaml:1:1: `metadata` is missing'),
      });
    });
    await expect(burnwatch('--format', 'cue')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--format is cue; expected openslo.'),
    });
  });
});
