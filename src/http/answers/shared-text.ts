import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { ListPage } from '../../core/ports/list-page.ts';
import { placeText } from '../../core/ports/list-page.ts';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** A text as it is sent, and the tag that tells it from all others (an entity tag of HTTP). */
export class SharedText {
  readonly body: Buffer;
  readonly etag: string;

  constructor(body: Buffer, etag: string) {
    this.body = body;
    this.etag = etag;
  }
}

/** The most texts that are kept of one thing. */
const MAX_TEXTS = 20;

/** Texts made of something, by what they say of it; they go with it. */
const texts = new WeakMap<object, Map<string, Promise<SharedText>>>();

/**
 * Gives the text of this name of something that does not change: made once, however many ask for it, and between any two
 * pieces others get a turn of the event loop (G2).
 */
export function sharedText(of: object, name: string, pieces: () => Iterable<string>): Promise<SharedText> {
  let named = texts.get(of);
  if (!named) texts.set(of, (named = new Map()));
  const text = named.get(name) ?? make(pieces());
  // Whoever asks for ever new parts of it must not fill the memory: those that were not asked for of late go.
  named.delete(name);
  named.set(name, text);
  for (const oldest of named.keys()) {
    if (named.size <= MAX_TEXTS) break;
    named.delete(oldest);
  }
  return text;
}

async function make(pieces: Iterable<string>): Promise<SharedText> {
  const hash = createHash(HASH);
  const buffers: Buffer[] = [];
  for (const piece of pieces) {
    if (buffers.length > 0) await yieldToEventLoop();
    const buffer = Buffer.from(piece);
    hash.update(buffer);
    buffers.push(buffer);
  }
  return new SharedText(Buffer.concat(buffers), tagWith(hash));
}

/** A text that is made at once, with its tag. */
export function taggedText(text: string): SharedText {
  const body = Buffer.from(text);
  return new SharedText(body, tagWith(createHash(HASH).update(body)));
}

const HASH = 'sha256';

/** Weak: compressed or not, it says the same. */
function tagWith(hash: Hash): string {
  return `W/"${hash.digest('base64url').slice(0, 27)}"`;
}

/** A page of a list as JSON, in pieces of `size` items each. */
export function* pageChunks<Item>(
  { items, next }: ListPage<Item>,
  toJson: (item: Item) => object,
  size: number,
): Generator<string> {
  yield '{"items":[';
  for (let from = 0; from < items.length; from += size) {
    const slice = items.slice(from, from + size).map((item) => JSON.stringify(toJson(item)));
    yield (from > 0 ? ',' : '') + slice.join(',');
  }
  yield `],"next":${JSON.stringify(placeText(next))}}`;
}
