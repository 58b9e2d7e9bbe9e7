/**
 * Several brokers and the partitions that they have in common: what is copied, when it counts as
 * committed, who is in sync, and what becomes of a log whose leader had something else.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { metadataRecord } from "../../src/metadata/mod.ts";
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  errorName,
  ListOffsetsRequest,
  ListOffsetsResponse,
} from "../../src/protocol/mod.ts";
import { Brokers } from "./brokers.ts";

const QUICK = {
  "replica.lag.time.max.ms": "1000",
  "replica.fetch.wait.max.ms": "50",
  "replica.fetch.backoff.ms": "50",
};
const TOPIC = "orders";

/** Three brokers, a topic on all of them that 1 leads. */
async function three(options: Parameters<typeof Brokers.start>[0] = {}): Promise<Brokers> {
  const brokers = await Brokers.start({ ...options, settings: { ...QUICK, ...options.settings } });
  brokers.createTopic(TOPIC);
  await brokers.pass(20);
  return brokers;
}

const produce = async (brokers: Brokers, id: number, ...values: string[]) =>
  (await brokers.settle(brokers.produce(id, TOPIC, values))).error;

const leaderOf = (brokers: Brokers) => brokers.partition(TOPIC).leader;

async function allHave(brokers: Brokers, values: string[]): Promise<void> {
  await brokers.until(
    "all have the same",
    () =>
      brokers.ids.every((id) =>
        brokers.member(id).isUp &&
        brokers.replica(id, TOPIC).highWatermark === brokers.replica(1, TOPIC).logEndOffset &&
        brokers.values(id, TOPIC).length === values.length
      ),
  );
  for (const id of brokers.ids) deepStrictEqual(brokers.values(id, TOPIC), values);
}

Deno.test("What a leader appends is on its followers, and committed when all in sync have it", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one", "two"), "NONE");
  await allHave(brokers, ["one", "two"]);
  await brokers.close();
});

for (const slow of [1, 2]) {
  const who = slow === 1 ? "leader" : "follower";
  Deno.test(`An acknowledgement waits for the ${who}'s device, and holds when all lose power`, async () => {
    let syncMs = 0;
    const brokers = await three({ syncMs: (_random, id) => id === slow ? syncMs : 0 });
    strictEqual(await produce(brokers, 1, "before"), "NONE");
    syncMs = 200;
    const answer = brokers.produce(1, TOPIC, ["slow"]);
    await brokers.pass(150);
    strictEqual(brokers.replica(slow, TOPIC).logEndOffset, 2, "it is there, and not on its device");
    strictEqual(brokers.replica(1, TOPIC).highWatermark, 1);
    strictEqual((await brokers.settle(answer)).error, "NONE");
    for (const id of brokers.ids) brokers.crash(id);
    for (const id of brokers.ids) await brokers.settle(brokers.startMember(id));
    for (const id of brokers.ids) deepStrictEqual(brokers.values(id, TOPIC), ["before", "slow"]);
    await brokers.close();
  });
}

Deno.test("A follower that is silent leaves the ISR after its time, and comes back with all", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  brokers.cut(1, 3);
  const cutAt = brokers.clock.monotonic();
  strictEqual(await produce(brokers, 1, "two"), "NONE");
  const waitedMs = brokers.clock.monotonic() - cutAt;
  ok(waitedMs >= 900 && waitedMs < 1700, `${waitedMs} ms`);
  deepStrictEqual(brokers.partition(TOPIC).isr, [1, 2]);
  for (let i = 0; i < 20; i++) await produce(brokers, 1, `more ${i}`);
  brokers.heal();
  await brokers.untilInSync(TOPIC);
  strictEqual(brokers.replica(3, TOPIC).logEndOffset, 22);
  await brokers.close();
});

