import { inflateSync } from 'node:zlib';

/** Width and height of a PNG whose pixels are all there. Throws for what is none. */
export function readPngSize(png: Uint8Array): { readonly width: number; readonly height: number } {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.subarray(0, 8).toString('latin1') !== '\u0089PNG\r\n\u001A\n') throw new Error('no PNG');
  const packed: Buffer[] = [];
  let size: { readonly width: number; readonly height: number } | null = null;
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.subarray(at + 4, at + 8).toString('latin1');
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') size = { width: content.readUInt32BE(0), height: content.readUInt32BE(4) };
    if (kind === 'IDAT') packed.push(content);
    at += length + 12;
  }
  if (!size) throw new Error('a PNG without a size');
  // Eight bits for each of four channels, and a byte in front of each line.
  const pixels = inflateSync(Buffer.concat(packed)).length;
  if (pixels !== (size.width * 4 + 1) * size.height) throw new Error(`${pixels} bytes of pixels`);
  return size;
}
