import { readFileSync } from 'node:fs';

const SCRIPT = readFileSync(new URL('./exec.sh', import.meta.url), 'utf8');
/** Where a service listens that nothing was set for. */
const DEFAULT_URL = 'http://127.0.0.1:8080';

/**
 * `burnwatch exec` as a POSIX shell script, which reports to this address unless its environment says otherwise. The address is the
 * public URL of the settings, never the Host of a request: who fetches it through a strange name must not get a script that sends to there.
 */
export function execScript(publicUrl: string | null): string {
  return SCRIPT.replace('@URL@', () => quoted((publicUrl ?? DEFAULT_URL).replace(/(?<!\/)\/+$/, '')));
}

/** A text as one word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
