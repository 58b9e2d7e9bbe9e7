/**
 * Requests as clients sent them, one file an API in `test/vectors/traffic`: each version that is
 * served, from each client that was heard to use it. `record_traffic.ts` makes the files.
 *
 *     version 12 of librdkafka 2.0.2
 *     0003000c 00000003 …         the frame without its size, header and body
 */
import { walk } from "./walk.ts";

export const TRAFFIC_FOLDER = new URL("../vectors/traffic", import.meta.url).pathname;

export interface RecordedRequest {
  readonly api: string;
  readonly version: number;
  /** The client's name and version. */
  readonly client: string;
  /** Without its size. */
  readonly frame: Uint8Array;
}

/** All that was recorded. */
export function recordedTraffic(): RecordedRequest[] {
  return walk(TRAFFIC_FOLDER).sort().flatMap((path) => {
    const api = path.slice(TRAFFIC_FOLDER.length + 1, -".txt".length);
    return Deno.readTextFileSync(path).split(/^version /m).slice(1).map((entry) => {
      const [head, ...lines] = entry.split("\n");
      const [, version, client] = /^(\d+) of (.+)$/.exec(head)!;
      return { api, version: Number(version), client, frame: Uint8Array.fromHex(lines.join("")) };
    });
  });
}

/** An API's file; requests come in the order of their versions. */
export function writeTraffic(api: string, requests: readonly RecordedRequest[]): void {
  const entries = requests.map(({ version, client, frame }) =>
    `version ${version} of ${client}\n${frame.toHex().replace(/.{100}/g, "$&\n").trimEnd()}\n`
  );
  const head = `# ${api}: requests as clients sent them, see test/kit/traffic.ts\n\n`;
  Deno.writeTextFileSync(`${TRAFFIC_FOLDER}/${api}.txt`, head + entries.join("\n"));
}
