/** Who comes to lead: as it is asked for by tools, and after a reassignment turned replicas round. */
import { described, fetchOf, turn } from "../../replicas.ts";
import { batch, type Scenario, type Side } from "../../side.ts";
import { MOVED, MOVED_MAX_BYTES } from "../../stages/three.ts";
import { fromEach, onThree } from "./scenario.ts";

const PREFERRED = 0, UNCLEAN = 1;

const elect = (
  name: string,
  electionType: number,
  topicPartitions: (own: string) => object[] | null,
): Scenario =>
  onThree("ElectLeaders", name, async (side, version, own) => {
    await turn(side, own, 0, [2, 1]);
    await turn(side, own, 1, [1, 2]);
    const before = await described(side, own);
    const answer = await side.ask("ElectLeaders", version, {
      ...(version > 0 ? { electionType } : {}),
      topicPartitions: topicPartitions(own),
      timeoutMs: 10_000,
    });
    answer.replicaElectionResults = answer.replicaElectionResults
      .filter(({ topic }: any) => topic === own);
    await side.untilLed([own]);
    await side.caughtUp();
    return [before, answer, await described(side, own)];
  }, { topic: { replicas: [[1, 2], [1, 2], [3, 1]] }, since: electionType === 0 ? 0 : 1 });

type Body = (side: Side, version: number, fields: object) => object;

/** What is asked of a partition whose leader has moved from 1 to 2, in one of its epochs. */
const moved = (
  api: "Fetch" | "ListOffsets" | "OffsetForLeaderEpoch",
  currentLeaderEpoch: number,
  body: Body,
  since: number,
): Scenario =>
  onThree(
    api,
    `of epoch ${currentLeaderEpoch}, after the leader moved`,
    (side, version) => fromEach(side, api, version, body(side, version, { currentLeaderEpoch })),
    { since, together: true },
  );

const fetchMoved: Body = (side, version, fields) => fetchOf(side, version, MOVED, fields);

const listOf = (timestamp: number): Body => (_side, _version, fields) => ({
  replicaId: -1,
  topics: [{ name: MOVED, partitions: [{ partitionIndex: 0, timestamp, ...fields }] }],
});

const epochsOf = (leaderEpoch: number): Body => (_side, _version, fields) => ({
  replicaId: -1,
  topics: [{ topic: MOVED, partitions: [{ partition: 0, leaderEpoch, ...fields }] }],
});

const EPOCHS = [-1, 0, 1, 2];

export const ELECTIONS: Scenario[] = [
  elect("the preferred ones", PREFERRED, (topic) => [{ topic, partitions: [0, 1, 2] }]),
  elect("the preferred ones of all", PREFERRED, () => null),
  elect("unclean, where somebody leads", UNCLEAN, (topic) => [{ topic, partitions: [0, 1, 2] }]),
  elect("the preferred one, and what is not there", PREFERRED, (topic) => [
    { topic, partitions: [0, 7] },
    { topic: `${topic}-nowhere`, partitions: [0] },
  ]),
  ...EPOCHS.flatMap((epoch) => [
    moved("Fetch", epoch, fetchMoved, 9),
    moved("ListOffsets", epoch, listOf(-1), 4),
  ]),
  ...EPOCHS.map((epoch) => moved("OffsetForLeaderEpoch", epoch, epochsOf(0), 2)),
  ...[-1, 0, 1, 2].map((asked) =>
    onThree(
      "OffsetForLeaderEpoch",
      `where epoch ${asked} ended`,
      (side, version) =>
        fromEach(side, "OffsetForLeaderEpoch", version, epochsOf(asked)(side, version, {})),
      { together: true },
    )
  ),
  ...[[4, 0], [3, 0], [4, 1], [5, 1], [2, 7]].map(([fetchOffset, lastFetchedEpoch]) =>
    onThree(
      "Fetch",
      `at ${fetchOffset} after a record of epoch ${lastFetchedEpoch}`,
      (side, version) => {
        const body = fetchMoved(side, version, { fetchOffset, lastFetchedEpoch });
        return fromEach(side, "Fetch", version, body);
      },
      { since: 12, together: true },
    )
  ),
  // What it would append, the topic is too small for, so that it stays as others find it.
  onThree(
    "Produce",
    "to the leader that was, and to the new one",
    (side, version) =>
      fromEach(side, "Produce", version, {
        acks: -1,
        timeoutMs: 5000,
        topicData: [{
          ...side.named(MOVED, version, 13),
          partitionData: [{ index: 0, records: batch(["x".repeat(MOVED_MAX_BYTES)]) }],
        }],
      }),
    { together: true },
  ),
];
