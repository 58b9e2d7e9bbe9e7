/** Lists of byte pieces on their way to a socket: each write is a trip to the kernel, each copy costs memory. */

/** Pieces up to this size are worth copying to save a write. */
const SMALL_BYTES = 16 * 1024;
const JOINED_BYTES = 64 * 1024;

/** Joins runs of small pieces into one, up to 64 KiB; large pieces stay as they are. */
export function joinSmall(segments: readonly Uint8Array[]): readonly Uint8Array[] {
  if (segments.length < 2) return segments;
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let runBytes = 0;
  const endRun = () => {
    if (run.length === 1) joined.push(run[0]);
    else if (run.length > 1) joined.push(concat(run, runBytes));
    run = [];
    runBytes = 0;
  };
  for (const segment of segments) {
    if (segment.length > SMALL_BYTES || runBytes + segment.length > JOINED_BYTES) endRun();
    if (segment.length > SMALL_BYTES) joined.push(segment);
    else if (segment.length > 0) {
      run.push(segment);
      runBytes += segment.length;
    }
  }
  endRun();
  return joined;
}

/** Cuts a list into lists of at most `limit` bytes each, without copying. */
export function* sliceBy(segments: readonly Uint8Array[], limit: number): Generator<Uint8Array[]> {
  let slice: Uint8Array[] = [];
  let room = limit;
  for (const segment of segments) {
    for (let at = 0; at < segment.length;) {
      const part = segment.subarray(at, at + room);
      slice.push(part);
      at += part.length;
      room -= part.length;
      if (room > 0) continue;
      yield slice;
      slice = [];
      room = limit;
    }
  }
  if (slice.length > 0) yield slice;
}

function concat(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
