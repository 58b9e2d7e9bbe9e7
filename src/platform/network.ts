/** Sockets as the rooms above see them: byte streams that can be read, written and closed. */

export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
}

/** One stream. `read` and `write` reject once the other side or `close` has ended it. */
export interface Connection {
  readonly local: NetworkAddress;
  readonly remote: NetworkAddress;
  /**
   * Reads what is there into `into`, at least one byte; null at the end of the stream. One read at
   * a time.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes all parts in order; resolves once the kernel has taken them. One write at a time. */
  write(parts: readonly Uint8Array[]): Promise<void>;
  /** Ends both directions; a pending read resolves to null or rejects. Fine to call twice. */
  close(): void;
}

export interface Listener {
  /** With the real port, where 0 was asked for. */
  readonly address: NetworkAddress;
  /** The next connection; null once the listener is closed. */
  accept(): Promise<Connection | null>;
  close(): void;
}

/** Thrown by `listen` when the address is taken or not ours. */
export class ListenError extends Error {
  override name = "ListenError";
  constructor(
    message: string,
    readonly reason: "in use" | "not available" | "not allowed" | "other",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface ListenOptions extends NetworkAddress {
  /** How many connections may wait to be accepted; default is the system's. */
  readonly backlog?: number;
}

export interface Network {
  listen(options: ListenOptions): Listener;
  /** The first address of a host's name; undefined when nobody knows the name. */
  resolve(host: string): Promise<string | undefined>;
  dial(address: NetworkAddress, options?: { signal?: AbortSignal }): Promise<Connection>;
}
