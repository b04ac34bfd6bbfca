import { readFileSync } from 'node:fs';
import type { Environment } from '../config/setting-reader.ts';

/** What a verb prints, and whether what was asked for is done. */
export interface VerbAnswer {
  readonly ok: boolean;
  readonly text: string;
}

/** Asks a running service at a path from `/v1` on: with a body by POST, else by GET, unless a method is given. Throws an error with what was wrong. */
export type Ask = <Found>(path: string, body?: object, method?: 'DELETE') => Promise<Found>;

const DEFAULT_URL = 'http://127.0.0.1:8080';
/** Some requests go through thousands of records. */
const ANSWER_WITHIN = 120_000;

/** Does something with the service at BURNWATCH_URL; what keeps it from that becomes a sentence. */
export async function withService(
  env: Environment,
  work: (ask: Ask) => Promise<VerbAnswer>,
): Promise<VerbAnswer> {
  const url = (env['BURNWATCH_URL'] || DEFAULT_URL).replace(/(?<!\/)\/+$/, '');
  try {
    const token = tokenOf(env);
    return await work(async (path, body, method) => {
      const response = await fetch(url + path, {
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        ...(method && { method }),
        headers: {
          'Content-Type': 'application/json',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        // A redirect would get the token.
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_WITHIN),
      });
      const answer = (await response.json()) as { readonly code?: string; readonly detail?: string };
      if (response.ok) return answer as never;
      throw new Error(`${answer.code ?? response.status}: ${answer.detail ?? response.statusText}`);
    });
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    return { ok: false, text: `${url} does not do it: ${reason}` };
  }
}

/** The most items that a page of a list has. */
const PAGE = 1000;

/** All items of a list, page by page. */
export async function everyItem<Item>(
  ask: Ask,
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
): Promise<readonly Item[]> {
  const query = new URLSearchParams({ limit: String(PAGE) });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
  const all: Item[] = [];
  for (;;) {
    const { items, next } = await ask<{ readonly items: readonly Item[]; readonly next: string | null }>(
      `${path}?${query.toString()}`,
    );
    for (const item of items) all.push(item);
    if (next === null) return all;
    query.set('after', next);
  }
}

function tokenOf({ BURNWATCH_TOKEN: token, BURNWATCH_TOKEN_FILE: file }: Environment): string | null {
  if (token || !file) return token || null;
  return readFileSync(file, 'utf8').split('\n')[0]!.trim() || null;
}