Deno.test("Below min.insync.replicas nothing is taken with acks=all, nor shown of what is there", async () => {
  const brokers = await three({ settings: { "min.insync.replicas": "2" } });
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  brokers.crash(2);
  brokers.crash(3);
  await brokers.pass(10);
  strictEqual(await produce(brokers, 1, "two"), "NOT_ENOUGH_REPLICAS");
  const { error } = await brokers.settle(brokers.produce(1, TOPIC, ["three"], { acks: 1 }));
  strictEqual(error, "NONE");
  await brokers.pass(3000);
  strictEqual(brokers.replica(1, TOPIC).highWatermark, 1);
  strictEqual(brokers.replica(1, TOPIC).logEndOffset, 2);
  await brokers.settle(brokers.startMember(2));
  await brokers.untilInSync(TOPIC, [1, 2]);
  await brokers.until("it shows", () => brokers.replica(1, TOPIC).highWatermark === 2);
  await brokers.close();
});

Deno.test("Who waits while the ISR falls below the minimum waits for his time-out, and it is there", async () => {
  const brokers = await three({ settings: { "min.insync.replicas": "2" } });
  brokers.cut(1, 2);
  brokers.cut(1, 3);
  const { error } = await brokers.settle(
    brokers.produce(1, TOPIC, ["one"], { timeoutMs: 3000 }),
  );
  strictEqual(error, "REQUEST_TIMED_OUT");
  deepStrictEqual(brokers.partition(TOPIC).isr, [1]);
  brokers.heal();
  await allHave(brokers, ["one"]);
  await brokers.close();
});

Deno.test("Who waits when the leader loses its office is told to look for another", async () => {
  const brokers = await three();
  brokers.cut(1, 2);
  brokers.cut(1, 3);
  const answer = brokers.produce(1, TOPIC, ["one"]);
  await brokers.pass(20);
  brokers.fence(1);
  strictEqual((await brokers.settle(answer)).error, "NOT_LEADER_OR_FOLLOWER");
  await brokers.close();
});

/** KIP-101, scenario 1: a follower restarts that does not know yet what is committed. */
Deno.test("A follower that restarts keeps what is committed, though it does not know of it", async () => {
  const brokers = await three({ settings: { "replica.fetch.wait.max.ms": "400" } });
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  await brokers.pass(2000);
  const answer = brokers.produce(1, TOPIC, ["two"]);
  await brokers.until("2 has it", () => brokers.replica(2, TOPIC).logEndOffset === 2);
  await brokers.until("all have it", () => brokers.replica(1, TOPIC).highWatermark === 2);
  strictEqual(brokers.replica(2, TOPIC).highWatermark, 1, "told with the next answer only");
  brokers.crash(1, { isKnown: false });
  brokers.crash(2, { isKnown: false });
  await answer.catch(() => {});
  brokers.crash(3, { isKnown: false });
  await brokers.settle(brokers.startMember(2));
  await brokers.settle(brokers.startMember(1));
  await brokers.settle(brokers.startMember(3));
  await brokers.untilInSync(TOPIC);
  await allHave(brokers, ["one", "two"]);
  await brokers.close();
});

/** KIP-101, scenario 2: two leaders after one another wrote different things at one offset. */
Deno.test("What only a leader had that is none any more is cut off where the next began", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  await brokers.pass(100);
  brokers.cut(1, 2);
  brokers.cut(1, 3);
  void brokers.produce(1, TOPIC, ["lost", "lost too"], { acks: 1 });
  await brokers.pass(20);
  brokers.fence(1);
  strictEqual(leaderOf(brokers), 2);
  strictEqual(await produce(brokers, 2, "two"), "NONE");
  deepStrictEqual(brokers.values(1, TOPIC), ["one", "lost", "lost too"]);
  brokers.heal();
  brokers.unfence(1);
  await brokers.untilInSync(TOPIC);
  await allHave(brokers, ["one", "two"]);
  await brokers.close();
});

