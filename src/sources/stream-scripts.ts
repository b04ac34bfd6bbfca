import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script as Redis runs it, with the digest under which Redis caches it. */
export interface StreamScript {
  readonly source: string;
  readonly sha: string;
}

/** The scripts by name. Each file says in its header what its keys, arguments and reply are. */
export const streamScripts = {
  read: script('entries.lua', 'read.lua'),
  claim: script('entries.lua', 'claim.lua'),
  acknowledge: script('acknowledge.lua'),
  lookAfter: script('entries.lua', 'look-after.lua'),
} as const;

function script(...names: readonly string[]): StreamScript {
  const source = names.map((name) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')).join('\n');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
