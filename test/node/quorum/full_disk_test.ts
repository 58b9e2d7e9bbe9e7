/**
 * A quorum of three, one of them without room on its disk and without a reserve: it takes part in
 * nothing that it can't write down, does not end, and is a member like the others when it has room.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { levelRecords } from "../../../src/controller/mod.ts";
import { metadataRecord as record } from "../../../src/metadata/mod.ts";
import { KafkaError, type MetadataRecord } from "../../../src/protocol/mod.ts";
import { type Member, Quorum } from "./kit.ts";

const VOTERS = "1@127.0.0.1:9001,2@127.0.0.1:9002,3@127.0.0.1:9003";
const STATE = "/data/__cluster_metadata-0/quorum-state";

const setting = (name: string): MetadataRecord =>
  record("ConfigRecord", 0, { resourceType: 4, resourceName: "", name, value: "1" });

async function withThree(run: (quorum: Quorum) => Promise<void>): Promise<void> {
  const settings = { "controller.quorum.voters": VOTERS, "log.dir.reserve.bytes": "0" };
  const quorum = new Quorum(11, [1, 2, 3], settings);
  try {
    await quorum.start();
    await write(quorum, levelRecords());
    await run(quorum);
    for (const { failure } of quorum.members) strictEqual(failure, undefined);
  } finally {
    await quorum.close();
  }
}

async function write(quorum: Quorum, records: MetadataRecord[]): Promise<void> {
  const leader = await quorum.elected();
  let isDone = false;
  void leader.metadata.append(records).then(() => isDone = true);
  await quorum.until("a commit", () => isDone);
}

const haveAll = (quorum: Quorum, name: string) => () =>
  quorum.members.every(({ metadata }) => metadata.image.configsOf({ type: 4, name: "" }).has(name));

const savedBy = ({ disk }: Member) => {
  const { leaderEpoch, votedId, leaderId } = JSON.parse(
    new TextDecoder().decode(disk.readFile(STATE)),
  );
  return { leaderEpoch, votedId, leaderId };
};

const pause = (quorum: Quorum, ms: number) => {
  const until = quorum.clock.monotonic() + ms;
  return quorum.until("it is later", () => quorum.clock.monotonic() >= until);
};

Deno.test("Who has no room for a vote gives none, and lives to give it", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    const [full, other] = quorum.members.filter((member) => member !== leader);
    await quorum.until("all to follow", () => full.metadata.endOffset === other.metadata.endOffset);
    const before = savedBy(full);
    full.disk.isFull = () => true;
    leader.kill();
    await pause(quorum, 4000);
    strictEqual(quorum.leader, undefined, "one vote is no majority of three");
    deepStrictEqual(savedBy(full), before);
    strictEqual(full.failure, undefined);

    full.disk.isFull = undefined;
    await quorum.until("a leader", () => quorum.leader !== undefined, 10_000);
    await leader.start();
    await write(quorum, [setting("after")]);
    await quorum.until("all to follow", haveAll(quorum, "after"));
  }));

Deno.test("A vote that finds no room is refused, not kept waiting, and counts for nothing", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    const [full] = quorum.members.filter((member) => member !== leader);
    const { epoch } = full.metadata;
    full.disk.isFull = (path) => path.includes("quorum-state");
    const lastOffset = full.metadata.endOffset;
    let refusal: unknown;
    const partition = {
      partitionIndex: 0,
      replicaEpoch: epoch + 5,
      replicaId: leader.id,
      replicaDirectoryId: leader.directory.directoryId,
      voterDirectoryId: full.directory.directoryId,
      lastOffsetEpoch: epoch,
      lastOffset,
      preVote: false,
    };
    full.wire.vote({
      clusterId: null,
      voterId: full.id,
      topics: [{ topicName: "__cluster_metadata", partitions: [partition] }],
    }).catch((error) => refusal = error);
    await quorum.until("a refusal", () => refusal !== undefined, 100);
    ok(refusal instanceof KafkaError && refusal.error === "BROKER_NOT_AVAILABLE", `${refusal}`);
    strictEqual(full.metadata.epoch, epoch, "an epoch that is not written down has not begun");
    full.disk.isFull = undefined;
    await quorum.until("it to follow", () => full.metadata.leaderId === leader.id);
  }));

Deno.test("A leader with a full disk lets another lead, and leads again only when it has room", () =>
  withThree(async (quorum) => {
    const full = await quorum.elected();
    full.disk.isFull = () => true;
    throws(() => full.metadata.append([setting("first")]), { error: "NOT_CONTROLLER" });
    const before = quorum.clock.monotonic();
    await quorum.until("another leader", () => quorum.leader !== undefined);
    const took = quorum.clock.monotonic() - before;
    ok(took <= 200, `${took} ms`);
    await write(quorum, [setting("second")]);

    // With one of the others gone, too, only this one could vote for the third, or stand.
    const next = quorum.leader!;
    next.kill();
    await pause(quorum, 4000);
    strictEqual(quorum.leader, undefined);
    const { epoch } = quorum.members.find((member) => member !== full && member !== next)!.metadata;
    await pause(quorum, 4000);
    const third = quorum.members.find((member) => member !== full && member !== next)!;
    strictEqual(third.metadata.epoch, epoch, "who would not be elected does not stand");

    full.disk.isFull = undefined;
    await quorum.until("a leader", () => quorum.leader !== undefined, 10_000);
    await next.start();
    await write(quorum, [setting("third")]);
    await quorum.until("all to follow", haveAll(quorum, "third"));
    const names = [...full.metadata.image.configsOf({ type: 4, name: "" }).keys()];
    deepStrictEqual(names, ["second", "third"], "what was refused is nowhere");
  }));

Deno.test("Who is elected and has no room to open its epoch lets another lead", () =>
  withThree(async (quorum) => {
    const leader = await quorum.elected();
    const [full] = quorum.members.filter((member) => member !== leader);
    const { metadata } = leader;
    const ends = () => [...metadata.replicas.values()].map(({ endOffset }) => endOffset);
    await quorum.until(
      "both to have all",
      () => ends().length === 2 && ends().every((end) => end === metadata.endOffset),
    );
    full.disk.isFull = (path) => path.endsWith(".log");
    metadata.resign(); // and names the full one first
    await quorum.until("another leader", () => quorum.leader !== undefined);
    ok(quorum.leader !== full);
    ok(full.lines.some((line) => line.includes('"state":"Leader"')), "it was not elected");
    full.disk.isFull = undefined;
    await write(quorum, [setting("after")]);
    await quorum.until("all to follow", haveAll(quorum, "after"));
  }));

Deno.test("An idle leader whose disk fills up hands over with the next record that only says it is there", () =>
  withThree(async (quorum) => {
    const full = await quorum.elected();
    await quorum.until(
      "all to follow",
      () => quorum.members.every(({ metadata }) => metadata.leaderId === full.id),
    );
    full.disk.isFull = () => true;
    // The first record that does nothing finds no room; then another writes it.
    await quorum.until(
      "another leader",
      () => quorum.leader !== undefined && quorum.leader !== full,
      3000,
    );
    strictEqual(full.metadata.isLeader, false);
    full.disk.isFull = undefined;
    await write(quorum, [setting("after")]);
    await quorum.until("all to follow", haveAll(quorum, "after"));
  }));