/** KIP-279: leaders change so fast that a follower has epochs that its leader never heard of. */
Deno.test("Logs with epochs that the other never had come to agree, step by step", async () => {
  const brokers = await three({ settings: { "unclean.leader.election.enable": "true" } });
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  await brokers.pass(100);
  const alone = async (id: number, ...values: string[]) => {
    for (const other of brokers.ids) if (other !== id) brokers.fence(other);
    brokers.unfence(id);
    strictEqual(leaderOf(brokers), id);
    void brokers.produce(id, TOPIC, values, { acks: 1 });
    await brokers.pass(20);
  };
  brokers.cut(1, 2);
  brokers.cut(1, 3);
  brokers.cut(2, 3);
  await alone(1, "a1", "a2", "a3");
  await alone(2, "b1");
  await alone(1, "a4");
  await alone(2, "b2", "b3", "b4", "b5");
  deepStrictEqual(brokers.values(1, TOPIC), ["one", "a1", "a2", "a3", "a4"]);
  brokers.heal();
  for (const id of brokers.ids) brokers.unfence(id);
  await brokers.untilInSync(TOPIC);
  await allHave(brokers, ["one", "b1", "b2", "b3", "b4", "b5"]);
  await brokers.close();
});

Deno.test("A leader that was elected unclean has the others cut what it never had, and says so", async () => {
  const brokers = await three({
    settings: { "unclean.leader.election.enable": "true", "min.insync.replicas": "1" },
  });
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  brokers.cut(1, 3);
  brokers.cut(2, 3);
  strictEqual(await produce(brokers, 1, "two", "three"), "NONE");
  deepStrictEqual(brokers.partition(TOPIC).isr, [1, 2]);
  await brokers.pass(500);
  for (const id of [1, 2]) await brokers.settle(brokers.stop(id));
  await brokers.pass(100);
  strictEqual(leaderOf(brokers), 3);
  brokers.heal();
  strictEqual(await produce(brokers, 3, "other"), "NONE");
  for (const id of [1, 2]) await brokers.settle(brokers.startMember(id));
  await brokers.untilInSync(TOPIC);
  await allHave(brokers, ["one", "other"]);
  ok(brokers.member(1).lines.some(({ event }) => event === "log cut below its high watermark"));
  strictEqual(brokers.partition(TOPIC).leaderRecoveryState, 0);
  await brokers.close();
});

Deno.test("Committed records that the leader has lost are kept aside, once, and the replica goes on", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one", "two", "three"), "NONE");
  await brokers.pass(200);
  const topicId = brokers.image.topicIdOf(TOPIC)!;
  const keptBy = (id: number) =>
    brokers.member(id).disk.list("/data").filter(({ name }) => name.endsWith("-stray"));
  for (let round = 0; round < 2; round++) {
    // Somebody puts an empty disk into the leader's machine, and has it lead nevertheless.
    for (const id of brokers.ids) if (id !== 1) brokers.cut(1, id);
    brokers.crash(1);
    brokers.member(1).disk.remove("/data");
    await brokers.settle(brokers.startMember(1));
    const lead = { topicId, partitionId: 0, leader: 1, isr: [1] };
    brokers.cluster.append([metadataRecord("PartitionChangeRecord", 2, lead)]);
    void brokers.produce(1, TOPIC, [`other ${round}`], { acks: 1 });
    brokers.heal();
    await brokers.untilInSync(TOPIC);
    await allHave(brokers, [`other ${round}`]);
    for (const id of [2, 3]) strictEqual(keptBy(id).length, 1);
  }
  const { disk, directories } = brokers.member(2);
  const [{ name }] = keptBy(2);
  ok(disk.readFile(`/data/${name}/00000000000000000000.log`).length > 0);
  strictEqual([...directories.partitions()].length, 1);
  await brokers.close();
});

