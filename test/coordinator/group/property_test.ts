/**
 * Members that do whatever they like, in any order, with answers that may be lost, a log that
 * sometimes refuses, and coordinators that fall over. What must hold throughout:
 *
 * - members of one generation were told one protocol, one leader, and the leader knows them all;
 * - whoever is parked is answered exactly once, at the latest when the deadlines have passed;
 * - what is stored is what another coordinator makes of the same records;
 * - a live group that is Stable or Empty says what its last record says.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { PENDING_MEMBER_BYTES, weightOfMember } from "../../../src/coordinator/group/weight.ts";
import { GroupCoordinator, type Reply } from "../../../src/coordinator/group/mod.ts";
import { SeededRandom } from "../../../src/platform/memory/mod.ts";
import {
  DeleteGroupsRequest,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetDeleteRequest,
  SyncGroupRequest,
} from "../../../src/protocol/mod.ts";
import { forEachSeed } from "../../kit/seeds.ts";
import { Driver } from "./driver.ts";
import { full, subscription, utf8 } from "./requests.ts";

const SETTINGS = {
  initialRebalanceDelayMs: 3_000,
  maxSize: 4,
  offsetsRetentionMs: 120_000,
  offsetsRetentionCheckIntervalMs: 20_000,
};
const PROTOCOLS = ["range", "sticky", "roundrobin"];

/** A client: what it believes of itself, and the one request that it waits for. */
interface Client {
  readonly name: string;
  readonly group: string;
  readonly instance: string | null;
  readonly version: number;
  memberId: string;
  generation: number;
  isLeader: boolean;
  members: string[];
  waiting: Token | undefined;
}
interface Token {
  readonly client: Client;
  readonly api: "join" | "sync" | "other";
  isAnswered: boolean;
}

