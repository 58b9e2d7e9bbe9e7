/** Long answers leave in slices, so that a reader who is slow is told from one who has stopped. */

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
