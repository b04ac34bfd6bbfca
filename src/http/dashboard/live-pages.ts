import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceStatus } from '../../core/ports/service-status.ts';
import type { Caller } from '../../core/ports/token.ts';
import { SECOND } from '../../core/time/duration.ts';
import type { Reply } from '../answers/respond.ts';
import type { RequestShares } from '../guard/request-shares.ts';

const RHYTHM: Rhythm = { look: SECOND, beat: 10 * SECOND };
/** After this many bytes that a client has not taken it is cut: an event is a few dozen. */
const MAX_UNREAD = 16_384;
/** What people ask for in one tick is of few kinds; what a program asks for may not be. */
const MAX_SHARED = 100;
/** In milliseconds; browsers wait so long before they connect again. The script of the pages waits longer each time. */
const RETRY = 2 * SECOND;
/** The header in which the script of a page names the tick that made it ask. */
const TICK_HEADER = 'burnwatch-tick';

/** Keeps open pages up to date: says when they would show something new, and renders what many ask for then only once. */
export interface LivePages {
  /**
   * Answers with a stream of server-sent events until the client goes, `isAllowed` gives false or `close` is called: `tick` with a
   * number when pages would show something new, `beat` when nothing else came for long, `end` with the reason. Throws the
   * `HttpProblem` to answer with when the caller has its share of the streams there may be.
   */
  open(response: ServerResponse, caller: Caller, isAllowed: () => Promise<boolean>): void;
  /**
   * Gives a page: for a request that names the tick that is now, the one that was made for another such request of the same viewer.
   * What people ask for by themselves is always made anew, so that they see what they have just done.
   */
  shared(
    request: IncomingMessage,
    viewer: string,
    make: () => Promise<Reply<string>>,
  ): Promise<Reply<string>>;
  /** Ends all streams, and those to come at once. */
  close(): void;
}

export interface LivePagesOptions {
  readonly status: () => ServiceStatus;
  /** Of the streams that may be open at once. */
  readonly shares: RequestShares;
  readonly rhythm?: Rhythm | undefined;
}

/** In milliseconds. */
export interface Rhythm {
  /** Between two looks at whether pages would show something new. */
  readonly look: number;
  /** An event comes at least this often, so that a page notices a connection on which nothing arrives any more. */
  readonly beat: number;
}

interface Stream {
  readonly response: ServerResponse;
  readonly isAllowed: () => Promise<boolean>;
}

export function createLivePages({
  status,
  shares,
  rhythm: { look, beat } = RHYTHM,
}: LivePagesOptions): LivePages {
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let shown: string | null = null;
  let tick = 1;
  let silentFor = 0;
  let pages = new Map<string, Promise<Reply<string>>>();

  /** Notices what is new. The number of a tick is this replica's own. */
  function lookAround(): boolean {
    const now = status();
    const visible = visibleOf(now);
    // How long something has been failing is a news in itself.
    const isGrowing = silentFor >= beat && Object.values(now.checks).some(({ ok }) => !ok);
    if (visible === shown && !isGrowing) return false;
    shown = visible;
    tick++;
    pages = new Map();
    return true;
  }

  function onLook(): void {
    silentFor += look;
    const isNew = lookAround();
    if (!isNew && silentFor < beat) return;
    silentFor = 0;
    const text = isNew ? event('tick', tick) : event('beat', tick);
    for (const stream of streams) void send(stream, text);
  }

  /** Whoever may no longer read is told nothing more (G1). */
  async function send(stream: Stream, text: string): Promise<void> {
    const { response } = stream;
    if (!(await stream.isAllowed())) end(stream, 'signed-out');
    else if (response.writableLength > MAX_UNREAD) response.destroy();
    else if (streams.has(stream)) response.write(text);
  }

  function end(stream: Stream, reason: 'signed-out' | 'stopping'): void {
    if (streams.has(stream)) stream.response.end(event('end', reason));
    remove(stream);
  }

  function remove(stream: Stream): void {
    streams.delete(stream);
    if (streams.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    open(response, caller, isAllowed) {
      const who = shares.begin(caller);
      const stream: Stream = { response, isAllowed };
      response.on('close', () => {
        shares.end(who);
        remove(stream);
      });
      lookAround();
      response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        // What compresses or buffers an answer on its way would hold events back.
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      });
      streams.add(stream);
      response.write(`retry: ${RETRY}\n${event('tick', tick)}`);
      if (closed || response.req.method === 'HEAD') end(stream, 'stopping');
      else timer ??= setInterval(onLook, look).unref();
    },
    shared(request, viewer, make) {
      if (request.headers[TICK_HEADER] !== String(tick)) return make();
      const key = JSON.stringify([request.url, request.headers.host, viewer]);
      const known = pages.get(key);
      if (known) return known;
      const page = make();
      if (pages.size < MAX_SHARED) pages.set(key, page);
      // What failed is tried again by the next one who asks.
      page.catch(() => pages.delete(key));
      return page;
    },
    close() {
      closed = true;
      for (const stream of streams) end(stream, 'stopping');
    },
  };
}

/**
 * What of the state of the service makes pages differ; without the queues, which are hardly ever the same twice, nor what checks say,
 * which is often how long ago something was.
 */
function visibleOf({ evaluation, checks, sloProblems, outbox, leader }: ServiceStatus): string {
  const failing = Object.entries(checks).flatMap(([name, { ok }]) => (ok ? [] : [name]));
  return JSON.stringify([evaluation.lastAt, leader, outbox.undeliverable, ...failing, ...sloProblems]);
}

function event(name: 'tick' | 'beat' | 'end', data: number | string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}
