import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { metadataRecord } from "../../../src/metadata/mod.ts";
import { levelRecords } from "../../../src/controller/mod.ts";
import { soleVoter } from "../../../src/node/quorum_voters.ts";
import {
  type ErrorName,
  type KafkaError,
  VoteRequest,
  withDefaults,
} from "../../../src/protocol/mod.ts";
import { CLUSTER, type Member, Quorum } from "./kit.ts";

/** A cluster that was begun by node 1 alone, with its voters in the log. */
async function withFirst(run: (quorum: Quorum) => Promise<void>): Promise<void> {
  const quorum = new Quorum(11, [1], {}, {
    firstVoters: ({ id, directory, endpoints }) => soleVoter(id, directory.directoryId, endpoints),
  });
  try {
    await quorum.start();
    await settled(quorum, quorum.member(1).metadata.append(levelRecords()));
    await run(quorum);
  } finally {
    await quorum.close();
  }
}

const JOINING = { "controller.quorum.bootstrap.servers": "127.0.0.1:9001" };

/** Lets time pass until the promise is settled, and gives what it gives. */
async function settled<T>(quorum: Quorum, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const watched = promise.finally(() => isSettled = true);
  watched.catch(() => {});
  await quorum.until("an answer", () => isSettled);
  return await watched;
}

async function joined(quorum: Quorum, id: number, settings = {}): Promise<Member> {
  const member = quorum.add(id, { settings: { ...JOINING, ...settings } });
  await member.start();
  await settled(quorum, member.metadata.whenCaughtUp());
  return member;
}

const voterIds = ({ metadata }: Member) => [...metadata.voterIds].sort();

const adding = ({ id, metadata, endpoints }: Member) => ({
  clusterId: CLUSTER,
  timeoutMs: 5000,
  voterId: id,
  voterDirectoryId: metadata.directoryId,
  listeners: endpoints,
  ackWhenCommitted: true,
});
const removing = ({ id, metadata }: Member) => ({
  clusterId: CLUSTER,
  voterId: id,
  voterDirectoryId: metadata.directoryId,
});
const isError = (name: ErrorName) => (error: KafkaError) => {
  strictEqual(error.error, name);
  return true;
};

Deno.test("A node that joins observes, is added, votes, and goes on when the first is gone", () =>
  withFirst(async (quorum) => {
    const first = quorum.member(1);
    const others = [await joined(quorum, 2), await joined(quorum, 3)];
    deepStrictEqual(voterIds(first), [1]);
    for (const other of others) await settled(quorum, first.membership.add(adding(other)));
    await quorum.until(
      "all to know",
      () => quorum.members.every((each) => voterIds(each).length === 3),
    );
    deepStrictEqual(voterIds(others[1]), [1, 2, 3]);
    first.kill();
    const leader = await quorum.elected();
    ok(leader !== first);
    await settled(quorum, leader.membership.remove(removing(first)));
    await quorum.until("both to know", () => others.every((each) => voterIds(each).length === 2));
    await first.start();
    await quorum.until(
      "it to follow",
      () => first.metadata.leaderId === leader.id && voterIds(first).length === 2,
    );
  }));

Deno.test("Kafka's errors tell why a node is not added or removed", () =>
  withFirst(async (quorum) => {
    const first = quorum.member(1);
    const second = await joined(quorum, 2);
    const { membership } = first;
    const wrong: [object, ErrorName][] = [
      [{ clusterId: "another" }, "INCONSISTENT_CLUSTER_ID"],
      [{ voterDirectoryId: "AAAAAAAAAAAAAAAAAAAAAA" }, "INVALID_REQUEST"],
      [{ listeners: [] }, "INVALID_REQUEST"],
      [{ voterId: 1 }, "DUPLICATE_VOTER"],
      [{ listeners: [{ name: "CONTROLLER", host: "127.0.0.1", port: 9 }] }, "REQUEST_TIMED_OUT"],
      [{ voterId: 7 }, "REQUEST_TIMED_OUT"], // it never fetched
    ];
    for (const [change, error] of wrong) {
      const asked = membership.add({ ...adding(second), ...change });
      await rejects(settled(quorum, asked), isError(error));
    }
    await rejects(second.membership.add(adding(second)), isError("NOT_LEADER_OR_FOLLOWER"));
    await rejects(membership.remove(removing(second)), isError("VOTER_NOT_FOUND"));
    await rejects(membership.remove(removing(first)), isError("VOTER_NOT_FOUND")); // the last one
    const both = [membership.add(adding(second)), membership.add(adding(second))];
    await rejects(both[1], isError("REQUEST_TIMED_OUT")); // one at a time
    await settled(quorum, both[0]);
    await rejects(membership.add(adding(second)), isError("DUPLICATE_VOTER"));
  }));

Deno.test("A leader that is removed answers, and another leads", () =>
  withFirst(async (quorum) => {
    const first = quorum.member(1);
    const second = await joined(quorum, 2);
    await settled(quorum, first.membership.add(adding(second)));
    await settled(quorum, first.membership.remove(removing(first)));
    await quorum.until("the other to lead", () => second.metadata.isLeader);
    deepStrictEqual(voterIds(second), [2]);
    await quorum.until("the first to follow", () => first.metadata.leaderId === 2);
  }));

