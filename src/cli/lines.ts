/**
 * Cuts a stream of bytes into lines, without their ends (`\n` or `\r\n`). The last one may lack its
 * end.
 */

/** A line is refused beyond this, so that input without line ends does not fill memory. */
const MAX_LINE_BYTES = 64 * 2 ** 20;

export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end; (end = chunk.indexOf(10, start)) >= 0; start = end + 1) {
      yield lineOf([...parts, chunk.subarray(start, end)]);
      parts = [];
      bytes = 0;
    }
    // A copy: whoever gives us chunks may fill the same buffer again.
    if (start < chunk.length) parts.push(chunk.slice(start));
    bytes += chunk.length - start;
    if (bytes > MAX_LINE_BYTES) {
      throw new RangeError(`A line is longer than ${MAX_LINE_BYTES} bytes`);
    }
  }
  if (bytes > 0) yield lineOf(parts);
}

function lineOf(parts: readonly Uint8Array[]): Uint8Array {
  const line = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    line.set(part, at);
    at += part.length;
  }
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}
