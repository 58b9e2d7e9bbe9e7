/**
 * Stands before a broker and notes every request that passes, one line of JSON each:
 *
 *   deno run -A test/kit/recording_proxy.ts LISTEN-PORT BROKER-PORT FILE LABEL
 *
 * A program of its own, so that the test whose broker it stands before does not notice it. Which
 * client sent a request is what that client called itself on the same connection (ApiVersions v3
 * and later), else its client id.
 */
import { ByteReader } from "../../src/bytes/mod.ts";
import { ApiVersionsRequest, decodeMessage, decodeRequestHeader } from "../../src/protocol/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";

/** A line of the file. */
export interface Noted {
  readonly api: string;
  readonly version: number;
  /** Name and version as the client tells them; empty when it doesn't. */
  readonly software: string;
  readonly clientId: string;
  /** What was run, as whoever started the proxy calls it. */
  readonly label: string;
  /** The frame without its size. */
  readonly hex: string;
}

/** Longer requests are records mostly, of which shorter ones have as much. */
const MAX_NOTED_BYTES = 8192;

class RequestLog {
  readonly #file: Deno.FsFile;
  readonly #label: string;
  readonly #seen = new Set<string>();

  constructor(path: string, label: string) {
    this.#file = Deno.openSync(path, { append: true, create: true });
    this.#label = label;
  }

  /** What one connection's requests are noted with. */
  connection(): (frame: Uint8Array) => void {
    let software = "";
    return (frame) => {
      const reader = new ByteReader(frame);
      const [key, version] = [reader.int16(), reader.int16()];
      const api = SERVED_APIS.find((each) => each.key === key);
      if (api === undefined || version < api.versions[0] || version > api.versions[1]) return;
      reader.position = 0;
      try {
        const { clientId } = decodeRequestHeader(reader);
        if (api.name === "ApiVersions" && version >= 3) {
          const told = decodeMessage(ApiVersionsRequest, reader, version);
          software = `${told.clientSoftwareName} ${told.clientSoftwareVersion}`.trim();
        }
        this.#note(api.name, version, software, clientId ?? "", frame);
      } catch { /* scenarios send what is no request too */ }
    };
  }

  #note(api: string, version: number, software: string, clientId: string, frame: Uint8Array) {
    const shape = `${api} ${version} ${software || clientId} ${frame.length}`;
    if (frame.length > MAX_NOTED_BYTES || this.#seen.has(shape)) return;
    this.#seen.add(shape);
    const hex = frame.toHex();
    const line: Noted = { api, version, software, clientId, label: this.#label, hex };
    this.#file.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
  }
}

/** Calls back with each whole frame of a stream of bytes. */
function frames(onFrame: (frame: Uint8Array) => void): (bytes: Uint8Array) => void {
  let rest = new Uint8Array(0);
  return (bytes) => {
    const all = new Uint8Array(rest.length + bytes.length);
    all.set(rest);
    all.set(bytes, rest.length);
    let at = 0;
    while (all.length - at >= 4) {
      const size = new DataView(all.buffer).getInt32(at);
      if (size < 0 || all.length - at < 4 + size) break;
      onFrame(all.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    rest = all.slice(at);
  };
}

async function pass(from: Deno.TcpConn, to: Deno.TcpConn, onBytes: (bytes: Uint8Array) => void) {
  const buffer = new Uint8Array(65_536);
  try {
    for (let count; (count = await from.read(buffer)) !== null;) {
      onBytes(buffer.subarray(0, count));
      for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
    }
    await to.closeWrite();
  } catch { /* one of them has gone */ }
}

async function stand(client: Deno.TcpConn, brokerPort: number, log: RequestLog): Promise<void> {
  const broker = await Deno.connect({ hostname: "127.0.0.1", port: brokerPort });
  await Promise.all([
    pass(client, broker, frames(log.connection())),
    pass(broker, client, () => {}),
  ]);
  for (const each of [client, broker]) {
    try {
      each.close();
    } catch { /* it is closed */ }
  }
}

if (import.meta.main) {
  const [port, brokerPort, file, label] = Deno.args;
  const log = new RequestLog(file, label);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  console.log("Recording");
  for await (const client of listener) {
    stand(client, Number(brokerPort), log).catch(() => client.close());
  }
}
