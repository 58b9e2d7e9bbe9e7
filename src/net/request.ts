/**
 * What passes between a connection and whoever answers: one request, and the shape of its answer.
 */
import type { ByteReader, ByteWriter } from "../bytes/mod.ts";

/** Oldest and newest version, both served. */
export type VersionRange = readonly [min: number, max: number];

/** The connection as its requests see it. */
export interface ConnectionInfo {
  /** Counted up from 1 since the server started. */
  readonly id: number;
  /**
   * The listener's name, as in `advertised.listeners`: addresses in answers are of the same one.
   */
  readonly listener: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Fires when the client is gone: who waits for it stops waiting. */
  readonly signal: AbortSignal;
  /** What the client calls itself (ApiVersions v3+); for metrics only. */
  softwareName: string;
  softwareVersion: string;
}

/**
 * What becomes of a request. A function writes the body of the response; `"none"` is for a request
 * that has no answer (Produce with acks=0); `close` hangs up and gives the reason for the log.
 */
export type Answer = ((writer: ByteWriter) => void) | "none" | { readonly close: string };

/**
 * Whoever answers: `broker` on a broker's listener. Must not throw; an answer at once may skip the
 * promise.
 */
export interface RequestHandler {
  /**
   * The versions served for a key; undefined for a key that isn't served, which ends the
   * connection.
   */
  versions(apiKey: number): VersionRange | undefined;
  handle(request: Request): Answer | Promise<Answer>;
}

export interface RequestInit {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Of all of it, header and body. */
  readonly sizeBytes: number;
  readonly reader: ByteReader;
  readonly connection: ConnectionInfo;
  readonly receivedAt: number;
  readonly responseRoom: () => number;
  readonly onRelease: () => void;
}

/** One request. Its bytes are views into the connection's buffer: see the room's invariants. */
export class Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Of all of it, header and body. */
  readonly sizeBytes: number;
  /** Stands at the body. */
  readonly reader: ByteReader;
  readonly connection: ConnectionInfo;
  /** When all of it was here, by the monotonic clock. */
  readonly receivedAt: number;
  /**
   * ApiVersions in a version that nobody knows: the body must not be read, and the answer is one of
   * version 0, which `apiVersion` says.
   */
  readonly isUnknownVersion: boolean;
  /** The connection is not read for so long after the answer: a quota was exceeded. */
  throttleMs = 0;
  /**
   * Called once the kernel has taken all of the answer, so that memory lent to it can be used
   * again. Not called when the connection ends before that.
   */
  onSent: (() => void) | undefined;
  #isReleased = false;
  readonly #responseRoom: () => number;
  readonly #onRelease: () => void;

  constructor(init: RequestInit, isUnknownVersion = false) {
    this.apiKey = init.apiKey;
    this.apiVersion = init.apiVersion;
    this.correlationId = init.correlationId;
    this.clientId = init.clientId;
    this.sizeBytes = init.sizeBytes;
    this.reader = init.reader;
    this.connection = init.connection;
    this.receivedAt = init.receivedAt;
    this.isUnknownVersion = isUnknownVersion;
    this.#responseRoom = init.responseRoom;
    this.#onRelease = init.onRelease;
  }

  /**
   * Bytes that an answer may have now without what waits to be written growing beyond its bound.
   */
  get responseRoom(): number {
    return this.#responseRoom();
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /**
   * Says that all that this request changes is changed and its bytes are not needed any more: from
   * here on it only waits (for a sync, for a replica), and the connection's next request may be
   * taken in. The answers keep their order.
   */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onRelease();
  }
}
