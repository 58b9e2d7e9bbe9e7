/**
 * Makes a log that was closed properly look large: sealed segments' files get longer by a hole,
 * which takes no space on the device and which nobody has a reason to read. The last of them is
 * left as it is, since a start after a crash may read it.
 */
export function inflate(folder: string, segmentBytes: number, atMost = Infinity): number {
  const logs = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".log")).sort();
  let bytes = 0;
  for (const name of logs.slice(0, -2).slice(0, atMost)) {
    Deno.truncateSync(`${folder}/${name}`, segmentBytes);
    bytes += segmentBytes;
  }
  return bytes;
}
