import type { Socket } from 'node:net';
import type { Cluster, Redis } from 'ioredis';

/** So much may arrive on a connection while no call is answered: far more than any of our answers is long. */
const MAX_UNANSWERED = 32 * 1024 * 1024;
/** So much without a line end: a parser looks at an unfinished line anew with every piece of it. */
const MAX_LINE = 4 * 1024 * 1024;
/** So many elements are announced for a list: the parser makes room for all of them, and growing that takes its time. */
const MAX_ELEMENTS = 10_000_000;
const LINE_END = 0x0a;
const LIST = 0x2a;
const [ZERO, NINE] = [0x30, 0x39];

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
        const isBeginning = unanswered === 0;
        seen = answers;
        unanswered += piece.length;
        const end = piece.lastIndexOf(LINE_END);
        line = end === -1 ? line + piece.length : piece.length - end - 1;
        const isLong = isBeginning && announcesMany(piece);
        if (unanswered > MAX_UNANSWERED || line > MAX_LINE || isLong)
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

/** Whether what an answer begins with, a list or lists in it, is said to be longer than any of ours. */
function announcesMany(piece: Buffer): boolean {
  for (let at = 0; piece[at] === LIST;) {
    let elements = 0;
    for (at++; piece[at]! >= ZERO && piece[at]! <= NINE; at++) elements = elements * 10 + piece[at]! - ZERO;
    if (elements > MAX_ELEMENTS) return true;
    // The line end, which is two bytes.
    at += 2;
  }
  return false;
}
