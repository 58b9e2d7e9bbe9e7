import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { METADATA_TOPIC, METADATA_TOPIC_ID, ZERO_UUID } from "../../../src/base/mod.ts";
import { ByteReader, ByteWriter } from "../../../src/bytes/mod.ts";
import {
  type Asked,
  beginMessage,
  endMessage,
  epochAnswer,
  fetchAnswer,
  fetchMessage,
  snapshotAnswerOf,
  snapshotMessage,
  voteAnswer,
  voteMessage,
} from "../../../src/node/quorum/answers.ts";
import { isRequest, requestOf, type Sender } from "../../../src/node/quorum/requests.ts";
import {
  decodeMessage,
  encodeMessage,
  type ErrorName,
  type KafkaError,
  type Message,
} from "../../../src/protocol/mod.ts";
import type { RaftMessage } from "../../../src/raft/mod.ts";

const OURS = "Ourssssssssssssssssssw";
const THEIRS = "Theirsssssssssssssssss".slice(0, 21) + "w";
const CLUSTER = "the-cluster";

const SENDER: Sender = {
  clusterId: CLUSTER,
  directoryId: OURS,
  endpoints: [{ name: "CONTROLLER", host: "here", port: 9093 }],
  directoryOf: (id) => id === 2 ? THEIRS : undefined,
  fetchMaxBytes: 1000,
  snapshotMaxBytes: 2000,
};
/** Node 2, who is asked by node 1. */
const ASKED: Asked = { nodeId: 2, directoryId: THEIRS, clusterId: CLUSTER };
const NODES = [{ nodeId: 3, host: "there", port: 9094 }];
const LEADER = { leaderId: 3, epoch: 6, nodes: NODES, logStartOffset: 4 };

/** Over the wire and back, as another process sees it. */
function sent<T>(message: Message, body: T, version: number): any {
  const writer = new ByteWriter();
  encodeMessage(message, body as never, version, writer);
  return decodeMessage(message, new ByteReader(writer.finish()), version);
}

const named = (partition: object) => [{ topicName: METADATA_TOPIC, partitions: [partition] }];

interface Case {
  readonly message: RaftMessage;
  readonly version: number;
  /** What goes on the wire, in the fields that matter. */
  readonly body: object;
  readonly receive: (request: any, asked: Asked) => object;
  /** What the core there makes of it, besides the message itself. */
  readonly with?: object;
}

const END = { epoch: 4, endOffset: 70 };
const CASES: Case[] = [
  {
    message: {
      type: "VoteRequest",
      from: 1,
      to: 2,
      epoch: 5,
      preVote: true,
      logEnd: END,
    },
    version: 2,
    body: {
      clusterId: CLUSTER,
      voterId: 2,
      topics: named({
        partitionIndex: 0,
        replicaEpoch: 5,
        replicaId: 1,
        replicaDirectoryId: OURS,
        voterDirectoryId: THEIRS,
        lastOffsetEpoch: 4,
        lastOffset: 70,
        preVote: true,
      }),
    },
    receive: voteMessage,
    with: { directoryId: OURS },
  },
  {
    message: { type: "BeginQuorumEpochRequest", from: 1, to: 2, epoch: 5 },
    version: 1,
    body: {
      clusterId: CLUSTER,
      voterId: 2,
      topics: named({ partitionIndex: 0, voterDirectoryId: THEIRS, leaderId: 1, leaderEpoch: 5 }),
      leaderEndpoints: [{ name: "CONTROLLER", host: "here", port: 9093 }],
    },
    receive: beginMessage,
  },
  {
    message: {
      type: "EndQuorumEpochRequest",
      from: 1,
      to: 2,
      epoch: 5,
      preferredSuccessors: [2, 3],
    },
    version: 1,
    body: {
      clusterId: CLUSTER,
      topics: named({
        partitionIndex: 0,
        leaderId: 1,
        leaderEpoch: 5,
        preferredCandidates: [
          { candidateId: 2, candidateDirectoryId: THEIRS },
          { candidateId: 3, candidateDirectoryId: ZERO_UUID },
        ],
      }),
      leaderEndpoints: [{ name: "CONTROLLER", host: "here", port: 9093 }],
    },
    receive: endMessage,
  },
  {
    message: {
      type: "FetchRequest",
      from: 1,
      to: 2,
      epoch: 5,
      fetchOffset: 70,
      lastFetchedEpoch: 4,
      highWatermark: 69,
    },
    version: 18,
    body: {
      clusterId: CLUSTER,
      replicaState: { replicaId: 1, replicaEpoch: -1 },
      maxWaitMs: 500,
      minBytes: 0,
      maxBytes: 1000,
      topics: [{
        topicId: METADATA_TOPIC_ID,
        partitions: [{
          partition: 0,
          currentLeaderEpoch: 5,
          fetchOffset: 70,
          lastFetchedEpoch: 4,
          replicaDirectoryId: OURS,
          highWatermark: 69,
        }],
      }],
    },
    receive: (request, asked) => fetchMessage(request, 18, asked),
    with: { directoryId: OURS },
  },
  {
    message: {
      type: "FetchSnapshotRequest",
      from: 1,
      to: 2,
      epoch: 5,
      snapshot: END,
      position: 2000,
    },
    version: 1,
    body: {
      clusterId: CLUSTER,
      replicaId: 1,
      maxBytes: 2000,
      topics: [{
        name: METADATA_TOPIC,
        partitions: [{
          partition: 0,
          currentLeaderEpoch: 5,
          snapshotId: END,
          position: 2000,
          replicaDirectoryId: OURS,
        }],
      }],
    },
    receive: snapshotMessage,
    with: { directoryId: OURS },
  },
];

