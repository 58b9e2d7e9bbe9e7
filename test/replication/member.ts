/**
 * One broker of a cluster in memory: its disk, its partitions, and the APIs by which others reach
 * it. It may lose power and come back with what its disk has kept. See `brokers.ts`.
 */
import { brokerId, type LogFields, Loggers } from "../../src/base/mod.ts";
import { Broker, type ControllerClient } from "../../src/broker/mod.ts";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { type LogDirectories, openLogDirectories } from "../../src/log/mod.ts";
import { MetadataImage } from "../../src/metadata/mod.ts";
import { Request } from "../../src/net/mod.ts";
import type { Clock } from "../../src/platform/mod.ts";
import { MemoryDisk, SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  decodeMessage,
  encodeMessage,
  type InputOf,
  type Message,
  type MetadataRecord,
  RESOURCE,
  type ValueOf,
} from "../../src/protocol/mod.ts";
import { type Replica, type ReplicaPeers, Replicas } from "../../src/replication/mod.ts";

export interface MemberOptions {
  readonly id: number;
  readonly seed: number;
  readonly clock: Clock;
  readonly settings: Record<string, string>;
  readonly paths?: readonly string[];
  readonly peers: ReplicaPeers;
  readonly alterPartition: (request: AlterPartitionRequest) => Promise<AlterPartitionResponse>;
  readonly syncTakes?: () => Promise<void>;
}

/** Nobody asks the controller anything by this one. */
const NO_CONTROLLER = {} as ControllerClient;

export class Member {
  readonly id: number;
  readonly disk: MemoryDisk;
  readonly lines: { event: string; fields: LogFields }[] = [];
  readonly #options: MemberOptions;
  /** The file's settings. */
  readonly #settings: BrokerConfig;
  /** Those, under what was set at run time. */
  config: BrokerConfig;
  /** Until it has opened what is there; then it is what the metadata says. */
  image = MetadataImage.empty;
  directories!: LogDirectories;
  replicas!: Replicas;
  broker!: Broker;
  /** Ends with its process. */
  life = new AbortController();
  isUp = false;
  brokerEpoch = -1;
  #correlationId = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.id = options.id;
    const { seed, clock, syncTakes } = options;
    this.disk = new MemoryDisk({ seed: seed * 100 + options.id, clock, syncTakes });
    this.config = this.#settings = BrokerConfig.from(
      new Map(Object.entries({ "node.id": `${options.id}`, ...options.settings })),
    );
  }

  /** Opens the disk; what it has is not looked at before {@link Member.begin}. */
  async open(): Promise<void> {
    const { id, disk, config } = this;
    const { seed, clock, paths = ["/data"] } = this.#options;
    this.life = new AbortController();
    this.directories = await openLogDirectories({
      disk,
      clock,
      random: new SeededRandom(seed * 1000 + id),
      paths,
      nodeId: brokerId(id),
      clusterId: "testClusterOfManyAAAAA",
      brokerConfig: config,
      log: this.log,
    });
  }

  /** Takes on the metadata as it is, its own registration included. */
  begin(image: MetadataImage, brokerEpoch: number): void {
    const { id, directories } = this;
    this.config = this.#settings;
    const { clock, peers, alterPartition, seed } = this.#options;
    this.image = image;
    this.brokerEpoch = brokerEpoch;
    this.replicas = new Replicas({
      nodeId: brokerId(id),
      directories,
      clock,
      config: () => this.config,
      peers,
      alterPartition,
      brokerEpoch: () => this.brokerEpoch,
      log: this.log,
    });
    this.broker = new Broker({
      nodeId: brokerId(id),
      clusterId: "testClusterOfManyAAAAA",
      config: () => this.config,
      clock,
      random: new SeededRandom(seed * 1000 + id),
      log: this.log,
      loggers: new Loggers(this.log),
      image: () => this.image,
      controller: NO_CONTROLLER,
      replicas: this.replicas,
    });
    this.isUp = true;
    this.replicas.start(image);
  }

  apply(records: readonly MetadataRecord[], offset: number): void {
    if (!this.isUp || offset <= this.image.offset) return;
    const { image, delta } = this.image.apply(records, { offset, epoch: 1 });
    this.image = image;
    if (delta.configs.some(({ type }) => type === RESOURCE.broker)) {
      const cluster = image.configsOf({ type: RESOURCE.broker, name: "" });
      this.config = this.#settings.with({ cluster, broker: new Map() });
    }
    this.replicas.apply(image, delta);
  }

  replica(topic: string, partition = 0): Replica {
    const replica = this.replicas.get(topic, partition);
    if (replica === undefined) throw new Error(`${this.id} has no ${topic}-${partition}`);
    return replica;
  }

  /** The process ends in the middle of everything, or the machine does. */
  crash({ losesPower }: { losesPower: boolean }): void {
    if (this.isUp) {
      this.broker.close();
      this.replicas.close();
    }
    this.isUp = false;
    this.life.abort(new Error(`${this.id} is gone`));
    if (losesPower) this.disk.powerCut();
    else this.disk.crash();
  }

  /** All that is there is on the device, and the next start knows. */
  async stop(): Promise<void> {
    this.isUp = false;
    this.broker.close();
    this.replicas.close();
    this.life.abort(new Error(`${this.id} has stopped`));
    await this.directories.close({ brokerEpoch: this.brokerEpoch });
  }

  /** Sends a request by the codec and the handler that those on a connection go by. */
  async ask<Q extends Message, R extends Message>(
    [request, response]: readonly [Q, R],
    version: number,
    body: InputOf<Q>,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<ValueOf<R>> {
    const writer = new ByteWriter();
    encodeMessage(request, body, version, writer);
    const bytes = writer.finish().slice();
    const answer = await this.broker.handler.handle(
      new Request({
        apiKey: request.apiKey!,
        apiVersion: version,
        correlationId: ++this.#correlationId,
        clientId: "test",
        sizeBytes: bytes.length,
        reader: new ByteReader(bytes),
        connection: {
          id: 1,
          listener: "PLAINTEXT",
          remoteHost: "127.0.0.1",
          remotePort: 50_000,
          signal,
          softwareName: "",
          softwareVersion: "",
        },
        receivedAt: this.#options.clock.monotonic(),
        responseRoom: () => 256 * 1024 * 1024,
        onRelease: () => {},
      }),
    );
    if (typeof answer !== "function") throw new Error(`no answer: ${JSON.stringify(answer)}`);
    const out = new ByteWriter();
    answer(out);
    return decodeMessage(response, new ByteReader(out.finish()), version);
  }

  readonly log = (level: string, event: string, fields: LogFields = {}) => {
    if (level !== "debug") this.lines.push({ event, fields });
  };
}
