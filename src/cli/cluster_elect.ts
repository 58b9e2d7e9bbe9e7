/** `streamer cluster elect`: leaders of partitions. */
import { keyOf } from "../base/mod.ts";
import { BROKERS_FLAG, command, JSON_FLAG } from "./command.ts";
import { count } from "./cluster_moves.ts";
import { CommandError, UsageError } from "./io.ts";
import { renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

/** So many refusals are listed. */
const LISTED = 50;

export const electCommand = command({
  name: "cluster elect",
  summary: "Elect leaders: the preferred ones, or any for partitions that have none",
  description:
    "Without flags, every partition that is led by another than its first replica is given back to that one, " +
    "if it is in sync. --unclean is for partitions without a leader whose in-sync replicas will not come " +
    "back: any replica that runs becomes the leader, and acknowledged records that it has not are lost.",
  examples: [
    ["streamer cluster elect", "preferred leaders everywhere"],
    ["streamer cluster elect --topic orders", "of one topic"],
    ["streamer cluster elect --unclean --topic orders --partition 3", "records may be lost"],
  ],
  flags: {
    ...BROKERS_FLAG,
    preferred: { type: "boolean", help: "Each partition's first replica (this is the default)" },
    unclean: { type: "boolean", help: "Where there is no leader: any replica that runs" },
    topic: { type: "string", short: "t", multiple: true, help: "Only this topic" },
    partition: {
      type: "integer",
      short: "p",
      min: 0,
      multiple: true,
      help: "Only this partition of the one --topic",
    },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, io } = call;
    const { topic: topics, partition: numbers, unclean: isUnclean } = values;
    if (values.preferred && isUnclean) {
      throw new UsageError("--preferred and --unclean cannot go together");
    }
    if (isUnclean && topics.length === 0) {
      throw new UsageError(
        "--unclean needs --topic: records may be lost",
        "See which partitions have no leader: streamer cluster status",
      );
    }
    if (numbers.length > 0 && topics.length !== 1) {
      throw new UsageError("--partition needs one --topic", "For example: --topic orders -p 3");
    }
    return await withClient(call, async ({ cluster }) => {
      const { describeTopics, electLeaders } = await import("../client/mod.ts");
      const described = topics.length === 0 ? null : await describeTopics(cluster, topics);
      const partitions = described &&
        described.flatMap(({ name: topic, partitions }) =>
          partitions.map(({ partition }) => ({ topic, partition }))
            .filter(({ partition }) => numbers.length === 0 || numbers.includes(partition))
        );
      const missing = numbers.find((number) =>
        !partitions!.some(({ partition }) => partition === number)
      );
      if (missing !== undefined) {
        throw new CommandError(`Topic "${topics[0]}" has no partition ${missing}`);
      }
      const results = await electLeaders(cluster, { isUnclean, partitions });
      const elected = results.filter(({ refusal }) => refusal === undefined);
      const refused = results.filter(({ refusal }) =>
        refusal !== undefined && refusal.error !== "ELECTION_NOT_NEEDED"
      );
      if (values.json) {
        await io.write(json(results, call));
        return refused.length > 0 ? 1 : 0;
      }
      await io.write(
        elected.length === 0
          ? refused.length === 0 ? "No election was needed\n" : "Nobody was elected\n"
          : `Elected ${count(elected.length, "leader")}: ${
            elected.slice(0, LISTED).map(keyOf).join(" ")
          }${elected.length > LISTED ? " …" : ""}\n`,
      );
      if (refused.length === 0) return 0;
      await io.write(renderTable([
        { title: "TOPIC", cell: ({ topic }) => topic },
        { title: "PARTITION", cell: ({ partition }) => partition },
        { title: "NOT ELECTED", cell: ({ refusal }) => refusal!.message },
      ], refused.slice(0, LISTED)));
      io.say(hintOf(refused[0].refusal!.error));
      return 1;
    });
  },
});

function hintOf(error: string): string {
  switch (error) {
    case "PREFERRED_LEADER_NOT_AVAILABLE":
      return "Its first replica is away or not in sync: see streamer cluster status";
    case "ELIGIBLE_LEADERS_NOT_AVAILABLE":
      return "None of its replicas runs: start one of their brokers";
    default:
      return "See: streamer cluster status";
  }
}