Deno.test("A follower that comes back empty gets everything, and does not count before", async () => {
  const brokers = await three({ settings: { "replica.fetch.max.bytes": "1" } });
  for (let i = 0; i < 30; i++) strictEqual(await produce(brokers, 1, `${i}`), "NONE");
  brokers.crash(3);
  brokers.member(3).disk.remove("/data");
  await brokers.settle(brokers.startMember(3));
  strictEqual(brokers.replica(3, TOPIC).logEndOffset, 0);
  await brokers.untilInSync(TOPIC);
  strictEqual(brokers.replica(3, TOPIC).logEndOffset, 30);
  await brokers.close();
});

Deno.test("A follower that was away while the leader's log moved on begins where that begins", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one", "two"), "NONE");
  await brokers.pass(100);
  brokers.cut(1, 3);
  strictEqual(await produce(brokers, 1, "three", "four"), "NONE"); // once 3 is out
  const leader = brokers.replica(1, TOPIC);
  leader.log.roll();
  strictEqual(await produce(brokers, 1, "five"), "NONE");
  leader.log.advanceLogStart(4);
  leader.onLogStartAdvanced();
  leader.log.applyRetention(brokers.clock.now());
  brokers.heal();
  await brokers.untilInSync(TOPIC);
  strictEqual(brokers.replica(3, TOPIC).logStartOffset, 4);
  deepStrictEqual(brokers.values(3, TOPIC), ["five"]);
  await brokers.close();
});

Deno.test("What was deleted everywhere is not back when all lose their power", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one", "two"), "NONE");
  strictEqual(await produce(brokers, 1, "three"), "NONE");
  await brokers.untilInSync(TOPIC);
  const leader = brokers.replica(1, TOPIC);
  leader.log.advanceLogStart(2);
  leader.onLogStartAdvanced();
  await brokers.settle(leader.whenDeleted(2) ?? Promise.resolve());
  for (const id of [1, 2, 3]) brokers.crash(id);
  await brokers.settle(brokers.startMember(3));
  strictEqual(brokers.replica(3, TOPIC).logStartOffset, 2);
  await brokers.close();
});

Deno.test("A leader that has begun takes no follower in that has less than it began with", async () => {
  const settings = { ...QUICK, "replica.fetch.wait.max.ms": "400" };
  const brokers = await Brokers.start({ count: 4, settings });
  brokers.createTopic(TOPIC);
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  await brokers.pass(2000);
  for (const id of [1, 2, 4]) brokers.cut(id, 3);
  strictEqual(await produce(brokers, 1, "two"), "NONE"); // without 3, which is out by now
  deepStrictEqual(brokers.partition(TOPIC).isr, [1, 2, 4]);
  const leader = brokers.replica(2, TOPIC);
  brokers.cut(2, 4);
  brokers.crash(1);
  strictEqual(leaderOf(brokers), 2);
  strictEqual(leader.highWatermark, 1, "2 does not know that two is committed");
  // 3 has reached the high watermark that 2 knows of, and not what 2 began with.
  const { brokerEpoch } = brokers.member(3);
  leader.onFollowerFetch(3, { fetchOffset: 1, logStartOffset: 0, brokerEpoch });
  await brokers.pass(10);
  deepStrictEqual(brokers.partition(TOPIC).isr, [2, 4]);
  leader.onFollowerFetch(3, { fetchOffset: 2, logStartOffset: 0, brokerEpoch });
  await brokers.pass(10);
  deepStrictEqual(brokers.partition(TOPIC).isr, [2, 4, 3]);
  await brokers.close();
});

Deno.test("What the controller has answered is not undone by metadata from before", async () => {
  const brokers = await three();
  const leader = brokers.replica(1, TOPIC);
  const before = leader.state;
  for (const id of [2, 3]) brokers.cut(1, id);
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  deepStrictEqual(leader.state.isr, [1]);
  leader.onState({ ...before, partitionEpoch: leader.state.partitionEpoch - 1 });
  deepStrictEqual(leader.state.isr, [1]);
  await brokers.close();
});