/** What of `actual` is named in `expected`, however deep. */
function part(actual: any, expected: any): any {
  if (Array.isArray(expected)) return actual.map((each: any, i: number) => part(each, expected[i]));
  if (typeof expected !== "object" || expected === null) return actual;
  return Object.fromEntries(
    Object.keys(expected).map((key) => [key, part(actual[key], expected[key])]),
  );
}

for (const { message, version, body, receive, with: more } of CASES) {
  Deno.test(`${message.type} goes on the wire as Kafka has it, and arrives as it was said`, () => {
    if (!isRequest(message)) throw new Error("no request");
    const { request, body: made } = requestOf(message, SENDER);
    const arrived = sent(request, made, version);
    deepStrictEqual(part(arrived, body), body);
    deepStrictEqual(receive(arrived, ASKED), { ...message, ...more });
  });

  Deno.test(`${message.type} of another cluster, or about something else, goes no further`, () => {
    if (!isRequest(message)) throw new Error("no request");
    const { request, body: made } = requestOf(message, SENDER);
    const arrived = sent(request, made, version);
    const isError = (name: ErrorName) => (error: KafkaError) => error.error === name;
    const foreign = { ...arrived, clusterId: "another" };
    throws(() => receive(foreign, ASKED), isError("INCONSISTENT_CLUSTER_ID"));
    throws(() => receive({ ...arrived, topics: [] }, ASKED), isError("INVALID_REQUEST"));
    const twice = { ...arrived, topics: [...arrived.topics, ...arrived.topics] };
    throws(() => receive(twice, ASKED), isError("INVALID_REQUEST"));
    const [topic] = arrived.topics;
    const partitions = [{ ...topic.partitions[0], partition: 1, partitionIndex: 1 }];
    const other = { ...arrived, topics: [{ ...topic, partitions }] };
    throws(() => receive(other, ASKED), isError("UNKNOWN_TOPIC_OR_PARTITION"));
    receive({ ...foreign, clusterId: null }, ASKED); // who does not know its cluster yet
    receive(foreign, { ...ASKED, clusterId: undefined });
  });
}

Deno.test("A request for another node, or another disk of this one, is told so", () => {
  const isKey = (error: KafkaError) => error.error === "INVALID_VOTER_KEY";
  for (const { message, version, receive } of CASES.slice(0, 2)) {
    if (!isRequest(message)) throw new Error("no request");
    const { request, body } = requestOf(message, SENDER);
    const arrived = sent(request, body, version);
    throws(() => receive(arrived, { ...ASKED, nodeId: 4 }), isKey);
    throws(() => receive(arrived, { ...ASKED, directoryId: OURS }), isKey);
  }
});

type Of<T extends RaftMessage["type"]> = Extract<RaftMessage, { type: T }>;
const HEAD = { from: 2, to: 1, epoch: 6, leaderId: 3 };