class Chaos {
  readonly random: SeededRandom;
  readonly driver: Driver<Token>;
  readonly clients: Client[];
  readonly open = new Set<Token>();
  /**
   * By group, as it lives from its first join to its deletion or the coordinator's end:
   * generations' protocols.
   */
  readonly generations = new Map<object, Map<number, string>>();
  #ids = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.driver = new Driver<Token>(
      { config: SETTINGS, newMemberId: (prefix) => `${prefix}-${++this.#ids}` },
      (_outcome, sent) => sent.forEach((reply) => this.#onReply(reply)),
    );
    this.clients = Array.from({ length: 8 }, (_, index) => ({
      name: `c${index}`,
      group: index < 5 ? "g" : "h",
      instance: index % 4 === 3 ? `i${index % 2}` : null, // two may share one
      version: [3, 9, 9, 8][index % 4],
      memberId: "",
      generation: -1,
      isLeader: false,
      members: [],
      waiting: undefined,
    }));
  }

  #onReply({ to, response }: Reply<Token>): void {
    ok(!to.isAnswered, `${to.client.name} is answered twice`);
    to.isAnswered = true;
    this.open.delete(to);
    const { client } = to;
    if (client.waiting === to) client.waiting = undefined;
    if (this.random.chance(0.1)) return; // the answer is lost
    if (to.api === "join") this.#onJoined(to, response);
    else if (this.random.chance(0.5) && (response as any).errorCode === 25) client.memberId = "";
  }

  #onJoined({ client }: Token, response: any): void {
    const { errorCode, memberId, generationId, protocolName, leader, members, skipAssignment } =
      response;
    if (errorCode === 79) client.memberId = memberId;
    if (errorCode === 25 || errorCode === 82) client.memberId = "";
    if (errorCode !== 0) return;
    client.memberId = memberId;
    client.generation = generationId;
    client.isLeader = leader === memberId && !skipAssignment;
    client.members = members.map((each: any) => each.memberId);
    ok(protocolName, "a generation has a protocol");
    if (client.isLeader) ok(client.members.includes(memberId), "the leader is among the members");

    const group = this.driver.coordinator.groups.get(client.group)!;
    const generations = this.generations.get(group) ?? new Map<number, string>();
    this.generations.set(group, generations);
    const told = generations.get(generationId) ?? protocolName;
    strictEqual(protocolName, told, `protocol of generation ${generationId} of ${client.group}`);
    generations.set(generationId, protocolName);
  }

  act(): void {
    const { random, driver } = this;
    driver.refusal = random.chance(0.03) ? "COORDINATOR_NOT_AVAILABLE" : undefined;
    const dice = random.int(100);
    if (dice < 12) return driver.advance(random.int(8_000));
    if (dice < 13) return this.#takeOver();
    const client = random.pick(this.clients);
    if (client.waiting !== undefined && !random.chance(0.05)) return; // it waits, rarely it loses patience
    this.#request(client, dice);
  }

  #takeOver(): void {
    this.driver.refusal = undefined;
    this.open.clear();
    for (const client of this.clients) client.waiting = undefined;
    this.driver.load();
  }

  #request(client: Client, dice: number): void {
    const { random, driver } = this;
    const {
      group: groupId,
      memberId,
      instance: groupInstanceId,
      generation: generationId,
      version,
    } = client;
    const identity = {
      groupId,
      memberId,
      generationId,
      groupInstanceId: version < 5 ? null : groupInstanceId,
    };
    const context = { now: driver.now, clientId: client.name, clientHost: "/10.0.0.1" };
    const { coordinator } = driver;
    const carryOut = (api: Token["api"], ask: (token: Token) => any) => {
      const token: Token = { client, api, isAnswered: false };
      this.open.add(token);
      client.waiting = token;
      driver.carryOut(ask(token));
    };
    if (dice < 45) {
      const names = PROTOCOLS.filter(() => random.chance(0.6));
      const metadata = subscription([random.pick(["orders", "bills"])]);
      const request = full(JoinGroupRequest, {
        ...identity,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: random.pick([5_000, 20_000]),
        protocolType: "consumer",
        protocols: [...new Set([...names, "range"])].map((name) => ({ name, metadata })),
      }, version);
      return carryOut("join", (token) => coordinator.joinGroup(request, version, context, token));
    }
    if (dice < 65) {
      const assignments = client.isLeader
        ? client.members.map((id) => ({ memberId: id, assignment: utf8(`${generationId}`) }))
        : [];
      const request = full(SyncGroupRequest, { ...identity, assignments }, 3);
      return carryOut("sync", (token) => coordinator.syncGroup(request, 3, context, token));
    }
    if (dice < 80) {
      const request = full(HeartbeatRequest, identity);
      return carryOut("other", (token) => coordinator.heartbeat(request, 4, context, token));
    }
    if (dice < 85) {
      const request = full(LeaveGroupRequest, {
        groupId,
        members: [{ memberId, groupInstanceId: identity.groupInstanceId }],
      });
      return carryOut("other", (token) => coordinator.leaveGroup(request, 5, context, token));
    }
    if (dice < 96) {
      const isMember = random.chance(0.8);
      const request = full(OffsetCommitRequest, {
        groupId: random.chance(0.1) ? "simple" : groupId,
        memberId: isMember ? memberId : "",
        groupInstanceId: isMember ? identity.groupInstanceId : null,
        generationIdOrMemberEpoch: isMember ? generationId : -1,
        topics: [{
          name: random.pick(["orders", "bills"]),
          partitions: [{
            partitionIndex: random.int(3),
            committedOffset: random.int(100),
            committedMetadata: null,
          }],
        }],
      }, 9);
      return carryOut("other", (token) => coordinator.offsetCommit(request, 9, context, token));
    }
    if (dice < 98) {
      const request = full(DeleteGroupsRequest, { groupsNames: [groupId, "simple"] });
      return carryOut("other", (token) => coordinator.deleteGroups(request, 2, context, token));
    }
    const request = full(OffsetDeleteRequest, {
      groupId,
      topics: [{ name: "orders", partitions: [{ partitionIndex: random.int(3) }] }],
    });
    carryOut("other", (token) => coordinator.offsetDelete(request, 0, context, token));
  }

  /** What is stored is what the records add up to, and live groups at rest agree with it. */
  check(): void {
    const { coordinator, log } = this.driver;
    const fresh = new GroupCoordinator({ newMemberId: (prefix) => prefix });
    log.forEach(({ key, value }, offset) => fresh.replay(key, value, { offset, timestamp: 0 }));
    deepStrictEqual(fresh.stored.groups, coordinator.stored.groups);
    for (const groupId of ["g", "h", "simple"]) {
      deepStrictEqual(fresh.stored.offsets.of(groupId), coordinator.stored.offsets.of(groupId));
    }
    strictEqual(fresh.stored.bytes, coordinator.stored.bytes);
    let weight = 0;
    for (const { members, pendingMembers } of coordinator.groups.values()) {
      weight += pendingMembers.size * PENDING_MEMBER_BYTES;
      for (const { protocols } of members) weight += weightOfMember(protocols);
    }
    strictEqual(coordinator.weight.bytes, weight, "what is weighed is what is there");
    for (const [groupId, stored] of coordinator.stored.groups) {
      const live = coordinator.groups.get(groupId);
      ok(live, `${groupId} is stored and live`);
      if (live.state === "Stable") deepStrictEqual(live.toStored(), stored);
      if (live.state === "PreparingRebalance") continue; // who does not rejoin still counts
      const dynamic = [...live.members].filter(({ groupInstanceId }) => groupInstanceId === null);
      ok(dynamic.length <= SETTINGS.maxSize, `${groupId} has ${dynamic.length} members`);
    }
  }

  /** Everyone goes silent; all deadlines pass. */
  settle(): void {
    this.driver.refusal = undefined;
    this.driver.advance(400_000);
    deepStrictEqual([...this.open].map(({ client, api }) => `${api} of ${client.name}`), []);
    for (const [groupId, group] of this.driver.coordinator.groups) {
      strictEqual(group.state, "Empty", `${groupId} has lost all its members`);
    }
    strictEqual(this.driver.coordinator.groups.size, 0, "nothing is left after retention");
    strictEqual(this.driver.coordinator.bytes, 0, "and weighs nothing");
    deepStrictEqual(this.driver.coordinator.stored.groups.size, 0);
  }
}

Deno.test("Members that do as they like get one generation, one answer, and one history", () =>
  forEachSeed(150, (seed) => {
    const chaos = new Chaos(seed);
    for (let step = 0; step < 400; step++) {
      chaos.act();
      if (step % 20 === 0) chaos.check();
    }
    chaos.check();
    chaos.settle();
    ok(chaos.generations.size > 0, "some generation came about");
  }));
