/**
 * What one served API is: its declarations, the versions that are served, and two functions.
 * `handle` answers; `failed` shapes the answer for a request that went wrong as a whole, with the
 * error in every field that can hold one. Each file of `apis/` exports one of these, and
 * `served_apis.ts` lists them: served is advertised.
 */
import { LIMITS } from "../config/mod.ts";
import type { ConnectionInfo, VersionRange } from "../net/mod.ts";
import type { InputOf, KafkaError, Message, ValueOf } from "../protocol/mod.ts";
import type { Broker } from "./broker.ts";
import type { ControllerNode } from "./controller_apis/controller_node.ts";
import type { Drawing } from "./quotas/mutation_quota.ts";

/**
 * Instead of an answer: nothing (acks=0), or the end of the connection with a reason for the log.
 */
export const NO_ANSWER = Symbol("no answer");
export interface HangUp {
  readonly close: string;
}

export type Outcome<R extends Message> = InputOf<R> | typeof NO_ANSWER | HangUp;

/** What an API's file knows of the request beside its fields. */
export interface RequestContext {
  readonly version: number;
  /** The principal's name. */
  readonly user: string;
  /** Empty when the client gave none. */
  readonly clientId: string;
  /** Of the whole request, its header included. */
  readonly sizeBytes: number;
  readonly connection: ConnectionInfo;
  /** ApiVersions in a version that nobody knows. */
  readonly isUnknownVersion: boolean;
  /** Bytes that the answer may have, given what other connections have not read yet. */
  readonly responseRoom: number;
  /** Calls back once the kernel has taken all of the answer: memory lent to it is free again. */
  onSent(listener: () => void): void;
  /** From here on the request only waits: see `Request.release` of `net`. */
  release(): void;
  /**
   * The connection is muted for so long after the answer, which says so; the longest time asked for
   * counts.
   */
  throttle(ms: number): void;
  /**
   * Has the client's quota of time count what this request took so far, and says for how long the
   * client has to wait for it. Only once: done anyway where an API's file does not ask.
   */
  chargeTime(): number;
  /** The client's quota of changes of topics. */
  drawMutations(options: { strictSince: number }): Drawing;
}

/**
 * Elements of all arrays in one request together, where an API's file says nothing else. Each may
 * take some microseconds, and one request must not hold up everyone for long.
 */
export const MAX_ELEMENTS = LIMITS["array.elements"].fixed;
/** The same where clients ask for all partitions that they have to do with at once. */
export const MAX_PARTITIONS_AT_ONCE = 4 * MAX_ELEMENTS;

/** `N` is the node as its APIs see it: a broker, or a controller. */
export interface Api<Q extends Message = Message, R extends Message = Message, N = Broker> {
  readonly key: number;
  readonly name: string;
  readonly request: Q;
  readonly response: R;
  readonly versions: VersionRange;
  /** Where more is advertised than served; only Produce has it (KAFKA-18659). */
  readonly advertised?: VersionRange;
  /** More elements end the connection, as all does that can't be decoded. */
  readonly maxElements?: number;
  /** Served in any case, and advertised only while this says so; default always. */
  isAdvertised?(node: N): boolean;
  handle(
    request: ValueOf<Q>,
    context: RequestContext,
    node: N,
  ): Outcome<R> | Promise<Outcome<R>>;
  failed(request: ValueOf<Q>, error: KafkaError, context: RequestContext): Outcome<R>;
}

/** Lets the compiler infer the types of an API's file from its two messages. */
export function defineApi<Q extends Message, R extends Message>(api: Api<Q, R>): Api<Q, R> {
  return api;
}

/** The same for what is served on the controllers' listener. */
export function defineControllerApi<Q extends Message, R extends Message>(
  api: Api<Q, R, ControllerNode>,
): Api<Q, R, ControllerNode> {
  return api;
}

/** The same for what brokers and controllers serve alike: it asks only for what both have. */
export function defineSharedApi<Q extends Message, R extends Message>(
  api: Api<Q, R, Broker | ControllerNode>,
): Api<Q, R, Broker | ControllerNode> {
  return api;
}