/** The answer of node 2 as node 1 hears it. */
function heard(asking: RaftMessage, answer: object, version: number) {
  if (!isRequest(asking)) throw new Error("no request");
  const { response, read } = requestOf(asking, SENDER);
  return read(sent(response, answer, version));
}

Deno.test("A vote comes back, and of an epoch that is over the one that is", () => {
  const asking = CASES[0].message as Of<"VoteRequest">;
  const answer: Of<"VoteResponse"> = {
    type: "VoteResponse",
    ...HEAD,
    preVote: true,
    granted: false,
  };
  const reply = heard(asking, voteAnswer(asking, answer, LEADER), 2);
  deepStrictEqual(reply, { message: answer, error: "FENCED_LEADER_EPOCH", nodes: NODES });
  const granted: Of<"VoteResponse"> = { ...answer, epoch: 5, leaderId: undefined, granted: true };
  const yes = heard(asking, voteAnswer(asking, granted, { ...LEADER, nodes: [] }), 2);
  deepStrictEqual(yes, { message: granted, error: "NONE", nodes: [] });
});

Deno.test("Who leads comes back, whatever epoch began or ended", () => {
  const began = heard(CASES[1].message, epochAnswer(CASES[1].message, LEADER), 1);
  deepStrictEqual(began.message, { type: "BeginQuorumEpochResponse", ...HEAD });
  const ended = heard(CASES[2].message, epochAnswer({ epoch: 6 }, LEADER), 1);
  deepStrictEqual(ended, { message: undefined, error: "NONE", nodes: NODES });
});

const ASKED_END = { epoch: 4, endOffset: 70 };
const FETCHED: [what: string, more: Partial<Of<"FetchResponse">>, error: string][] = [
  ["records", { records: Uint8Array.of(1, 2, 3) }, "NONE"],
  ["nothing new", {}, "NONE"],
  ["where the log diverges", { diverging: { epoch: 3, endOffset: 50 } }, "NONE"],
  ["a snapshot's name", { snapshot: { epoch: 3, endOffset: 60 } }, "NONE"],
  ["that another leads", { error: "NOT_LEADER" }, "NOT_LEADER_OR_FOLLOWER"],
  ["a newer epoch", { error: "FENCED_LEADER_EPOCH" }, "FENCED_LEADER_EPOCH"],
  ["an older epoch", { error: "UNKNOWN_LEADER_EPOCH" }, "UNKNOWN_LEADER_EPOCH"],
];
for (const [what, more, error] of FETCHED) {
  Deno.test(`A fetch brings ${what}`, () => {
    const answer: Of<"FetchResponse"> = {
      type: "FetchResponse",
      ...HEAD,
      error: "NONE",
      highWatermark: 69,
      asked: ASKED_END,
      ...more,
    };
    const reply = heard(CASES[3].message, fetchAnswer(answer, LEADER, 18), 18);
    deepStrictEqual(reply.message, answer);
    strictEqual(reply.error, error);
    strictEqual(reply.nodes[0].host, "there");
  });
}

Deno.test("A snapshot comes in pieces, or it is told why not", () => {
  const asking = CASES[4].message as Of<"FetchSnapshotRequest">;
  const { snapshot, position } = asking;
  const base = { type: "FetchSnapshotResponse", ...HEAD, snapshot, position } as const;
  const answers: Of<"FetchSnapshotResponse">[] = [
    { ...base, error: "NONE", sizeInBytes: 2003, bytes: Uint8Array.of(7, 8, 9) },
    { ...base, error: "SNAPSHOT_NOT_FOUND", sizeInBytes: 0, bytes: new Uint8Array(0) },
    { ...base, error: "NOT_LEADER", sizeInBytes: 0, bytes: new Uint8Array(0) },
  ];
  for (const answer of answers) {
    deepStrictEqual(heard(asking, snapshotAnswerOf(answer, LEADER, 1), 1).message, answer);
  }
});

Deno.test("An answer that refuses as a whole tells the core nothing", () => {
  for (const { message, version } of CASES) {
    deepStrictEqual(heard(message, { errorCode: 104 }, version), {
      message: undefined,
      error: "INCONSISTENT_CLUSTER_ID",
      nodes: [],
    });
  }
});
