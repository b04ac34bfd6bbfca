import type { Stage, StagedReplica } from './stage.ts';

/** Checks of `/readyz`. */
export interface Readiness {
  readonly isReady: boolean;
  /** Checks that fail, with what they say. */
  readonly failing: readonly string[];
}

/** What a replica says of itself. */
export interface Health extends Readiness {
  readonly leads: boolean;
  /** Evaluations that this process has ended. */
  readonly evaluations: number;
  /** Milliseconds since it saw an evaluation end, as it says. */
  readonly evaluationAge: number;
}

/** How long a replica may take to say whether it is ready; and to give its metrics, which it reads from the store. */
const READY_PATIENCE = 2000;
const METRICS_PATIENCE = 8000;

async function read(replica: StagedReplica, path: string, patience: number): Promise<Response | null> {
  const service = replica.service();
  if (!service || replica.isPaused()) return null;
  return fetch(`${service.url}${path}`, { signal: AbortSignal.timeout(patience) }).catch(() => null);
}

/** Asks a replica, without the proxy; null when it does not answer. */
export async function readinessOf(replica: StagedReplica): Promise<Readiness | null> {
  const answer = await read(replica, '/readyz', READY_PATIENCE);
  const body = await answer?.json().catch(() => null);
  if (!answer || !body) return null;
  const { checks } = body as { checks: Readonly<Record<string, { ok: boolean; message: string }>> };
  const failing = Object.entries(checks).flatMap(([name, { ok, message }]) =>
    ok ? [] : [`${name}: ${message}`],
  );
  return { isReady: answer.status === 200, failing };
}

/** As `readinessOf`, with what its metrics say. */
export async function healthOf(replica: StagedReplica): Promise<Health | null> {
  const answer = await read(replica, '/metrics', METRICS_PATIENCE);
  const text = await answer?.text().catch(() => null);
  const readiness = await readinessOf(replica);
  if (typeof text !== 'string' || !readiness) return null;
  const metric = (name: string): number =>
    Number(new RegExp(`^burnwatch_${name} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    ...readiness,
    leads: metric('leader') === 1,
    evaluations: metric('evaluation_duration_seconds_count'),
    evaluationAge: metric('last_evaluation_age_seconds') * 1000,
  };
}

/** The replica that leads, by what they say; null while none does. */
export async function leaderOf({ replicas }: Stage): Promise<StagedReplica | null> {
  for (const replica of replicas) {
    if ((await healthOf(replica))?.leads) return replica;
  }
  return null;
}

/** What is missing for all to be well; null when nothing is. */
export async function troubleOf(stage: Stage): Promise<string | null> {
  const trouble = await stage.storeTrouble();
  if (trouble !== null) return trouble;
  const found = await Promise.all(stage.replicas.map(readinessOf));
  for (const [index, readiness] of found.entries()) {
    const { name } = stage.replicas[index]!;
    if (!readiness) return `${name} does not answer`;
    if (readiness.failing.length > 0) return `${name}: ${readiness.failing.join(', ')}`;
  }
  return (await leaderOf(stage)) ? null : 'no replica leads';
}

/** Follows the health of all replicas from the outside. */
export interface HealthWatch {
  /** What replicas said that was not so: well, or an evaluation just now, while evaluation stood still. */
  readonly problems: readonly string[];
  /** The longest time without an evaluation, in milliseconds. */
  longestStandstill(): number;
  /** How often a replica was asked and answered, and how often it was not ready. */
  readonly counts: { answers: number; notReady: number };
  stop(): Promise<void>;
}

const ASK_EVERY = 1000;
/** An age may lag behind what is seen from outside by this: replicas look at the store once a second. */
const LAG = 4000;
/** `/readyz` is red at the latest after two ticks, 30 s, and a minute more for a replica that does not lead. */
const RED_AFTER = 92_000;

/** Begins; what evaluates is seen by the evaluations that all processes together have ended. */
export function watchHealth({ replicas }: Stage): HealthWatch {
  const problems: string[] = [];
  const counts = { answers: 0, notReady: 0 };
  let longest = 0;
  let evaluatedAt = performance.now();
  const seen = new Map<StagedReplica, number>();
  const stopping = new AbortController();

  async function look(): Promise<void> {
    const asked = performance.now();
    const found = await Promise.all(
      replicas.map(async (replica) => [replica, await healthOf(replica)] as const),
    );
    const answered = found.flatMap(([replica, health]) => (health ? [{ replica, health }] : []));
    // What one that is silent now did after it answered last is not known: it may have evaluated up to now.
    const silent = found.filter(([replica, health]) => !health && seen.delete(replica)).length > 0;
    const evaluated = answered.some(({ replica, health }) => health.evaluations !== (seen.get(replica) ?? 0));
    if (silent || evaluated) evaluatedAt = asked;
    for (const { replica, health } of answered) seen.set(replica, health.evaluations);
    const still = asked - evaluatedAt;
    longest = Math.max(longest, still);
    for (const { replica, health } of answered) {
      const { name } = replica;
      // Before it saw any evaluation, a process counts from its start.
      const known = Math.min(still, asked - replica.startedAt());
      counts.answers++;
      if (!health.isReady) counts.notReady++;
      else if (health.evaluationAge < known - LAG)
        problems.push(
          `${name} says that it saw an evaluation ${seconds(health.evaluationAge)} ago, but there was none for ${seconds(known)}`,
        );
      else if (known > RED_AFTER + LAG)
        problems.push(`${name} is ready, but nothing was evaluated for ${seconds(known)}`);
    }
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    }
  })();
  return {
    problems,
    counts,
    longestStandstill: () => longest,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
