/**
 * Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords: what is read, from where, and what is
 * forgotten.
 */
import { batch, MISSING_ID, NOW, type Scenario, type Side, ZERO_ID } from "../side.ts";

type Part = Record<string, number>;

const topicOf = (side: Side, version: number, topic: string, parts: Part[]) => ({
  ...side.named(topic, version, 13, "topic"),
  partitions: parts.map((part) => ({ partitionMaxBytes: 1_000_000, fetchOffset: 0, ...part })),
});

const defaults = { maxWaitMs: 0, minBytes: 0, maxBytes: 10_000_000 };

const fetch = (
  name: string,
  parts: Part[],
  more: { topic?: string; body?: object; since?: number; until?: number } = {},
): Scenario => ({
  api: "Fetch",
  name,
  since: more.since,
  until: more.until,
  async play(side, version) {
    const { topic = "orders", body } = more;
    const topics = [topicOf(side, version, topic, parts)];
    return await side.ask("Fetch", version, { ...defaults, topics, ...body });
  },
});

/** A row of requests that share a session, each as its epoch has it. */
const session = (
  name: string,
  play: (
    ask: (epoch: number, topics?: [string, Part[]][], more?: object) => Promise<any>,
    side: Side,
    topic: string,
  ) => Promise<unknown>,
): Scenario => ({
  api: "Fetch",
  name: `session: ${name}`,
  together: true,
  since: 7,
  topic: { partitions: 2 },
  async play(side, version, unique) {
    let sessionId = 0;
    const ask = async (epoch: number, topics: [string, Part[]][] = [], more: any = {}) => {
      const { forget = [], ...body } = more;
      const answer = await side.ask("Fetch", version, {
        ...defaults,
        sessionId,
        sessionEpoch: epoch,
        topics: topics.map(([topic, parts]) => topicOf(side, version, topic, parts)),
        forgottenTopicsData: forget.map(([topic, partitions]: [string, number[]]) => ({
          ...side.named(topic, version, 13, "topic"),
          partitions,
        })),
        ...body,
      });
      if (answer.sessionId) sessionId = answer.sessionId;
      return answer;
    };
    return await play(ask, side, unique);
  },
});

const both: Part[] = [{ partition: 0 }, { partition: 1 }];

const list = (
  name: string,
  parts: Part[],
  more: { topic?: string; body?: object; since?: number } = {},
): Scenario => ({
  api: "ListOffsets",
  name,
  since: more.since,
  play: (side, version) =>
    side.ask("ListOffsets", version, {
      replicaId: -1,
      topics: [{
        name: more.topic ?? "times",
        partitions: parts.map((part) => ({ partitionIndex: 0, timestamp: -1, ...part })),
      }],
      ...more.body,
    }),
});

const epochs = (name: string, parts: Part[], topic = "orders"): Scenario => ({
  api: "OffsetForLeaderEpoch",
  name,
  play: (side, version) =>
    side.ask("OffsetForLeaderEpoch", version, {
      replicaId: -1,
      topics: [{ topic, partitions: parts.map((part) => ({ partition: 0, ...part })) }],
    }),
});

const forget = (name: string, parts: Part[], topic?: string): Scenario => ({
  api: "DeleteRecords",
  name,
  topic: { partitions: 2 },
  together: true,
  async play(side, version, unique) {
    await side.append(unique, 0, batch(["a", "b"]), batch(["c", "d"]));
    const partitions = parts.map((part) => ({ partitionIndex: 0, ...part }));
    const body = { timeoutMs: 5000, topics: [{ name: topic ?? unique, partitions }] };
    const answer = await side.ask("DeleteRecords", version, body);
    const listed = await side.ask("ListOffsets", 7, {
      replicaId: -1,
      topics: [{ name: unique, partitions: [{ partitionIndex: 0, timestamp: -2 }] }],
    });
    return [answer, listed];
  },
});

