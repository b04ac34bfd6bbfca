import type { Socket } from 'node:net';
import type { Cluster, Redis } from 'ioredis';

/** So much may arrive on a connection while no call is answered: far more than any of our answers is long. */
const MAX_UNANSWERED = 32 * 1024 * 1024;
/** So much without a line end: a parser looks at an unfinished line anew with every piece of it. */
const MAX_LINE = 4 * 1024 * 1024;
const LINE_END = 0x0a;

/**
 * Breaks connections on which a server sends on and on without answering anything, which would fill the memory of this process;
 * they are then made anew like any other that breaks. Returns what to call after every answer.
 */
export function limitAnswers(client: Redis | Cluster): () => void {
  let answers = 0;
  const watch = (node: Redis): void => {
    node.on('connect', () => {
      const stream: Socket = node.stream;
      let seen = answers;
      let unanswered = 0;
      let line = 0;
      stream.on('data', (piece: Buffer) => {
        if (seen !== answers) unanswered = 0;
        seen = answers;
        unanswered += piece.length;
        const end = piece.lastIndexOf(LINE_END);
        line = end === -1 ? line + piece.length : piece.length - end - 1;
        if (unanswered > MAX_UNANSWERED || line > MAX_LINE)
          stream.destroy(new Error('Redis sends on and on and answers nothing'));
      });
    });
  };
  // The nodes of a cluster come and go.
  if (client.isCluster) client.on('+node', watch);
  else watch(client as Redis);
  return () => {
    answers++;
  };
}
