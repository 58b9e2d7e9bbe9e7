import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { levelRecords } from "../../../src/controller/mod.ts";
import { metadataRecord as record } from "../../../src/metadata/mod.ts";
import type { KafkaError, MetadataRecord } from "../../../src/protocol/mod.ts";
import { type Member, Quorum } from "./kit.ts";

const setting = (name: string, value: string): MetadataRecord =>
  record("ConfigRecord", 0, { resourceType: 4, resourceName: "", name, value });
const settingsOf = ({ metadata: { image } }: Member) =>
  Object.fromEntries(image.configsOf({ type: 4, name: "" }));
const logOf = ({ disk }: Member) =>
  disk.readFile("/data/__cluster_metadata-0/00000000000000000000.log");

/** A quorum of three with a leader, and then it ends. */
async function withThree(run: (quorum: Quorum) => Promise<void>, settings = {}): Promise<void> {
  const quorum = new Quorum(7, [1, 2, 3], {
    "controller.quorum.voters": "1@127.0.0.1:9001,2@127.0.0.1:9002,3@127.0.0.1:9003",
    ...settings,
  });
  try {
    await quorum.start();
    await run(quorum);
  } finally {
    await quorum.close();
  }
}

async function append(quorum: Quorum, records: MetadataRecord[]): Promise<void> {
  const leader = await quorum.elected();
  let isDone = false;
  const committed = leader.metadata.append(records).then(() => isDone = true);
  await quorum.until("a commit", () => isDone);
  await committed;
}

const haveAll = (members: readonly Member[], name: string) => () =>
  members.every((member) => member.metadata.image.configsOf({ type: 4, name: "" }).has(name));

Deno.test("Three nodes elect one of them, and all have what it commits", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    await append(quorum, [...levelRecords(), setting("log.cleaner.threads", "2")]);
    await quorum.until("all to follow", haveAll(quorum.members, "log.cleaner.threads"));
    for (const { metadata } of quorum.members) {
      strictEqual(metadata.leaderId, leader.id);
      deepStrictEqual(metadata.image.parts, leader.metadata.image.parts);
    }
    const [first, ...others] = quorum.members.map(logOf);
    for (const other of others) deepStrictEqual(other, first, "logs are the same, byte by byte");
  }));

Deno.test("A leader whose process ends is followed by another within 600 ms", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    await append(quorum, [...levelRecords(), setting("before", "1")]);
    const others = quorum.members.filter((member) => member !== leader);
    await quorum.until("all to follow", haveAll(others, "before"));
    const before = quorum.clock.monotonic();
    leader.kill();
    await quorum.until("another leader", () => quorum.leader !== undefined);
    const took = quorum.clock.monotonic() - before;
    ok(took <= 600, `${took} ms`);
    await append(quorum, [setting("after", "1")]);
    await leader.start();
    await quorum.until("it to follow", haveAll(quorum.members, "after"));
  }));

Deno.test("A vote that a new node has given is still there after a power cut", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const quorum = new Quorum(seed, [1, 2, 3]);
    const voter = quorum.member(1);
    await voter.start();
    const logEnd = { epoch: 0, endOffset: 0 };
    const request = { from: 2, to: 1, epoch: 1, preVote: false, logEnd } as const;
    voter.metadata.receive({ type: "VoteRequest", ...request });
    voter.disk.powerCut();
    const saved = voter.disk.readFile("/data/__cluster_metadata-0/quorum-state");
    const { leaderEpoch, votedId } = JSON.parse(new TextDecoder().decode(saved));
    deepStrictEqual([leaderEpoch, votedId], [1, 2]);
    voter.kill();
  }
});

Deno.test("What a leader appended and could not commit is cut off, and whoever waits is told", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    await append(quorum, levelRecords());
    const others = quorum.members.filter((member) => member !== leader);
    for (const other of others) other.kill();
    const lost = leader.metadata.append([setting("lost", "1")]);
    const told = rejects(lost, (error: KafkaError) => error.error === "NOT_CONTROLLER");
    await quorum.until("it to notice", () => !leader.metadata.isLeader);
    await told;
    await rejects(async () => await leader.metadata.append([setting("more", "1")]));
    leader.kill();
    for (const other of others) await other.start();
    await append(quorum, [setting("other", "1")]);
    await leader.start();
    await quorum.until("it to follow", haveAll(quorum.members, "other"));
    deepStrictEqual(settingsOf(leader), { other: "1" });
    ok(leader.lines.some((line) => line.includes("metadata log cut")), leader.lines.join("\n"));
    deepStrictEqual(logOf(leader), logOf(quorum.leader!));
  }));

