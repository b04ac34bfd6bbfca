import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { ALL_GRANTS } from '../../src/core/ports/token.ts';
import { createPings } from '../../src/engine/ingest/pings.ts';
import { createRejections } from '../../src/engine/ingest/rejections.ts';
import type { Token } from '../../src/core/ports/token.ts';
import type { Access, HttpServer, ServerOptions } from '../../src/http/server.ts';
import { createTelemetryRecorder } from '../../src/engine/ingest/telemetry.ts';
import type { Definitions } from '../../src/core/slo/slo.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { createServer } from '../../src/http/server.ts';
import type { FixedOperator, FixedQueries, NotedAudit, RecordingRecorder } from './fakes.ts';
import {
  NOW,
  fixedOperator,
  fixedReport,
  fixedStatus,
  keptRecords,
  notedAudit,
  recordingRecorder,
  sloDetail,
} from './fakes.ts';

/** Of the one target whose buttons are known. */
export const SIGNING_SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly recorder: RecordingRecorder;
  readonly queries: FixedQueries;
  readonly operator: FixedOperator;
  readonly audit: NotedAudit;
  /** Posts a body to `/v1/outcomes` or another path, as JSON unless the headers say otherwise. */
  readonly post: (
    body: string | Buffer,
    headers?: Record<string, string>,
    path?: string,
  ) => Promise<Response>;
}

export interface StartOptions extends Partial<Omit<ServerOptions, 'access' | 'telemetry'>> {
  /** What telemetry is mapped by. */
  readonly definitions?: Definitions;
  readonly tokens?: readonly Token[];
  readonly access?: Partial<Access>;
}

/** A real server on loopback with fakes behind it, closed when the test ends. */
export async function startServer({
  tokens = [],
  access = {},
  definitions = define([defineSlo({ workflow: 'order-fulfillment' })]),
  ...options
}: StartOptions = {}): Promise<RunningServer> {
  const recorder = recordingRecorder();
  const queries = fixedReport([sloDetail()]);
  const operator = fixedOperator();
  const records = keptRecords();
  const audit = notedAudit();
  const log = options.log ?? SILENT;
  const rejections = createRejections({
    workflows: () => ['order-fulfillment'],
    elapsed: () => 0,
    log: SILENT,
  });
  const server = createServer({
    recorder,
    rejections,
    pings: createPings({
      recorder: options.recorder ?? recorder,
      rejections,
      store: options.records ?? records,
      clock: options.clock ?? { now: () => NOW },
      elapsed: () => 0,
      log,
    }),
    telemetry: createTelemetryRecorder({
      recorder: options.recorder ?? recorder,
      definitions: () => definitions,
    }),
    queries,
    operator,
    status: () => fixedStatus(),
    access: {
      tokens: () => tokens,
      open: tokens.length === 0 ? ALL_GRANTS : null,
      loopback: false,
      trustedProxies: [],
      identityHeader: null,
      ...access,
    },
    audit,
    presses: {
      signingSecrets: () => [{ target: 'payments-channel', channel: 'C0123ABCD', secret: SIGNING_SECRET }],
      press: () => Promise.resolve({ done: [], message: 'Already acknowledged by ana (Slack).' }),
    },
    records,
    clock: { now: () => NOW },
    elapsed: () => 0,
    publicUrl: null,
    traceUrl: null,
    charts: { png: async () => new Uint8Array([137, 80, 78, 71]), close: async () => {} },
    log,
    version: '0.0.0-test',
    ...options,
  });
  const { url, port } = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close());
  const post = (body: string | Buffer, headers: Record<string, string> = {}, path = '/v1/outcomes') =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  return { url, port, server, recorder, queries, operator, audit, post };
}

export function outcome(execution: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { workflow: 'order-fulfillment', execution, status: 'succeeded', ...changes };
}

/** A bare connection: sends text, collects what comes back. */
export interface RawConnection {
  readonly socket: Socket;
  send(text: string | Buffer): void;
  /** What has come back so far. */
  received(): string;
  /** Resolves with all that came back when the other side ends the connection. */
  readonly ended: Promise<string>;
}

export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  const ended = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
  await once(socket, 'connect');
  // The server may cut the connection; the close that follows is what tests wait for.
  socket.on('error', () => null);
  return { socket, send: (data) => void socket.write(data), received: () => text, ended };
}
