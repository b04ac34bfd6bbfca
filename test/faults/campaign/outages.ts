import { until } from '../../support/until.ts';
import { post } from '../producer.ts';
import type { Stage } from './stage.ts';

/** A workflow all of whose outcomes fail. */
export interface Outage {
  readonly workflow: string;
  /** Resolves once every failure was acknowledged. */
  readonly reported: Promise<void>;
}

export const FAILURES = 20;

/** The most milliseconds that a page may take from when all is well: a lost lease, a lost claim, and ticks and tries. */
const PAGE_BOUND = 10_000 + 20_000 + 15_000;
const REPORT_PATIENCE = 3000;

export interface Outages {
  /** Begins the next one: its failures are sent to all replicas in turn, under the same names, until acknowledged. */
  begin(): Outage;
  /** Waits for its page, from now on; `delays` is what it may be later for the faults there were. */
  paged(outage: Outage, delays: number): Promise<void>;
  readonly all: readonly Outage[];
  /** Milliseconds from when all was well and reported until each page was there. */
  readonly lateness: readonly number[];
  /** What is wrong with the pages that came, and how many came again with the word that they may be a repeat. */
  check(): { readonly problems: readonly string[]; readonly repeats: number };
}

export function followOutages(stage: Stage): Outages {
  const all: Outage[] = [];
  const lateness: number[] = [];
  let turn = 0;

  const pagesOf = (workflow: string): readonly string[] =>
    stage.receiver.requests
      .filter(({ path }) => path === `/${workflow}`)
      .map(({ payload }) => JSON.stringify(payload));

  async function report(workflow: string): Promise<void> {
    const failures = Array.from({ length: FAILURES }, (_, index) => ({
      workflow,
      execution: `${workflow}-${index}`,
      status: 'failed',
    }));
    await until(
      `the failures of ${workflow} to be acknowledged`,
      async () => {
        const replica = stage.replicas[turn++ % stage.replicas.length]!;
        const answer = await post(replica, failures, REPORT_PATIENCE);
        const text = await answer.text();
        if (answer.status !== 200) throw new Error(text);
        const { accepted, duplicates } = JSON.parse(text) as { accepted: number; duplicates: number };
        return accepted + duplicates === FAILURES;
      },
      120_000,
    );
  }

  return {
    all,
    lateness,
    begin() {
      const workflow = stage.workflows[all.length];
      if (workflow === undefined) throw new Error('there are no more workflows that could fail');
      const reported = report(workflow);
      reported.catch(() => undefined);
      const outage = { workflow, reported };
      all.push(outage);
      return outage;
    },
    async paged(outage, delays) {
      await outage.reported;
      const from = performance.now();
      await until(
        `the page of ${outage.workflow}`,
        () => pagesOf(outage.workflow).length > 0,
        PAGE_BOUND + delays,
      );
      lateness.push(performance.now() - from);
    },
    check() {
      const problems: string[] = [];
      let repeats = 0;
      for (const { workflow } of all) {
        const pages = pagesOf(workflow);
        if (pages.length === 0) problems.push(`${workflow} was not paged`);
        for (const [index, page] of pages.entries()) {
          if (!page.includes(`PAGE ${workflow}/works`))
            problems.push(`${workflow} got another notification: ${page}`);
          else if (index === 0) continue;
          else if (page.includes('This may be a repeat')) repeats++;
          else problems.push(`${workflow} was paged twice`);
        }
      }
      const known = new Set(all.map(({ workflow }) => `/${workflow}`));
      for (const { path, payload } of stage.receiver.requests) {
        if (!known.has(path))
          problems.push(`a notification that nothing was the reason for: ${payload.text}`);
      }
      return { problems, repeats };
    },
  };
}