Deno.test("An answer to what is not asked for any more changes nothing", async () => {
  const brokers = await three();
  brokers.isControllerAway = true;
  for (const id of [2, 3]) brokers.cut(1, id);
  const leader = brokers.replica(1, TOPIC);
  void brokers.produce(1, TOPIC, ["one"], { acks: 1 });
  await brokers.until("it asks", () => leader.leadership?.proposal !== undefined);
  const proposal = leader.leadership!.proposal!;
  const { leaderEpoch, partitionEpoch } = leader.state;
  leader.onState({ ...leader.state, isr: [1, 2], partitionEpoch: partitionEpoch + 1 });
  const answer = { error: "NONE", leaderEpoch, partitionEpoch: partitionEpoch + 2 } as const;
  strictEqual(leader.onIsrAnswer(proposal, { ...answer, isr: [1] }), false);
  deepStrictEqual(leader.state.isr, [1, 2]);
  await brokers.close();
});

Deno.test("A controller that can't be reached is asked again, one that refuses is not", async () => {
  const brokers = await three();
  brokers.isControllerAway = true;
  brokers.cut(1, 3);
  const answer = brokers.produce(1, TOPIC, ["one"], { timeoutMs: 20_000 });
  await brokers.pass(5000);
  strictEqual(brokers.replica(1, TOPIC).highWatermark, 0, "nobody is left out before it is told");
  brokers.isControllerAway = false;
  strictEqual((await brokers.settle(answer)).error, "NONE");
  brokers.fence(3); // the leader asks for it to be let in again, as long as it does not know
  const { length } = brokers.proposals;
  brokers.heal();
  await brokers.pass(2000);
  ok(brokers.proposals.length - length <= 1, JSON.stringify(brokers.proposals));
  await brokers.close();
});

Deno.test("A new leader gives no end before its followers have told it what is committed", async () => {
  const brokers = await three({ settings: { "replica.fetch.wait.max.ms": "400" } });
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  await brokers.pass(2000);
  strictEqual(await produce(brokers, 1, "two"), "NONE");
  brokers.cut(2, 3);
  brokers.crash(1);
  const ask = async (version: number, timestamp: number) => {
    const { topics } = await brokers.member(2).ask(
      [ListOffsetsRequest, ListOffsetsResponse],
      version,
      { replicaId: -1, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, timestamp }] }] },
    );
    const [{ errorCode, offset }] = topics[0].partitions;
    return errorCode === 0 ? offset : errorName(errorCode);
  };
  strictEqual(await ask(5, -1), "OFFSET_NOT_AVAILABLE");
  strictEqual(await ask(4, -1), "LEADER_NOT_AVAILABLE");
  strictEqual(await ask(5, -2), 0);
  brokers.heal();
  await brokers.until("3 has fetched", () => brokers.replica(2, TOPIC).highWatermark === 2);
  strictEqual(await ask(5, -1), 2);
  await brokers.close();
});

Deno.test("Records are deleted when every replica that lives has deleted them", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one", "two", "three"), "NONE");
  brokers.crash(3);
  const { topics } = await brokers.settle(
    brokers.member(1).ask([DeleteRecordsRequest, DeleteRecordsResponse], 2, {
      timeoutMs: 5000,
      topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: 2 }] }],
    }),
  );
  const [{ errorCode, lowWatermark }] = topics[0].partitions;
  deepStrictEqual([errorCode, lowWatermark], [0, 2]);
  deepStrictEqual(brokers.values(2, TOPIC), ["three"]);
  await brokers.settle(brokers.startMember(3));
  await brokers.untilInSync(TOPIC);
  await brokers.until("3 knows", () => brokers.replica(3, TOPIC).logStartOffset === 2);
  await brokers.close();
});