Deno.test("Who comes late, when the log begins behind it, takes the leader's snapshot over", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    await append(quorum, [...levelRecords(), setting("first", "1"), setting("second", "1")]);
    const late = quorum.members.find((member) => member !== leader)!;
    await quorum.until("all to follow", haveAll(quorum.members, "first"));
    late.kill();
    const many = Array.from({ length: 300 }, (_, i) => setting(`n${i}`, "x".repeat(90)));
    await append(quorum, [
      ...many,
      record("ConfigRecord", 0, {
        resourceType: 4,
        resourceName: "",
        name: "first",
        value: null,
      }),
    ]);
    for (const each of quorum.members) if (each !== late) each.metadata.onCommitted(() => {});
    quorum.leader!.metadata.writeSnapshot();
    await append(quorum, [setting("third", "1")]);
    quorum.leader!.metadata.writeSnapshot();
    await append(quorum, [setting("fourth", "1")]);
    ok(quorum.leader!.metadata.logStartOffset > 0, "the log is cut from the front");

    await late.start();
    const heard: (string | undefined)[] = [];
    late.metadata.onCommitted((image, { configs }) => {
      if (configs.length > 0) heard.push(image.configsOf(configs[0]).get("third"));
    });
    await quorum.until("it to follow", haveAll([late], "fourth"));
    deepStrictEqual(late.metadata.image.parts, quorum.leader!.metadata.image.parts);
    strictEqual(settingsOf(late).first, undefined);
    ok(late.lines.some((line) => line.includes("metadata snapshot fetched")));
    strictEqual(heard.length, 2, "once for all that is in the snapshot, and for what came after");
    strictEqual(heard[0], "1");
    late.kill();
    await late.start();
    await quorum.until("it to be back", haveAll([late], "fourth"));
  }, {
    "metadata.max.retention.bytes": "1",
    "controller.quorum.fetch.snapshot.max.bytes": "1000",
  }));

Deno.test("A leader that stops resigns, and another leads at once", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    await append(quorum, levelRecords());
    const before = quorum.clock.monotonic();
    const stopped = leader.stop();
    await quorum.until(
      "another leader",
      () => quorum.leader !== undefined && quorum.leader !== leader,
    );
    ok(quorum.clock.monotonic() - before <= 100, `${quorum.clock.monotonic() - before} ms`);
    await quorum.until("it to have stopped", () => !leader.isUp);
    await stopped;
  }));

Deno.test("An idle leader with followers writes a record now and then", () =>
  withThree(async (quorum) => {
    await append(quorum, levelRecords());
    const { endOffset } = quorum.leader!.metadata;
    await quorum.until(
      "three of them",
      () => quorum.leader!.metadata.endOffset >= endOffset + 3,
      2000,
    );
    await quorum.until(
      "all to follow",
      () => quorum.members.every(({ metadata }) => metadata.image.offset >= endOffset + 2),
    );
  }));

Deno.test("A node that is no voter follows as well, and knows when it has caught up", async () => {
  const quorum = new Quorum(9, [1, 2, 3]);
  const settings = { ...quorum.settings };
  try {
    await quorum.start();
    await append(quorum, [...levelRecords(), setting("some", "1")]);
    const observer = quorum.add(4, {
      settings: { ...settings, "process.roles": "broker", listeners: "PLAINTEXT://127.0.0.1:9092" },
    });
    await observer.start();
    let isCaughtUp = false;
    void observer.metadata.whenCaughtUp().then(() => isCaughtUp = true);
    await quorum.until("it to be caught up", () => isCaughtUp);
    strictEqual(settingsOf(observer).some, "1");
    strictEqual(observer.metadata.leaderId, quorum.leader!.id);
    ok(quorum.leader!.metadata.replicas.has(4));
  } finally {
    await quorum.close();
  }
});

