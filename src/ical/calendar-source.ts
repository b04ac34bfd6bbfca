import { open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Fetch } from '../core/ports/outbound.ts';
import type { CalendarSource } from '../core/ports/calendar-source.ts';
import type { CalendarReader } from './calendar-reader.ts';

/** Bytes of a calendar. */
export const MAX_CALENDAR = 1024 * 1024;
const TOO_LARGE = 'it has more than 1 MB';
const TIMEOUT = 10_000;

/** `fetch` reads one byte more than `MAX_CALENDAR`, so that one can see that there are more. */
export function createCalendarSource(fetch: Fetch | null, reader: CalendarReader): CalendarSource {
  return {
    async events({ place, timeZone }, from, until, signal) {
      const text = 'file' in place ? await readText(place) : await fetchText(fetch, place.url, signal);
      return reader.events({ text, from, until, timeZone });
    },
  };
}

async function fetchText(fetch: Fetch | null, url: string, signal: AbortSignal): Promise<string> {
  if (!fetch) throw new Error('it is not read over the network here');
  const timeout = AbortSignal.timeout(TIMEOUT);
  let response: Response;
  let bytes: ArrayBuffer;
  try {
    const headers = { Accept: 'text/calendar' };
    response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.any([signal, timeout]) });
    bytes = await response.arrayBuffer();
  } catch (error) {
    if (timeout.aborted) throw new Error(`its server did not answer within ${TIMEOUT} ms`, { cause: error });
    // Of an error of the network the message may hold the address; that of a rule does not.
    const { name, message, code } = error as Error & { code?: string };
    const reason =
      name === 'ForbiddenAddress'
        ? `it is not read: ${message}`
        : `its server cannot be reached: ${code ?? name}`;
    throw new Error(reason, { cause: error });
  }
  if (response.status !== 200) throw new Error(`its server answered ${response.status}`);
  if (bytes.byteLength > MAX_CALENDAR) throw new Error(TOO_LARGE);
  return Buffer.from(bytes).toString('utf8');
}

/** Of a file in the folder of the SLO file that names it, or below; a link that leads elsewhere is not followed. */
async function readText(place: { readonly file: string; readonly below: string }): Promise<string> {
  try {
    const [file, folder] = await Promise.all([realpath(place.file), realpath(place.below)]);
    if (!file.startsWith(folder + sep)) throw new Error('its path leads out of the folder of the SLO files');
    const handle = await open(file);
    try {
      const buffer = Buffer.alloc(MAX_CALENDAR + 1);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      if (bytesRead > MAX_CALENDAR) throw new Error(TOO_LARGE);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error('there is no such file', { cause: error });
    throw code === undefined ? error : new Error(`it cannot be read: ${code}`, { cause: error });
  }
}
