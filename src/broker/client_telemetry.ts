/**
 * Figures that clients push about themselves (KIP-714): who may push when, and what is kept of it.
 *
 * A client asks for its subscription and gets an instance id; then it pushes once an interval. One
 * that asks or pushes too early is told so, but who was told that its subscription is an old one,
 * or its codec unknown, may ask again at once. A client says that it is leaving with its last push.
 * After a change of any subscription everyone begins anew.
 *
 * An instance is forgotten with the connection that it came by, and when there are too many.
 *
 * In Apache Kafka a plugin in Java receives what is pushed, and without one the two APIs are not
 * advertised. Here the broker receives it itself: it counts, keeps what each instance pushed last
 * as long as the instance is known, and writes a line for an instance's first and last push. The
 * APIs are advertised while there is a subscription.
 */
import { type LogEvent, ZERO_UUID } from "../base/mod.ts";
import { randomUuid } from "../bytes/mod.ts";
import { type LimitName, LIMITS, type OnLimit } from "../config/mod.ts";
import type { ConnectionInfo } from "../net/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { Random } from "../platform/mod.ts";
import { type ErrorName, KafkaError } from "../protocol/mod.ts";
import { CODECS, decompress } from "../records/mod.ts";
import { type Subscription, TelemetrySubscriptions } from "./telemetry_subscriptions.ts";

/** As many as Apache Kafka remembers. */
const MAX_INSTANCES = LIMITS["telemetry.instances"].fixed;
/** Figures are text and numbers, and pack well; more than this is not meant well. */
const MAX_UNPACKED_RATIO = 16;
/** What a client is called that did not say (ApiVersions before 3). */
const UNNAMED = "unknown";

/** A client that asks or pushes. */
export interface TelemetryCaller {
  readonly clientId: string;
  readonly connection: ConnectionInfo;
  readonly image: MetadataImage;
  /** In milliseconds, by any clock that does not go back. */
  readonly now: number;
}

export interface Push {
  readonly clientInstanceId: string;
  readonly subscriptionId: number;
  readonly terminating: boolean;
  readonly compressionType: number;
  readonly metrics: Uint8Array;
}

interface Instance {
  readonly id: string;
  readonly connectionId: number;
  readonly subscriptions: TelemetrySubscriptions;
  readonly subscription: Subscription;
  lastGet: number;
  lastPush: number;
  lastError: ErrorName | undefined;
  isTerminating: boolean;
  pushes: number;
  /** Of the last push, unpacked. */
  bytes: number;
}

/** Errors that a client answers by asking for its subscription, which it may do at once. */
const ASKS_AGAIN: ReadonlySet<ErrorName | undefined> = new Set<ErrorName | undefined>([
  "UNKNOWN_SUBSCRIPTION_ID",
  "UNSUPPORTED_COMPRESSION_TYPE",
]);

export class ClientTelemetry {
  readonly #random: Random;
  readonly #log: LogEvent;
  #subscriptions = new TelemetrySubscriptions();
  /** By id; who was heard of longest ago is first. */
  readonly #instances = new Map<string, Instance>();
  readonly #connections = new Map<number, Set<string>>();
  #pushes = 0;
  #bytes = 0;

  readonly #onLimit: OnLimit;

  constructor(random: Random, log: LogEvent, onLimit: OnLimit = () => {}) {
    this.#onLimit = onLimit;
    this.#random = random;
    this.#log = log;
  }

  /** What there was since the start. */
  get counts(): { readonly instances: number; readonly pushes: number; readonly bytes: number } {
    return { instances: this.#instances.size, pushes: this.#pushes, bytes: this.#bytes };
  }

  /** Whether somebody wants figures of any client. */
  isWanted(image: MetadataImage): boolean {
    return !this.#current(image).isEmpty;
  }

  /** Throws KafkaError THROTTLING_QUOTA_EXCEEDED when it is too early. */
  subscriptionOf(
    clientInstanceId: string,
    caller: TelemetryCaller,
  ): { clientInstanceId: string; subscription: Subscription } {
    const id = clientInstanceId === ZERO_UUID ? randomUuid(this.#random) : clientInstanceId;
    const instance = this.#instanceOf(id, caller);
    return this.#remembering(instance, () => {
      const { lastGet, lastPush, subscription } = instance;
      const isDue = caller.now - Math.max(lastGet, lastPush) >= subscription.pushIntervalMs;
      if (!isDue && !ASKS_AGAIN.has(instance.lastError)) throw tooEarly(instance);
      instance.lastGet = caller.now;
      return { clientInstanceId: id, subscription };
    });
  }