export const FETCH: Scenario[] = [
  fetch("from the beginning", [{ partition: 0 }]),
  fetch("from within a batch", [{ partition: 0, fetchOffset: 1 }]),
  fetch("from the second batch", [{ partition: 0, fetchOffset: 3 }]),
  fetch("from the end", [{ partition: 0, fetchOffset: 5 }]),
  fetch("from behind the end", [{ partition: 0, fetchOffset: 6 }]),
  fetch("from below zero", [{ partition: 0, fetchOffset: -1 }]),
  fetch("from before the beginning", [{ partition: 0, fetchOffset: 0 }], { topic: "cut" }),
  fetch("from the beginning that was moved", [{ partition: 0, fetchOffset: 3 }], { topic: "cut" }),
  fetch("an empty partition", [{ partition: 1 }]),
  fetch("all partitions", [{ partition: 2 }, { partition: 0 }, { partition: 1 }]),
  fetch("a missing partition", [{ partition: 9 }, { partition: 0 }]),
  fetch("a missing topic", [{ partition: 0 }], { topic: "nowhere" }),
  fetch("one partition twice", [{ partition: 0 }, { partition: 0, fetchOffset: 3 }]),
  fetch("little room for a partition", [{ partition: 0, partitionMaxBytes: 1 }, {
    partition: 2,
    partitionMaxBytes: 1,
  }]),
  fetch("no room for a partition", [{ partition: 0, partitionMaxBytes: 0 }]),
  fetch("little room for all", [{ partition: 0 }, { partition: 2 }], { body: { maxBytes: 1 } }),
  fetch("no room at all", [{ partition: 0 }], { body: { maxBytes: 0 } }),
  fetch("only what is committed", [{ partition: 0 }, { partition: 1 }], {
    body: { isolationLevel: 1 },
  }),
  fetch("waits in vain", [{ partition: 1 }], { body: { maxWaitMs: 30, minBytes: 1 } }),
  fetch("enough is there", [{ partition: 0 }], { body: { maxWaitMs: 10_000, minBytes: 100 } }),
  fetch("too little is there", [{ partition: 0 }], { body: { maxWaitMs: 30, minBytes: 9_000 } }),
  fetch("waits although a partition is missing", [{ partition: 1 }, { partition: 9 }], {
    body: { maxWaitMs: 30, minBytes: 1 },
  }),
  fetch("does not wait with an error", [{ partition: 1 }, { partition: 0, fetchOffset: 99 }], {
    body: { maxWaitMs: 10_000, minBytes: 1 },
  }),
  fetch("does not wait for what is missing", [{ partition: 9 }], {
    body: { maxWaitMs: 10_000, minBytes: 1 },
  }),
  fetch("another leader epoch", [
    { partition: 0, currentLeaderEpoch: 0 },
    { partition: 1, currentLeaderEpoch: 5 },
  ], { since: 9 }),
  fetch("an epoch that diverges", [
    { partition: 0, fetchOffset: 2, lastFetchedEpoch: 0 },
    { partition: 1, fetchOffset: 0, lastFetchedEpoch: 3 },
    { partition: 2, fetchOffset: 9, lastFetchedEpoch: 0 },
  ], { since: 12 }),
  fetch("times by the broker, packed anew", [{ partition: 0 }], { topic: "repacked" }),
  {
    api: "Fetch",
    name: "an unknown topic id",
    since: 13,
    play: (side, version) => {
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }];
      const topics = [MISSING_ID, ZERO_ID].map((topicId) => ({ topicId, partitions }));
      return side.ask("Fetch", version, { ...defaults, topics });
    },
  },
  {
    api: "Fetch",
    name: "nothing",
    play: (side, version) => side.ask("Fetch", version, { ...defaults, topics: [] }),
  },
  {
    api: "Fetch",
    name: "wakes when there is more",
    topic: {},
    async play(side, version, topic) {
      const reader = await side.client();
      const body = { ...defaults, maxWaitMs: 10_000, minBytes: 1 };
      const topics = [topicOf(side, version, topic, [{ partition: 0 }])];
      const answer = reader.ask("Fetch", version, { ...body, topics });
      const writer = await side.client();
      const partitionData = [{ index: 0, records: batch(["more"]) }];
      await writer.ask("Produce", 9, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [{ name: topic, partitionData }],
      });
      // Whether the high watermark has risen yet, Apache Kafka leaves to chance.
      const [{ errorCode, records }] = (await answer).responses[0].partitions;
      return { errorCode, records };
    },
  },

  session("nothing new is not told again", async (ask, _, topic) => [
    await ask(0, [[topic, both]]),
    await ask(1),
    await ask(2),
  ]),
  session("what is new is told", async (ask, side, topic) => {
    const first = await ask(0, [[topic, both]]);
    await side.append(topic, 1, batch(["new"]));
    return [
      first,
      await ask(1),
      await ask(2, [[topic, [{ partition: 1, fetchOffset: 1 }]]]),
      await ask(3),
    ];
  }),
  session("partitions come and go", async (ask, side, topic) => {
    await side.append(topic, 0, batch(["a"]));
    return [
      await ask(0, [[topic, [{ partition: 0 }]]]),
      await ask(1, [[topic, [{ partition: 1 }]]]),
      await ask(2, [], { forget: [[topic, [0]]] }),
      await ask(3, [["orders", [{ partition: 0 }]]]),
      await ask(4),
    ];
  }),
  session("an unknown id", (ask) => ask(1, [], { sessionId: 987_654 })),
  session(
    "an unknown id, from the start",
    (ask, _, topic) => ask(0, [[topic, both]], { sessionId: 987_654 }),
  ),
  session("the wrong epoch", async (ask, _, topic) => [
    await ask(0, [[topic, both]]),
    await ask(5),
    await ask(1),
  ]),
  session("closed", async (ask, _, topic) => [
    await ask(0, [[topic, both]]),
    await ask(-1, [[topic, both]]),
    await ask(1),
  ]),
  session("made anew", async (ask, _, topic) => [
    await ask(0, [[topic, both]]),
    await ask(0, [[topic, [{ partition: 1 }]]]),
    await ask(1),
  ]),
  session("none at all", (ask, _, topic) => ask(-1, [[topic, both]])),
  session("with errors in it", async (ask, _, topic) => [
    await ask(0, [[topic, [{ partition: 0 }, { partition: 6 }]]]),
    await ask(1),
    await ask(2, [[topic, [{ partition: 0, fetchOffset: 8 }]]]),
    await ask(3),
  ]),
  session("with a missing topic in it", async (ask, _, topic) => [
    await ask(0, [[topic, both], ["nowhere", both]]),
    await ask(1),
  ]),
  session("nothing in it", async (ask) => [await ask(0), await ask(1)]),

  ...[-1, -2, -3, -4, -5, -6, -7, 0, NOW - 1, NOW, NOW + 150, NOW + 300, NOW + 301, NOW + 9999]
    .map((timestamp) => {
      const label = timestamp < 1 ? `${timestamp}` : `now + ${timestamp - NOW}`;
      return list(`at ${label}`, [{ timestamp }]);
    }),
  ...[-1, -2, -3, -4, -5, -6, NOW].map((timestamp) =>
    list(`of an empty partition at ${timestamp === NOW ? "now" : timestamp}`, [{ timestamp }], {
      topic: "empty",
    })
  ),
  ...[-1, -2, -3, -4, NOW].map((timestamp) =>
    list(`after the beginning was moved, at ${timestamp === NOW ? "now" : timestamp}`, [
      { timestamp },
    ], { topic: "cut" })
  ),
  list("of a missing topic", [{}], { topic: "nowhere" }),
  list("of a name that no topic may have", [{}], { topic: "a/b" }),
  list("of a missing partition", [{ partitionIndex: 4 }, {}]),
  list("of one partition twice", [{ timestamp: -1 }, { timestamp: -2 }]),
  list("only what is committed", [{ timestamp: -1 }], { since: 2, body: { isolationLevel: 1 } }),
  list("as a debugger", [{ timestamp: -1 }], { body: { replicaId: -2 } }),
  list("with another leader epoch", [{ currentLeaderEpoch: 7 }], { since: 4 }),
  list("with the leader epoch", [{ currentLeaderEpoch: 0 }], { since: 4 }),

  epochs("the first", [{ leaderEpoch: 0 }]),
  epochs("of an empty partition", [{ partition: 1, leaderEpoch: 0 }]),
  epochs("a later one", [{ leaderEpoch: 5 }]),
  epochs("none", [{ leaderEpoch: -1 }]),
  epochs("with another leader epoch", [{ leaderEpoch: 0, currentLeaderEpoch: 4 }]),
  epochs("with the leader epoch", [{ leaderEpoch: 0, currentLeaderEpoch: 0 }]),
  epochs("of a missing partition", [{ partition: 9, leaderEpoch: 0 }]),
  epochs("of a missing topic", [{ leaderEpoch: 0 }], "nowhere"),

  forget("up to an offset", [{ offset: 3 }]),
  forget("everything", [{ offset: -1 }]),
  forget("nothing", [{ offset: 0 }]),
  forget("more than there is", [{ offset: 5 }]),
  forget("below zero", [{ offset: -5 }]),
  forget("of an empty partition", [{ partitionIndex: 1, offset: -1 }]),
  forget("of a missing partition", [{ partitionIndex: 5, offset: 0 }]),
  forget("of a missing topic", [{ offset: 0 }], "nowhere"),
  forget("of a compacted topic", [{ offset: 0 }], "compacted"),
  forget("of an internal topic", [{ offset: 0 }], "__consumer_offsets"),
  forget("some good, some bad", [{ offset: 2 }, { partitionIndex: 7, offset: 1 }]),
  {
    api: "DeleteRecords",
    name: "twice, the second time less",
    topic: {},
    async play(side, version, name) {
      await side.append(name, 0, batch(["a", "b"]), batch(["c"]));
      const ask = (offset: number) =>
        side.ask("DeleteRecords", version, {
          timeoutMs: 5000,
          topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
        });
      return [await ask(2), await ask(1), await ask(2)];
    },
  },
];
