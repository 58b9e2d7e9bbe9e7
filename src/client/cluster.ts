/**
 * A cluster as a client sees it: the addresses it began with, the brokers it has since heard of,
 * and one connection to each that is in use. Calls go to any broker, to one by its id, or to a
 * group's coordinator; what Kafka calls retriable is tried again until a deadline.
 */
import type { LogEvent } from "../base/mod.ts";
import type { Clock, Network, NetworkAddress, Random } from "../platform/mod.ts";
import {
  type ErrorName,
  errorName,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  type InputOf,
  isRetriable,
  KafkaError,
  type Message,
  MetadataRequest,
  MetadataResponse,
  type ValueOf,
} from "../protocol/mod.ts";
import { addressText, BrokersUnreachable, reasonOf } from "./errors.ts";
import { WireConnection } from "./wire_connection.ts";

export interface ClusterOptions {
  bootstrap: readonly NetworkAddress[];
  network: Network;
  clock: Clock;
  random: Random;
  clientId: string;
  log: LogEvent;
}

/** Without a deadline of its own, a call that may be tried again is tried for so long. */
const RETRY_FOR_MS = 15_000;
const UNKNOWN_FOR_MS = 500;
const RETRY_PAUSE_MS = { first: 50, longest: 1000 };

export class Cluster {
  readonly options: ClusterOptions;
  readonly #connections = new Map<string, Promise<WireConnection>>();
  /** By id, as the last Metadata had them. */
  #brokers = new Map<number, NetworkAddress>();
  #isClosed = false;

  constructor(options: ClusterOptions) {
    this.options = options;
  }

  /** Ids of the brokers that the last Metadata named. */
  get brokerIds(): number[] {
    return [...this.#brokers.keys()];
  }

  addressOf(brokerId: number): NetworkAddress | undefined {
    return this.#brokers.get(brokerId);
  }

  /** A new connection that the caller owns and closes; for calls that wait, such as fetches. */
  open(address: NetworkAddress, signal?: AbortSignal): Promise<WireConnection> {
    return WireConnection.open(address, { ...this.options, signal });
  }

  /**
   * The shared connection to any broker that answers. Throws {@link BrokersUnreachable} when none
   * does.
   */
  async any(): Promise<WireConnection> {
    for (const connecting of this.#connections.values()) {
      const open = await connecting.catch(() => undefined);
      if (open && !open.isClosed) return open;
    }
    const failures: string[] = [];
    let cause: unknown;
    for (const address of this.#candidates()) {
      try {
        return await this.#connectionTo(address);
      } catch (error) {
        failures.push(`${addressText(address)}: ${reasonOf(error)}`);
        cause ??= error;
      }
    }
    const question = failures.length === 1
      ? "is a broker running there?"
      : "is a broker running on any of them?";
    throw new BrokersUnreachable(`Cannot reach ${failures.join(", ")}; ${question}`, { cause });
  }

  /** The shared connection to the broker of this id. */
  async broker(id: number): Promise<WireConnection> {
    const address = this.#brokers.get(id) ?? (await this.#learnBrokers(), this.#brokers.get(id));
    if (!address) {
      throw new KafkaError("BROKER_NOT_AVAILABLE", `Broker ${id} is not in the cluster`);
    }
    return await this.#advertised(id, address);
  }

  async #learnBrokers(): Promise<void> {
    await this.metadata([]);
  }

