/**
 * TCP by Deno. Nagle's delay is off everywhere: whoever writes has joined what belongs together.
 */
import { lookup } from "node:dns/promises";
import {
  type Connection,
  type Listener,
  ListenError,
  type ListenOptions,
  type Network,
  type NetworkAddress,
} from "../network.ts";

/**
 * Parts are joined up to this many bytes, so that a header and a small body leave in one packet; a
 * part beyond it is written as it is, since copying it would cost more than the call it saves.
 */
const JOIN_BYTES = 64 * 1024;

class TcpConnection implements Connection {
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
  readonly #conn: Deno.TcpConn;
  #isClosed = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.local = addressOf(conn.localAddr);
    this.remote = addressOf(conn.remoteAddr);
    conn.setNoDelay(true);
  }

  async read(into: Uint8Array): Promise<number | null> {
    try {
      return await this.#conn.read(into);
    } catch (error) {
      if (this.#isClosed) return null; // our own close ended the read
      throw error;
    }
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    for (let at = 0; at < parts.length;) {
      let end = at;
      let bytes = 0;
      while (end < parts.length && bytes + parts[end].length <= JOIN_BYTES) {
        bytes += parts[end++].length;
      }
      if (end <= at + 1) await this.#writeWhole(parts[at++]);
      else {
        await this.#writeWhole(join(parts, at, end, bytes));
        at = end;
      }
    }
  }

  async #writeWhole(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      done += await this.#conn.write(done === 0 ? bytes : bytes.subarray(done));
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#conn.close();
    } catch {
      // The other side was faster; closed is closed.
    }
  }
}

class TcpListener implements Listener {
  readonly address: NetworkAddress;
  readonly #listener: Deno.TcpListener;
  #isClosed = false;

  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.address = addressOf(listener.addr);
  }

  async accept(): Promise<Connection | null> {
    while (!this.#isClosed) {
      try {
        return new TcpConnection(await this.#listener.accept());
      } catch (error) {
        if (this.#isClosed) return null;
        // A client that was gone before it was accepted is its own affair; out of descriptors is
        // ours.
        if (
          !(error instanceof Deno.errors.ConnectionAborted ||
            error instanceof Deno.errors.ConnectionReset)
        ) {
          throw error;
        }
      }
    }
    return null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
  }
}

/** The networks of this machine. */
export class DenoNetwork implements Network {
  listen({ host, port, backlog: tcpBacklog }: ListenOptions): Listener {
    try {
      return new TcpListener(Deno.listen({ hostname: host, port, tcpBacklog }));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ListenError(`Cannot listen on ${host}:${port}: ${why}`, reasonOf(cause), { cause });
    }
  }

  async resolve(host: string): Promise<string | undefined> {
    try {
      return (await lookup(host)).address;
    } catch {
      return undefined;
    }
  }

  async dial(
    { host, port }: NetworkAddress,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Connection> {
    signal?.throwIfAborted();
    try {
      return new TcpConnection(await Deno.connect({ hostname: host, port, signal }));
    } catch (cause) {
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot connect to ${host}:${port}: ${why}`, { cause });
    }
  }
}

function reasonOf(cause: unknown): ListenError["reason"] {
  if (cause instanceof Deno.errors.AddrInUse) return "in use";
  if (cause instanceof Deno.errors.AddrNotAvailable) return "not available";
  if (cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable) {
    return "not allowed";
  }
  const text = cause instanceof Error ? cause.message : "";
  return text.includes("lookup address") ? "not available" : "other";
}

function addressOf(address: Deno.NetAddr): NetworkAddress {
  return { host: address.hostname, port: address.port };
}

function join(parts: readonly Uint8Array[], from: number, to: number, bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (let i = from; i < to; i++) {
    joined.set(parts[i], at);
    at += parts[i].length;
  }
  return joined;
}
