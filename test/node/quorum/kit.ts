/**
 * Quorums of metadata logs in one thread: each on a disk of its own, all on one network in memory,
 * with the real requests between them and a clock that is moved by hand.
 */
import { noLog } from "../../../src/base/mod.ts";
import { controllerHandler, type ControllerNode } from "../../../src/broker/mod.ts";
import { BrokerConfig } from "../../../src/config/mod.ts";
import { openLogDirectory } from "../../../src/log/mod.ts";
import type {
  AddRaftVoterRequest,
  RemoveRaftVoterRequest,
  UpdateRaftVoterRequest,
} from "../../../src/protocol/mod.ts";
import { KafkaServer } from "../../../src/net/mod.ts";
import { MetadataLog } from "../../../src/node/metadata_log.ts";
import { QuorumMembership } from "../../../src/node/quorum/membership.ts";
import { OwnVote } from "../../../src/node/quorum/own_vote.ts";
import { QuorumAddresses } from "../../../src/node/quorum/addresses.ts";
import { ReplicaKeys } from "../../../src/node/quorum/replica_keys.ts";
import { QuorumWire } from "../../../src/node/quorum/quorum_wire.ts";
import type { QuorumVoters, VoterEndpoint } from "../../../src/node/quorum_voters.ts";
import {
  MemoryDisk,
  MemoryNetwork,
  SeededRandom,
  SimulatedClock,
} from "../../../src/platform/memory/mod.ts";
import type { LogDirectory } from "../../../src/log/mod.ts";

export const CLUSTER = "Ck9wZW5TdHJlYW1lckE0Zw";

export interface MemberOptions {
  readonly settings?: Record<string, string>;
  readonly firstVoters?: (member: Member) => QuorumVoters;
  /** Of which cluster its data is; default that of all. */
  readonly clusterId?: string;
}

/** One node's metadata log, with its listener for the others. */
export class Member {
  readonly disk: MemoryDisk;
  readonly #random: SeededRandom;
  readonly lines: string[] = [];
  directory!: LogDirectory;
  metadata!: MetadataLog;
  wire!: QuorumWire;
  membership!: QuorumMembership;
  #ownVote: OwnVote | undefined;
  #port: number;
  #server: KafkaServer | undefined;
  failure: Error | undefined;

  constructor(
    readonly id: number,
    readonly quorum: Quorum,
    readonly options: MemberOptions,
  ) {
    this.#port = 9000 + id;
    this.disk = new MemoryDisk({ seed: 100 * quorum.seed + id, clock: quorum.clock });
    this.#random = new SeededRandom(quorum.seed * 31 + id);
  }