for (const isAway of [false, true]) {
  const when = isAway ? "while it was away" : "before";
  Deno.test(`A follower goes on behind another leader when all was deleted ${when}`, async () => {
    const brokers = await three();
    strictEqual(await produce(brokers, 1, "one", "two", "three"), "NONE");
    if (isAway) brokers.crash(3);
    await brokers.settle(
      brokers.member(1).ask([DeleteRecordsRequest, DeleteRecordsResponse], 2, {
        timeoutMs: 5000,
        topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, offset: -1 }] }],
      }),
    );
    brokers.crash(1);
    strictEqual(leaderOf(brokers), 2);
    strictEqual(await produce(brokers, 2, "four"), "NONE");
    for (const id of isAway ? [3, 1] : [1]) await brokers.settle(brokers.startMember(id));
    await brokers.untilInSync(TOPIC);
    for (const id of brokers.ids) {
      strictEqual(brokers.replica(id, TOPIC).logStartOffset, 3);
      deepStrictEqual(brokers.values(id, TOPIC), ["four"]);
    }
    await brokers.close();
  });
}

Deno.test("A partition that fails does not hold up the others of its leader", async () => {
  const brokers = await three({ paths: ["/one", "/two"] });
  brokers.createTopic("bad");
  await brokers.pass(100);
  const { disk, directories } = brokers.member(3);
  const lost = directories.directoryOf({ topic: "bad", partition: 0 })!.path;
  const other = directories.directoryOf({ topic: TOPIC, partition: 0 })!.path;
  ok(lost !== other);
  disk.onOperation = (operation, path) =>
    operation === "write" && path.startsWith(lost) ? "broken" : undefined;
  void brokers.produce(1, "bad", ["x"], { acks: 1 });
  await brokers.pass(100);
  ok(brokers.replica(3, "bad").offline !== undefined);
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  await brokers.close();
});

Deno.test("A replica that is added by a reassignment is filled, and one that is removed is gone", async () => {
  const brokers = await Brokers.start({ count: 4, settings: QUICK });
  brokers.createTopic(TOPIC, { replicas: [1, 2, 3] });
  strictEqual(await produce(brokers, 1, "one", "two"), "NONE");
  const { controller } = brokers.cluster;
  brokers.cluster.commit(controller.alterPartitionReassignments({
    timeoutMs: 1000,
    allowReplicationFactorChange: true,
    topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, replicas: [2, 3, 4] }] }],
  }));
  await brokers.until(
    "the reassignment is done",
    () => brokers.partition(TOPIC).replicas.join() === "2,3,4",
  );
  await brokers.pass(100);
  deepStrictEqual(brokers.values(4, TOPIC), ["one", "two"]);
  strictEqual(brokers.member(1).replicas.get(TOPIC, 0), undefined);
  strictEqual(await produce(brokers, leaderOf(brokers), "three"), "NONE");
  await brokers.close();
});

Deno.test("A broker that was away while a topic was deleted comes back, and keeps what it had aside", async () => {
  const brokers = await three();
  strictEqual(await produce(brokers, 1, "one"), "NONE");
  brokers.crash(3);
  const topicId = brokers.image.topicIdOf(TOPIC)!;
  brokers.cluster.append([metadataRecord("RemoveTopicRecord", 0, { topicId })]);
  await brokers.settle(brokers.startMember(3));
  const { lines, disk } = brokers.member(3);
  ok(lines.some(({ event }) => event === "partition of an unknown topic set aside"));
  ok(disk.list("/data").some(({ name }) => name.endsWith("-stray")));
  await brokers.close();
});

Deno.test("Who waits for a leader that leads on in another epoch is answered by it", async () => {
  const brokers = await three();
  brokers.cut(1, 2);
  brokers.cut(1, 3);
  const answer = brokers.produce(1, TOPIC, ["one"]);
  await brokers.pass(20);
  const topicId = brokers.image.topicIdOf(TOPIC)!;
  brokers.cluster.append([
    metadataRecord("PartitionChangeRecord", 2, { topicId, partitionId: 0, leader: 1 }),
  ]);
  strictEqual(brokers.replica(1, TOPIC).leaderEpoch, 1);
  brokers.heal();
  strictEqual((await brokers.settle(answer)).error, "NONE");
  await allHave(brokers, ["one"]);
  await brokers.close();
});