  /**
   * Asks any broker; null topics are all of them. What the answer says of brokers is remembered.
   */
  async metadata(topics: readonly string[] | null): Promise<MetadataResponse> {
    const connection = await this.any();
    const named = topics?.map((name) => ({ name })) ?? null;
    const body = { topics: named, allowAutoTopicCreation: false };
    const answer = await connection.call(MetadataRequest, MetadataResponse, body);
    if (answer.brokers.length > 0) {
      this.#brokers = new Map(
        answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]),
      );
    }
    return answer;
  }

  /** Calls any broker (which passes on to the controller what is the controller's). */
  async call<Request extends Message, Response extends Message>(
    request: Request,
    response: Response,
    body: InputOf<Request>,
    options?: { timeoutMs?: number; highest?: number },
  ): Promise<ValueOf<Response>> {
    return await (await this.any()).call(request, response, body, options);
  }

  /** The shared connection to the group's coordinator. */
  async coordinator(groupId: string): Promise<WireConnection> {
    const answer = await this.call(FindCoordinatorRequest, FindCoordinatorResponse, {
      key: groupId,
      keyType: 0,
    }, { highest: 3 });
    throwIfError(errorName(answer.errorCode), answer.errorMessage);
    return await this.#advertised(answer.nodeId, { host: answer.host, port: answer.port });
  }

  /**
   * Tries again what failed in a way that passes, until `forMs` are over; and that something is
   * unknown only for `unknownForMs`.
   */
  async retrying<T>(
    run: () => Promise<T>,
    { forMs = RETRY_FOR_MS, unknownForMs = UNKNOWN_FOR_MS } = {},
  ): Promise<T> {
    const { clock } = this.options;
    const until = clock.monotonic() + forMs;
    for (let attempt = 0;; attempt++) {
      try {
        return await run();
      } catch (error) {
        const isPassing = error instanceof KafkaError && isRetriable(error.error);
        const pauseMs = Math.min(RETRY_PAUSE_MS.first * 2 ** attempt, RETRY_PAUSE_MS.longest);
        // A topic just made may not be known everywhere yet; one that is unknown for a second is
        // not there.
        const isUnknown = isPassing && error.error === "UNKNOWN_TOPIC_OR_PARTITION";
        const deadline = isUnknown ? until - forMs + Math.min(forMs, unknownForMs) : until;
        if (!isPassing || this.#isClosed || clock.monotonic() + pauseMs > deadline) throw error;
        await clock.sleep(pauseMs);
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#connections.values()];
    this.#connections.clear();
    for (const connecting of all) (await connecting.catch(() => undefined))?.close();
  }

  /**
   * Known brokers in random order, so that clients spread, then the addresses that we began with.
   */
  #candidates(): NetworkAddress[] {
    const known = [...this.#brokers.values()];
    for (let at = known.length - 1; at > 0; at--) {
      const other = this.options.random.int(at + 1);
      [known[at], known[other]] = [known[other], known[at]];
    }
    const all = new Map(
      [...known, ...this.options.bootstrap].map((address) => [addressText(address), address]),
    );
    return [...all.values()];
  }

  async #advertised(id: number, address: NetworkAddress): Promise<WireConnection> {
    try {
      return await this.#connectionTo(address);
    } catch (cause) {
      // The broker answered at one address and names another: the usual mistake in
      // advertised.listeners.
      const isOther = !this.options.bootstrap.some((known) =>
        addressText(known) === addressText(address)
      );
      const tells = isOther
        ? `; broker ${id} tells clients to come there (its advertised.listeners)`
        : "";
      throw new BrokersUnreachable(
        `Cannot reach ${addressText(address)}: ${reasonOf(cause)}${
          tells || "; is a broker running there?"
        }`,
        { cause },
      );
    }
  }

  async #connectionTo(address: NetworkAddress): Promise<WireConnection> {
    const key = addressText(address);
    for (let known; (known = this.#connections.get(key));) {
      const open = await known.catch(() => undefined);
      if (open && !open.isClosed) return open;
      // Whoever sees first that it is closed makes room; whoever comes second finds the new one.
      if (this.#connections.get(key) === known) this.#connections.delete(key);
    }
    if (this.#isClosed) throw new Error("the client is closed");
    const connecting = this.open(address);
    this.#connections.set(key, connecting);
    connecting.catch(() => {
      if (this.#connections.get(key) === connecting) this.#connections.delete(key);
    });
    return await connecting;
  }
}

/**
 * Turns an answer's error field into a {@link KafkaError}, with the broker's own words where it has
 * some.
 */
export function throwIfError(error: ErrorName, message?: string | null, what?: string): void {
  if (error === "NONE") return;
  const said = message && message !== "" ? message : new KafkaError(error).message;
  throw new KafkaError(error, what ? `${what}: ${said}` : said);
}
