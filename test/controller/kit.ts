/** A controller whose records all commit, with as many brokers as a test wants. */
import { BrokerConfig } from "../../src/config/mod.ts";
import { Controller, type Decision } from "../../src/controller/mod.ts";
import {
  errorName,
  type InputOf,
  type Message,
  type ValueOf,
  withDefaults,
} from "../../src/protocol/mod.ts";
import {
  BrokerHeartbeatRequest,
  BrokerRegistrationRequest,
  CreateTopicsRequest,
  type MetadataRecord,
} from "../../src/protocol/mod.ts";
import { SUPPORTED_FEATURES } from "../../src/controller/mod.ts";

/** Ids 22 characters long that say whose they are. */
export const uuidOf = (kind: string, n: number): string => `${kind}${n}`.padEnd(21, "x") + "A";

/** Counts up, so that a test knows what comes. */
export function countingRandom() {
  let n = 0;
  return {
    int: (below: number) => n++ % below,
    fill: (into: Uint8Array) => into.fill(++n),
  };
}

export class TestCluster {
  readonly controller: Controller;
  nextOffset = 0;
  now = 0;

  constructor(
    settings: Record<string, string> = {},
    private readonly localBrokerId?: number,
    levels?: readonly MetadataRecord[],
  ) {
    this.controller = new Controller({
      clusterId: "cluster",
      config: BrokerConfig.from(new Map(Object.entries(settings))),
      random: countingRandom(),
      localBrokerId,
    });
    this.append(this.controller.bootstrap(levels));
  }

  static withBrokers(
    racks: (string | null)[],
    settings?: Record<string, string>,
    levels?: readonly MetadataRecord[],
  ): TestCluster {
    const cluster = new TestCluster(settings, undefined, levels);
    racks.forEach((rack, i) => {
      cluster.register(i + 1, { rack });
      cluster.heartbeat(i + 1);
    });
    return cluster;
  }

  get image() {
    return this.controller.image;
  }

  append(records: readonly MetadataRecord[]) {
    if (records.length === 0) return;
    this.controller.replay(records, this.nextOffset, 1);
    this.nextOffset += records.length;
  }

  /** Appends what was decided and gives the answer. */
  commit<R>({ records, response }: Decision<R>): R {
    this.append(records);
    return response;
  }

  registration(brokerId: number, fields: InputOf<typeof BrokerRegistrationRequest> = {}) {
    return of(BrokerRegistrationRequest, {
      brokerId,
      clusterId: "cluster",
      incarnationId: uuidOf("incarnation", brokerId),
      listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 9092 }],
      features: SUPPORTED_FEATURES,
      rack: null,
      logDirs: [uuidOf("dir", brokerId)],
      ...fields,
    });
  }

  register(brokerId: number, fields: InputOf<typeof BrokerRegistrationRequest> = {}) {
    const { now, nextOffset } = this;
    const decision = this.controller.registerBroker(this.registration(brokerId, fields), {
      now,
      nextOffset,
      isLocal: brokerId === this.localBrokerId,
    });
    return { ...this.commit(decision), records: decision.records };
  }

  heartbeat(brokerId: number, fields: InputOf<typeof BrokerHeartbeatRequest> = {}) {
    const brokerEpoch = this.image.brokers.get(brokerId)?.brokerEpoch ?? -1;
    const request = of(BrokerHeartbeatRequest, {
      brokerId,
      brokerEpoch,
      currentMetadataOffset: this.nextOffset,
      ...fields,
    });
    const decision = this.controller.heartbeat(request, this.now);
    return { ...this.commit(decision), records: decision.records };
  }

  /** Creates topics; says for each its error and text. */
  create(request: InputOf<typeof CreateTopicsRequest>) {
    const { topics } = this.commit(this.controller.createTopics(of(CreateTopicsRequest, request)));
    return topics.map((topic) => ({ ...topic, error: errorName(topic.errorCode) }));
  }

  leaders(topic: string): number[] {
    return this.image.topicByName(topic)!.partitions.map(({ leader }) => leader);
  }
}

/** A request as it would have been read from the wire. */
export const of = <M extends Message>(message: M, value: InputOf<M>): ValueOf<M> =>
  withDefaults(message, value);

/** Records in short, for comparing. */
export const typesOf = (records: readonly MetadataRecord[]): string[] =>
  records.map(({ type }) => type.replace("Record", ""));