Deno.test("A controller that may join by itself is a voter once it has caught up", () =>
  withFirst(async (quorum) => {
    const second = await joined(quorum, 2, { "controller.quorum.auto.join.enable": "true" });
    await quorum.until("it to vote", () => voterIds(quorum.member(1)).length === 2);
    await quorum.until("it to know", () => voterIds(second).length === 2);
  }));

Deno.test("Fixed voters are written into the log with their disks, and can change from then on", async () => {
  const quorum = new Quorum(13, [1, 2, 3]);
  try {
    await quorum.start();
    const leader = await quorum.elected();
    const voters = leader.membership.firstVoters();
    ok(typeof voters === "string" && voters.includes("has not registered"), `${voters}`);
    const features = [{ name: "kraft.version", minSupportedVersion: 0, maxSupportedVersion: 1 }];
    const registered = [1, 2, 3].map((controllerId) =>
      metadataRecord("RegisterControllerRecord", 0, { controllerId, features })
    );
    await settled(quorum, leader.metadata.append([...levelRecords(), ...registered]));
    await rejects(
      leader.membership.remove(removing(quorum.members[0])),
      isError("UNSUPPORTED_VERSION"),
    );
    const known = leader.membership.firstVoters();
    ok(typeof known !== "string", `${known}`);
    await settled(quorum, leader.metadata.writeVoters(known));
    const directories = quorum.members.map(({ metadata }) => metadata.directoryId);
    const told = () =>
      quorum.members.map(({ metadata }) =>
        metadata.quorum.voters.map(({ voterDirectoryId }) => voterDirectoryId)
      );
    await quorum.until("all to know", () => told().every(({ length }) => length === 3));
    for (const each of told()) deepStrictEqual(each, directories);
    const other = quorum.members.find((member) => member !== leader)!;
    await settled(quorum, leader.membership.remove(removing(other)));
    leader.kill();
    await leader.start();
    strictEqual(voterIds(leader).length, 2, "from the log, and not from the settings");
  } finally {
    await quorum.close();
  }
});

Deno.test("A voter whose disk was replaced counts for nothing until its new one has taken the place", () =>
  withFirst(async (quorum) => {
    const settings = { "controller.quorum.auto.join.enable": "true" };
    await joined(quorum, 2, settings);
    await quorum.until("two voters", () => voterIds(quorum.member(1)).length === 2);
    const third = await joined(quorum, 3, settings);
    await quorum.until("three voters", () => voterIds(quorum.member(1)).length === 3);
    const before = third.metadata.directoryId;
    third.kill();
    third.disk.remove("/data");
    await third.start();
    const { metadata } = third;
    ok(metadata.directoryId !== before);
    const leader = await quorum.elected();
    await settled(quorum, leader.metadata.append([metadataRecord("NoOpRecord", 0, {})]));
    const { endOffset } = leader.metadata;
    await quorum.until("it to have all", () => metadata.highWatermark >= endOffset);
    ok(leader.metadata.replicas.get(3)!.endOffset! < endOffset, "as the voter it has not");
    const isThere = () =>
      leader.metadata.latestQuorum.voters.some(({ voterDirectoryId }) =>
        voterDirectoryId === metadata.directoryId
      );
    await quorum.until("the new disk to vote", isThere);
    deepStrictEqual(voterIds(leader), [1, 2, 3]);
  }));

Deno.test("A voter that listens elsewhere now tells the leader", () =>
  withFirst(async (quorum) => {
    const settings = { "controller.quorum.auto.join.enable": "true" };
    const second = await joined(quorum, 2, settings);
    await quorum.until("two voters", () => voterIds(second).length === 2);
    second.kill();
    second.move(9102);
    await second.start();
    const known = () =>
      quorum.member(1).metadata.latestQuorum.voters.find(({ voterId }) => voterId === 2)?.endpoints;
    await quorum.until("it to be known there", () => known()?.[0].port === 9102);
  }));

Deno.test("A vote is given to one disk of a node, also over a restart", async () => {
  const [one, other] = ["OneeeeeeeeeeeeeeeeeeeA", "OtherrrrrrrrrrrrrrrrrA"];
  const quorum = new Quorum(19, [1], {}, {
    firstVoters: ({ directory, endpoints }) => {
      const { voters: [voter], kraftVersion } = soleVoter(1, directory.directoryId, endpoints);
      const second = { ...voter, voterId: 2, voterDirectoryId: one };
      return { kraftVersion, voters: [voter, second] };
    },
  });
  const member = quorum.member(1);
  const asked = (replicaDirectoryId: string, replicaEpoch: number) =>
    withDefaults(VoteRequest, {
      topics: [{
        topicName: "__cluster_metadata",
        partitions: [{
          partitionIndex: 0,
          replicaId: 2,
          replicaEpoch,
          replicaDirectoryId,
          lastOffsetEpoch: 0,
          lastOffset: 0,
        }],
      }],
    });
  const granted = async (directory: string, epoch: number) =>
    (await member.wire.vote(asked(directory, epoch))).topics![0].partitions![0].voteGranted;
  try {
    await quorum.start();
    strictEqual(await granted(one, 7), true);
    strictEqual(await granted(one, 7), true, "asked again, the same again");
    await rejects(granted(other, 7), isError("INVALID_VOTER_KEY"));
    member.kill();
    await member.start();
    await rejects(granted(other, 7), isError("INVALID_VOTER_KEY"));
    strictEqual(await granted(other, 8), true, "another epoch is another vote");
  } finally {
    await quorum.close();
  }
});