Deno.test("A leader that has committed nothing in its own epoch may not know what was before", async () => {
  const quorum = new Quorum(9, [1]);
  try {
    await quorum.start();
    await append(quorum, [...levelRecords(), setting("some", "1")]);
    const observer = quorum.add(4, {
      settings: {
        ...quorum.settings,
        "process.roles": "broker",
        listeners: "PLAINTEXT://127.0.0.1:9092",
        "metadata.log.max.record.bytes.between.snapshots": "1",
      },
    });
    await observer.start();
    observer.metadata.onCommitted(() => {});
    await append(quorum, [setting("last", "1")]);
    await quorum.until("it to follow", haveAll([observer], "last"));
    const { leaderId } = observer.metadata;
    observer.kill();
    quorum.member(1).kill();
    for (const [ahead, hasAll] of [[1, false], [0, true]] as const) {
      await observer.start();
      const { metadata } = observer;
      const epoch = metadata.image.epoch + ahead;
      const envelope = { from: leaderId!, to: 4, epoch, leaderId };
      if (ahead > 0) metadata.receive({ type: "BeginQuorumEpochRequest", ...envelope });
      const asked = { epoch: metadata.image.epoch, endOffset: metadata.endOffset };
      const highWatermark = metadata.image.offset + 1;
      ok(highWatermark > 0, "it has begun with a snapshot");
      metadata.receive({ type: "FetchResponse", ...envelope, error: "NONE", highWatermark, asked });
      strictEqual(metadata.hasCaughtUp, hasAll, `told in epoch ${epoch}`);
      observer.kill();
      observer.disk.remove("/data/__cluster_metadata-0/quorum-state");
    }
  } finally {
    await quorum.close();
  }
});

Deno.test("A broker that comes back remembers who led and not where, and asks where it may at once", async () => {
  const quorum = new Quorum(11, [1]);
  try {
    await quorum.start();
    await append(quorum, [...levelRecords(), setting("some", "1")]);
    const broker = quorum.add(2, {
      settings: {
        "process.roles": "broker",
        listeners: "PLAINTEXT://127.0.0.1:9092",
        "controller.quorum.voters": "",
        "controller.quorum.bootstrap.servers": "127.0.0.1:9001",
      },
    });
    const started = async () => {
      const before = quorum.clock.monotonic();
      await broker.start();
      let isCaughtUp = false;
      void broker.metadata.whenCaughtUp().then(() => isCaughtUp = true);
      await quorum.until("it to be caught up", () => isCaughtUp);
      return quorum.clock.monotonic() - before;
    };
    await started();
    broker.kill();
    const tookMs = await started();
    ok(tookMs < 1000, `${tookMs} ms: it waited for a leader that it cannot reach`);
  } finally {
    await quorum.close();
  }
});

Deno.test("A node with another cluster's data is refused and ends, and the others go on", async () => {
  const quorum = new Quorum(17, [1, 2]);
  const settings = {
    "controller.quorum.voters": "1@127.0.0.1:9001,2@127.0.0.1:9002,3@127.0.0.1:9003",
  };
  try {
    for (const member of quorum.members) Object.assign(member.options, { settings });
    const stranger = quorum.add(3, { settings, clusterId: "another" });
    await quorum.start();
    await quorum.until("it to give up", () => stranger.failure !== undefined);
    ok(`${stranger.failure}`.includes("data is of cluster another"), `${stranger.failure}`);
    stranger.kill();
    await append(quorum, [...levelRecords(), setting("some", "1")]);
    for (const { failure } of quorum.members.slice(0, 2)) strictEqual(failure, undefined);
  } finally {
    await quorum.close();
  }
});

Deno.test("A topic that only the log of a node knew is deleted, when a snapshot takes that log's place", () =>
  withThree(async (quorum) => {
    await append(quorum, levelRecords());
    const topicId = "OrdersOrdersOrdersOrdA";
    await append(quorum, [record("TopicRecord", 0, { name: "orders", topicId })]);
    const late = quorum.members.find((member) => member !== quorum.leader)!;
    const hasIt = ({ metadata }: Member) => metadata.image.topics.has(topicId as never);
    await quorum.until("all to follow", () => quorum.members.every(hasIt));
    late.kill();
    await append(quorum, [record("RemoveTopicRecord", 0, { topicId })]);
    for (const each of quorum.members) if (each !== late) each.metadata.onCommitted(() => {});
    for (const name of ["one", "two"]) {
      quorum.leader!.metadata.writeSnapshot();
      await append(quorum, [setting(name, "1")]);
    }
    await late.start();
    await quorum.until("it to follow", haveAll([late], "two"));
    ok(late.lines.some((line) => line.includes("metadata snapshot fetched")));
    deepStrictEqual([...late.metadata.deletedTopics], [topicId]);
  }, { "metadata.max.retention.bytes": "1" }));