  get endpoints(): VoterEndpoint[] {
    return [{ name: "CONTROLLER", host: "127.0.0.1", port: this.#port }];
  }

  /** It listens elsewhere from the next start on. */
  move(port: number): void {
    this.#port = port;
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  async start(): Promise<void> {
    const { clock, network } = this.quorum;
    const { clusterId = CLUSTER } = this.options;
    const { disk, id: nodeId } = this;
    const random = this.#random;
    const config = BrokerConfig.from(
      new Map(Object.entries({
        "node.id": `${nodeId}`,
        "process.roles": "controller",
        "listeners": `CONTROLLER://127.0.0.1:${this.#port}`,
        "controller.listener.names": "CONTROLLER",
        ...this.quorum.settings,
        ...this.options.settings,
      })),
    );
    this.failure = undefined;
    this.directory = await openLogDirectory({
      disk,
      clock,
      random,
      path: "/data",
      nodeId,
      clusterId,
      brokerConfig: config,
      log: noLog,
    });
    const { firstVoters } = this.options;
    const log = (_level: string, event: string, fields: object = {}) =>
      void this.lines.push(`${clock.monotonic()} ${event} ${JSON.stringify(fields)}`);
    const keys = new ReplicaKeys(() => this.metadata.latestQuorum);
    const addresses = new QuorumAddresses(config, () => this.metadata.latestQuorum);
    this.metadata = await MetadataLog.open({
      directory: this.directory,
      nodeId,
      config,
      disk,
      clock,
      random,
      log,
      firstVoters: firstVoters?.(this),
      bootstrapIds: addresses.bootstrapIds,
      connect: (metadata) => {
        this.metadata = metadata;
        return this.wire = new QuorumWire({
          metadata,
          addresses,
          keys,
          nodeId,
          config,
          clusterId: () => clusterId,
          onForeign: (error) => this.failure = error,
          endpoints: () => this.endpoints,
          network,
          clock,
          log,
        });
      },
      onFailure: (error) => this.failure = error,
    });
    const shared = {
      metadata: this.metadata,
      nodeId,
      clusterId: () => clusterId,
      config,
      network,
      clock,
      log,
    };
    this.membership = new QuorumMembership({
      ...shared,
      keys,
      addresses,
      endpoints: () => this.endpoints,
    });
    this.#ownVote = new OwnVote({
      ...shared,
      membership: this.membership,
      addresses,
      endpoints: () => this.endpoints,
    });
    const node = {
      nodeId,
      clusterId,
      config,
      clock,
      image: () => this.metadata.image,
      quorum: Object.assign(this.wire, {
        updateVoter: (request: UpdateRaftVoterRequest) => this.membership.update(request),
      }),
      controller: {
        kraftVersion: 0,
        addRaftVoter: (request: AddRaftVoterRequest) => this.membership.add(request),
        removeRaftVoter: (request: RemoveRaftVoterRequest) => this.membership.remove(request),
      },
      quotas: { time: { isSet: false } },
      figures: { failed: () => {} },
      advertisedApis: [1, 18, 52, 53, 54, 59, 80, 81, 82].map((apiKey) => ({
        apiKey,
        minVersion: apiKey === 1 ? 12 : 0,
        maxVersion:
          ({ 1: 18, 18: 4, 52: 2, 53: 1, 54: 1, 59: 1, 80: 1 } as Record<number, number>)[apiKey] ??
            0,
      })),
    } as unknown as ControllerNode;
    this.#server = new KafkaServer({
      network,
      clock,
      log: noLog,
      handler: controllerHandler(node, noLog),
    });
    this.#server.listen({ name: "CONTROLLER", host: "127.0.0.1", port: this.#port });
  }

  /** The process ends without a word; what was not synced is lost. */
  kill(): void {
    this.#ownVote?.close();
    void this.#server?.close();
    this.#server = undefined;
    void this.wire.close();
    void this.metadata.close().catch(() => {});
    this.directory.release();
    this.disk.crash();
  }

  /** A proper stop. */
  async stop(): Promise<void> {
    this.#ownVote?.close();
    this.metadata.resign();
    await this.wire.close();
    await this.#server?.close();
    this.#server = undefined;
    await this.metadata.close();
    await this.directory.close();
  }
}

export class Quorum {
  readonly clock = new SimulatedClock();
  readonly network = new MemoryNetwork();
  readonly members: Member[];

  constructor(
    readonly seed: number,
    ids: readonly number[],
    readonly settings: Record<string, string> = {
      "controller.quorum.voters": ids.map((id) => `${id}@127.0.0.1:${9000 + id}`).join(","),
    },
    options: MemberOptions = {},
  ) {
    this.members = ids.map((id) => new Member(id, this, options));
  }

  member(id: number): Member {
    return this.members.find((each) => each.id === id)!;
  }

  async start(): Promise<void> {
    for (const member of this.members) await member.start();
  }

  add(id: number, options: MemberOptions): Member {
    const member = new Member(id, this, options);
    this.members.push(member);
    return member;
  }

  /** Lets time pass until it is so; throws when it never is. */
  async until(what: string, isSo: () => boolean, withinMs = 30_000): Promise<void> {
    for (let passed = 0; passed <= withinMs; passed += 5) {
      if (isSo()) return;
      await this.clock.advanceAndSettle(5);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const tail = this.members.map(({ id, lines }) => `node ${id}:\n${lines.slice(-12).join("\n")}`);
    throw new Error(`not within ${withinMs} ms: ${what}\n${tail.join("\n")}`);
  }

  get leader(): Member | undefined {
    return this.members.find((each) => each.isUp && each.metadata.isLeader);
  }

  async elected(): Promise<Member> {
    await this.until("a leader", () => this.leader !== undefined);
    return this.leader!;
  }

  async close(): Promise<void> {
    for (const member of this.members) {
      if (member.isUp) member.kill();
    }
    await this.clock.advanceAndSettle(2000);
  }
}
