import { HttpProblem } from '../../answers/problems.ts';

/** How a field is written, as protobuf numbers it. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
const FIXED32 = 5;

/**
 * Walks the fields of a protobuf message and copies nothing: a field is skipped in one step, however much lies in it, so that
 * neither depth nor number of what is not looked at matters. Throws the `HttpProblem` to answer with when the bytes are not
 * a message.
 */
export class WireReader {
  /** The number of the field that `next` came to, and how it is written. */
  field = 0;
  type = 0;
  private at: number;
  private readonly bytes: Buffer;
  private readonly end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Goes to the next field; false at the end of the message. Its value must then be read or skipped. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.type = tag % 8;
    this.field = Math.floor(tag / 8);
    if (this.field === 0) throw malformed('a field has the number 0');
    return true;
  }

  skip(): void {
    switch (this.type) {
      case VARINT:
        this.varint();
        return;
      case FIXED64:
        this.advance(8);
        return;
      case LENGTH:
        this.advance(this.varint());
        return;
      case FIXED32:
        this.advance(4);
        return;
      default:
        throw malformed(`fields of the wire type ${this.type} are not written any more`);
    }
  }

  /** The message that is the value of the field. */
  message(): WireReader {
    const start = this.lengthDelimited();
    return new WireReader(this.bytes, start, this.at);
  }

  /** Another one at the same place, to walk the same fields twice. */
  copy(): WireReader {
    return new WireReader(this.bytes, this.at, this.end);
  }

  /** How many bytes of the message are left to read. */
  get left(): number {
    return this.end - this.at;
  }

  /** A text; of a longer one than `limit` bytes only its beginning. */
  text(limit = Infinity): string {
    const start = this.lengthDelimited();
    return this.bytes.toString('utf8', start, Math.min(this.at, start + limit));
  }

  hex(): string {
    const start = this.lengthDelimited();
    return this.bytes.toString('hex', start, this.at);
  }

  /** An unsigned whole number, as precise as a double is. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (this.at >= this.end) throw malformed('it ends within a number');
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw malformed('a number has more than 10 bytes');
  }

  /** A signed whole number of 64 bits, as `int64` fields hold it. */
  int64(): number {
    this.expect(VARINT);
    const start = this.at;
    const value = this.varint();
    // Negative ones take all 10 bytes, and a double of what they look like would round them to 0.
    return this.at - start === 10 ? Number(signed(this.bytes.subarray(start, this.at))) : value;
  }

  enumeration(): number {
    this.expect(VARINT);
    return this.varint();
  }

  /** Nanoseconds and other unsigned numbers of 64 bits, as precise as a double is. */
  fixed64(): number {
    const start = this.fixed(8);
    return this.bytes.readUInt32LE(start) + this.bytes.readUInt32LE(start + 4) * 2 ** 32;
  }

  sfixed64(): number {
    const start = this.fixed(8);
    return this.bytes.readUInt32LE(start) + this.bytes.readInt32LE(start + 4) * 2 ** 32;
  }

  double(): number {
    return this.bytes.readDoubleLE(this.fixed(8));
  }

  private fixed(length: number): number {
    this.expect(FIXED64);
    const start = this.at;
    this.advance(length);
    return start;
  }

  private lengthDelimited(): number {
    this.expect(LENGTH);
    const length = this.varint();
    const start = this.at;
    this.advance(length);
    return start;
  }

  private expect(type: number): void {
    if (this.type !== type) throw malformed(`the field ${this.field} has the wire type ${this.type}`);
  }

  private advance(length: number): void {
    if (length > this.end - this.at) throw malformed('it ends within a field');
    this.at += length;
  }
}

function signed(varint: Buffer): bigint {
  const value = varint.reduceRight((high, byte) => (high << 7n) | BigInt(byte & 0x7f), 0n);
  return BigInt.asIntN(64, value);
}

export function malformed(what: string): HttpProblem {
  return new HttpProblem('invalid-protobuf', `The body is not the protobuf message of this path: ${what}.`);
}

/** Writes the few fields of answers. */
export function writeMessage(
  fields: readonly (readonly [field: number, value: number | string | Buffer])[],
): Buffer {
  return Buffer.concat(
    fields.flatMap(([field, value]) => {
      if (typeof value === 'number')
        return value === 0 ? [] : [varintOf(field * 8 + VARINT), varintOf(value)];
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return [varintOf(field * 8 + LENGTH), varintOf(bytes.length), bytes];
    }),
  );
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}
