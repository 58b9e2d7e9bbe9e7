/**
 * The connections by which a broker copies partitions from others: one for each fetcher, to where
 * the other is registered on the inter-broker listener (`inter.broker.listener.name`). One is
 * opened when it is first needed, and again at the next call after it has broken: where the other
 * is now, the metadata tells. How long to leave it alone in between is for the fetcher to say.
 */
import { WireConnection } from "../client/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { Clock, Network, NetworkAddress } from "../platform/mod.ts";
import {
  FetchRequest,
  FetchResponse,
  type InputOf,
  KafkaError,
  ListOffsetsRequest,
  ListOffsetsResponse,
  type Message,
  type ValueOf,
} from "../protocol/mod.ts";
import type { ReplicaPeer, ReplicaPeers } from "../replication/mod.ts";

export interface WirePeersOptions {
  readonly nodeId: number;
  readonly network: Network;
  readonly clock: Clock;
  readonly image: () => MetadataImage;
  readonly config: () => BrokerConfig;
}

export class WirePeers implements ReplicaPeers {
  constructor(private readonly options: WirePeersOptions) {}

  open(brokerId: number): ReplicaPeer {
    return new WirePeer(brokerId, this.options);
  }
}

class WirePeer implements ReplicaPeer {
  readonly #brokerId: number;
  readonly #options: WirePeersOptions;
  #connection: Promise<WireConnection> | undefined;
  /** Ends what is being dialed or is there. */
  #end = new AbortController();
  #isClosed = false;

  constructor(brokerId: number, options: WirePeersOptions) {
    this.#brokerId = brokerId;
    this.#options = options;
  }

  fetch(request: InputOf<typeof FetchRequest>): Promise<FetchResponse> {
    return this.#call(FetchRequest, FetchResponse, request);
  }

  listOffsets(request: InputOf<typeof ListOffsetsRequest>): Promise<ListOffsetsResponse> {
    return this.#call(ListOffsetsRequest, ListOffsetsResponse, request);
  }

  hangUp(): void {
    this.#end.abort(new Error("hung up"));
    this.#end = new AbortController();
    this.#connection?.then((wire) => wire.close(), () => {});
    this.#connection = undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.hangUp();
  }

  async #call<Q extends Message, R extends Message>(
    request: Q,
    response: R,
    body: InputOf<Q>,
  ): Promise<ValueOf<R>> {
    const timeoutMs = this.#options.config().get("replica.socket.timeout.ms");
    const wire = await this.#connected();
    return await wire.call(request, response, body, { timeoutMs });
  }

  async #connected(): Promise<WireConnection> {
    if (this.#isClosed) throw new Error("closed");
    const opening = this.#connection ??= this.#open();
    try {
      const wire = await opening;
      if (!wire.isClosed) return wire;
    } catch (error) {
      if (this.#connection === opening) this.#connection = undefined;
      throw error;
    }
    if (this.#connection === opening) this.#connection = undefined;
    return await this.#connected();
  }

  #open(): Promise<WireConnection> {
    const { network, clock, nodeId } = this.#options;
    const clientId = `broker-${nodeId}-fetcher`;
    const { signal } = this.#end;
    return WireConnection.open(this.#address(), { network, clock, clientId, signal });
  }

  #address(): NetworkAddress {
    const { image, config } = this.#options;
    const listener = config().get("inter.broker.listener.name") ??
      config().get("security.inter.broker.protocol");
    const endPoints = image().brokers.get(this.#brokerId)?.endPoints ?? [];
    const endPoint = endPoints.find(({ name }) => name === listener) ?? endPoints[0];
    if (endPoint !== undefined) return { host: endPoint.host, port: endPoint.port };
    throw new KafkaError(
      "BROKER_NOT_AVAILABLE",
      `Cannot reach broker ${this.#brokerId}: nobody knows where it is`,
    );
  }
}