  /** Takes in what a client pushes. Throws KafkaError, as Kafka answers and in its order. */
  push(push: Push, caller: TelemetryCaller, { maxBytes }: { maxBytes: number }): void {
    if (push.clientInstanceId === ZERO_UUID) {
      throw new KafkaError("INVALID_REQUEST", "Cannot take figures from a client without an id");
    }
    const instance = this.#instanceOf(push.clientInstanceId, caller);
    this.#remembering(instance, () => {
      this.#admit(push, instance, caller.now);
      const { id } = instance.subscription;
      if (push.subscriptionId !== id) {
        throw refuse("UNKNOWN_SUBSCRIPTION_ID", instance, `its subscription is ${id} now`);
      }
      const codec = CODECS[push.compressionType];
      if (codec === undefined) {
        throw refuse("UNSUPPORTED_COMPRESSION_TYPE", instance, `codec ${push.compressionType}`);
      }
      if (push.metrics.length > maxBytes) {
        const why = `${push.metrics.length} bytes are more than telemetry.max.bytes=${maxBytes}`;
        throw refuse("TELEMETRY_TOO_LARGE", instance, why, "telemetry.max.bytes");
      }
      const bytes = unpackedSize(push, { maxBytes: maxBytes * MAX_UNPACKED_RATIO });
      this.#onPushed(instance, bytes, caller);
    });
  }

  #admit({ terminating }: Push, instance: Instance, now: number): void {
    if (instance.isTerminating) throw refuse("INVALID_REQUEST", instance, "it has left");
    const isDue = now - instance.lastPush >= instance.subscription.pushIntervalMs;
    if (!isDue && !terminating) throw tooEarly(instance);
    instance.isTerminating = terminating;
    instance.lastPush = now;
  }

  #onPushed(instance: Instance, bytes: number, { clientId, connection }: TelemetryCaller): void {
    this.#pushes++;
    this.#bytes += bytes;
    instance.pushes++;
    instance.bytes = bytes;
    const isEdge = instance.pushes === 1 || instance.isTerminating;
    if (bytes === 0 && !isEdge) return;
    this.#log(isEdge ? "info" : "debug", "client pushed its figures", {
      clientInstanceId: instance.id,
      clientId,
      software: `${connection.softwareName} ${connection.softwareVersion}`.trim(),
      remote: connection.remoteHost,
      bytes,
      pushes: instance.pushes,
      leaving: instance.isTerminating,
    });
  }

  #remembering<T>(instance: Instance, run: () => T): T {
    try {
      const result = run();
      instance.lastError = undefined;
      return result;
    } catch (error) {
      if (error instanceof KafkaError) instance.lastError = error.error;
      throw error;
    }
  }

  #current(image: MetadataImage): TelemetrySubscriptions {
    return this.#subscriptions = this.#subscriptions.asOf(image);
  }

  #instanceOf(id: string, { clientId, connection, image }: TelemetryCaller): Instance {
    const subscriptions = this.#current(image);
    const known = this.#instances.get(id);
    if (known !== undefined) {
      this.#instances.delete(id);
      if (known.subscriptions === subscriptions) {
        this.#instances.set(id, known); // the last to be forgotten
        return known;
      }
    }
    const instance: Instance = {
      id,
      connectionId: known?.connectionId ?? connection.id,
      subscriptions,
      subscription: subscriptions.for({
        client_instance_id: id,
        client_id: clientId,
        client_software_name: connection.softwareName || UNNAMED,
        client_software_version: connection.softwareVersion || UNNAMED,
        client_source_address: connection.remoteHost,
        client_source_port: String(connection.remotePort),
      }),
      lastGet: -Infinity,
      lastPush: -Infinity,
      lastError: undefined,
      isTerminating: false,
      pushes: known?.pushes ?? 0,
      bytes: 0,
    };
    this.#instances.set(id, instance);
    if (known === undefined) this.#tie(id, connection);
    if (this.#instances.size > MAX_INSTANCES) {
      this.#onLimit("telemetry.instances");
      this.#forget(this.#instances.keys().next().value!);
    }
    return instance;
  }

  /** An instance goes with its connection. */
  #tie(id: string, { id: connectionId, signal }: ConnectionInfo): void {
    const ids = this.#connections.get(connectionId);
    if (ids !== undefined) return void ids.add(id);
    this.#connections.set(connectionId, new Set([id]));
    const onGone = () => {
      for (const each of this.#connections.get(connectionId) ?? []) this.#instances.delete(each);
      this.#connections.delete(connectionId);
    };
    signal.addEventListener("abort", onGone, { once: true });
    if (signal.aborted) onGone(); // gone before this was its turn: no event will come
  }

  #forget(id: string): void {
    const { connectionId } = this.#instances.get(id)!;
    this.#instances.delete(id);
    this.#connections.get(connectionId)?.delete(id);
  }
}

function unpackedSize({ compressionType, metrics }: Push, limits: { maxBytes: number }): number {
  if (metrics.length === 0) return 0;
  try {
    return decompress(CODECS[compressionType], metrics, limits).length;
  } catch (cause) {
    throw new KafkaError("INVALID_RECORD", "Cannot unpack a client's figures", { cause });
  }
}

const refuse = (
  error: ErrorName,
  { id }: Instance,
  why: string,
  limit?: LimitName,
): KafkaError => new KafkaError(error, `Cannot take figures from client ${id}: ${why}`, { limit });

const tooEarly = (instance: Instance): KafkaError =>
  refuse("THROTTLING_QUOTA_EXCEEDED", instance, "it is too early");
