import { describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { openConnection, outcome, startServer } from './running-server.ts';

const POST = 'POST /v1/outcomes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

describe('listening', () => {
  it('says where, and fails when the port is taken', async () => {
    const { port, url } = await startServer();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    const { server } = await startServer();
    await server.close();
    await expect(server.listen(port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
  });
});

describe('closing', () => {
  it('C2: finishes requests it has accepted, closes idle connections at once, and may be told twice', async () => {
    const { server, port, recorder } = await startServer();
    const silent = await openConnection(port);
    const idle = await openConnection(port);
    idle.send('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the idle connection to be answered', () => idle.received().includes('"ok"'));
    const begun = await openConnection(port);
    begun.send('GET /healthz HTT');

    let store: () => void = () => null;
    const reached = new Promise<void>((resolve) => {
      recorder.before = () => {
        resolve();
        return new Promise<void>((done) => (store = done));
      };
    });
    const busy = await openConnection(port);
    const body = JSON.stringify(outcome('last'));
    busy.send(`${POST}Content-Length: ${body.length}\r\n\r\n${body}`);
    await reached;

    let closed = false;
    const closing = server.close().then(() => (closed = true));
    await Promise.all([silent.ended, idle.ended, begun.ended]);
    await expect(openConnection(port)).rejects.toThrow('ECONNREFUSED');
    expect([closed, busy.received()]).toEqual([false, '']);
    store();
    const answer = await busy.ended;
    expect(answer).toContain('"accepted":1');
    expect(answer).toContain('Connection: close');
    await Promise.all([closing, server.close()]);
  });

  it('takes the rest of a body that had begun to arrive', async () => {
    const { server, port } = await startServer();
    const connection = await openConnection(port);
    const body = JSON.stringify(outcome('late'));
    connection.send(`${POST}Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    await until('the body to be asked for', () => connection.received().includes('100 Continue'));
    const closing = server.close();
    connection.send(body);
    expect(await connection.ended).toContain('"accepted":1');
    await closing;
  });

  it('cuts what does not end in time', async () => {
    const { server, port, recorder } = await startServer({ timeouts: { close: 50 } });
    const connection = await openConnection(port);
    connection.send(`${POST}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n`);
    await until('the body to be asked for', () => connection.received().includes('100 Continue'));
    await server.close();
    await connection.ended;
    expect(recorder.calls).toEqual([]);
  });

  it('closes before it ever listened', async () => {
    const { server } = await startServer();
    await server.close();
    await server.close();
  });
});

describe('G2: slow clients', () => {
  it('G2: cuts a request whose headers or body do not arrive in time', async () => {
    const { port, recorder } = await startServer({ timeouts: { headers: 100, request: 200 } });
    const headers = await openConnection(port);
    headers.send('POST /v1/outcomes HTTP/1.1\r\nHost: x\r\n');
    const body = await openConnection(port);
    body.send(`${POST}Content-Length: 100\r\n\r\n{`);
    const silent = await openConnection(port);
    for (const connection of [headers, body])
      expect(await connection.ended).toContain('"code":"request-timeout"');
    await silent.ended;
    expect(recorder.calls).toEqual([]);
  });
});
