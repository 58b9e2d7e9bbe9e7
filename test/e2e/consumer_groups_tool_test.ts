/**
 * Kafka's own consumer-groups tool, all that it can do, on streamer and on Apache Kafka: both have
 * the same topics and groups, and what the tool prints must be the same.
 */
import { deepStrictEqual, match } from "node:assert/strict";
import { batch, NOW, Side } from "../conformance/side.ts";
import { STATES } from "../conformance/scenarios/group_cast.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { KafkaTools } from "../kit/kafka_tools.ts";
import { hasApacheKafka, startApacheKafka, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";

/** Topics with records of known times, and groups of every kind. */
async function furnish(side: Side): Promise<void> {
  await side.topics({ orders: { partitions: 3 }, bills: {}, unread: {} });
  const hour = 3_600_000;
  await side.append("orders", 0, batch(["a", "b"]), batch(["c", "d"], { timestamp: NOW + hour }));
  await side.append("orders", 1, batch(["e", "f", "g"]));
  await side.append("bills", 0, batch(["h"]));
  const client = await side.client();
  await side.until(async () => {
    const found = await client.ask("FindCoordinator", 4, { keyType: 0, coordinatorKeys: ["x"] });
    if (found.coordinators[0].errorCode !== 0) return false;
    const read = { groups: ["idle", "left", "active", "x"].map((groupId) => ({ groupId })) };
    const { groups } = await client.ask("OffsetFetch", 8, read);
    return groups.every(({ errorCode }: any) => errorCode === 0);
  });
  await STATES["every consumer has left"](side, "left");
  await STATES["stable, of consumers"](side, "active");
  for (const groupId of ["idle", "left"]) {
    const part = (partitionIndex: number, committedOffset: number) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: "",
    });
    await client.ask("OffsetCommit", 8, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: "",
      topics: [
        { name: "orders", partitions: [part(0, 1), part(1, 3), part(2, 0)] },
        { name: "bills", partitions: [part(0, 1)] },
      ],
    });
  }
}

const UTC = (time: number) => new Date(time).toISOString().replace("Z", "");
const reset = (group: string, ...more: string[]) => ["--reset-offsets", "--group", group, ...more];
const ORDERS = ["--topic", "orders"];
const describe = (group: string, ...more: string[]) => ["--describe", "--group", group, ...more];

/** Everything an operator types, in this order. */
const commands = (folder: string): string[][] => [
  ["--list"],
  ["--list", "--state"],
  ["--list", "--state", "Empty"],
  ["--list", "--state", "Asleep"],
  ["--list", "--type"],
  ["--list", "--type", "classic"],
  ["--list", "--type", "share"],
  ...["active", "left", "missing"].flatMap((group) => [
    describe(group),
    describe(group, "--members"),
    describe(group, "--state"),
  ]),
  describe("active", "--offsets", "--verbose"),
  describe("active", "--members", "--verbose"),
  describe("active", "--state", "--verbose"),
  ["--describe", "--all-groups", "--state"],
  ["--describe", "--all-groups", "--members"],
  ["--describe", "--all-groups"],

  ...[
    ["--to-earliest"],
    ["--to-latest"],
    ["--to-current"],
    ["--to-offset", "2"],
    ["--to-offset", "99"],
    ["--shift-by", "1"],
    ["--shift-by", "-1"],
    ["--shift-by", "100"],
    ["--to-datetime", UTC(NOW + 1000)],
    ["--to-datetime", UTC(NOW - 1000)],
    ["--to-datetime", "yesterday"],
    ["--by-duration", "P1000D"],
    ["--by-duration", "PT0S"],
    ["--by-duration", "an hour"],
  ].map((how) => reset("idle", ...ORDERS, ...how, "--dry-run")),
  reset("idle", ...ORDERS),
  reset("idle", "--to-earliest"),
  reset("idle", ...ORDERS, "--to-earliest"),
  reset("idle", ...ORDERS, "--to-earliest", "--to-latest"),
  reset("idle", "--topic", "orders:0,2", "--to-latest", "--dry-run"),
  reset("idle", "--topic", "orders:7", "--to-latest", "--dry-run"),
  reset("idle", "--topic", "nowhere", "--to-latest", "--dry-run"),
  reset("idle", "--all-topics", "--to-latest", "--dry-run"),
  reset("idle", "--all-topics", "--to-current", "--export"),
  reset("active", ...ORDERS, "--to-earliest", "--dry-run"),
  reset("active", ...ORDERS, "--to-earliest", "--execute"),
  reset("new", ...ORDERS, "--to-earliest", "--execute"),
  describe("new"),
  reset("idle", "--topic", "orders:0", "--to-datetime", UTC(NOW + 1000), "--execute"),
  describe("idle"),
  reset("left", "--all-topics", "--to-earliest", "--execute"),
  describe("left"),
  reset("left", "--from-file", `${folder}/plan.csv`, "--dry-run"),
  reset("left", "--from-file", `${folder}/plan.csv`, "--execute"),
  describe("left"),
  ["--reset-offsets", "--all-groups", ...ORDERS, "--to-latest", "--dry-run"],

  ["--delete-offsets", "--group", "idle", "--topic", "orders:0"],
  describe("idle"),
  ["--delete-offsets", "--group", "idle", "--topic", "orders", "--topic", "bills"],
  describe("idle"),
  ["--delete-offsets", "--group", "left", "--topic", "nowhere"],
  ["--delete-offsets", "--group", "left", "--topic", "unread"],
  ["--delete-offsets", "--group", "active", "--topic", "orders"],
  ["--delete-offsets", "--group", "missing", "--topic", "orders"],
  ["--delete-offsets", "--group", "left"],

  ["--delete", "--group", "idle", "--group", "active", "--group", "missing"],
  ["--delete", "--group", "left"],
  ["--delete", "--group", "active"],
  ["--delete", "--all-groups"],
  ["--list"],
  ["--list", "--delete"],
  [],
];

/** What may differ: ids, addresses, the order of hash maps; and how a Java stack looks. */
const seen = (printed: string, port: number): string[] =>
  printed
    .replaceAll(`:${port}`, ":PORT")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UUID")
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && !/^at |^Caused by|^\.\.\. \d+ more/.test(line))
    .sort();

testWith(
  { needs: "Apache Kafka, with a Java that compiles", available: hasApacheKafka() },
  "Kafka's consumer-groups tool shows, resets and deletes as with Apache Kafka",
  async () => {
    using folder = new TemporaryFolder();
    const settings = ["group.initial.rebalance.delay.ms=0", "offsets.topic.num.partitions=3"];
    const alone = ["offsets.topic.replication.factor=1"];
    const [ours, theirs] = await Promise.all([
      startStreamer({
        data: `${folder.path}/ours`,
        args: [...settings, ...alone].flatMap((setting) => ["--set", setting]),
      }),
      startApacheKafka({ folder: `${folder.path}/theirs`, settings: [...settings, ...alone] }),
    ]);
    await using _ = ours.program;
    await using __ = theirs.program;
    await using tools = new KafkaTools();
    const sides = [ours, theirs].map(({ port }) => new Side({ port }));
    await Promise.all(sides.map(furnish));
    Deno.writeTextFileSync(`${folder.path}/plan.csv`, "orders,0,2\norders,1,0\nbills,0,0\n");

    let said = "";
    for (const command of commands(folder.path)) {
      const runs = [];
      for (const { port, brokers } of [ours, theirs]) {
        const { code, printed } = await tools.run(TOOL, [
          "--bootstrap-server",
          brokers,
          ...command,
        ]);
        runs.push({ code, printed: seen(printed, port) });
      }
      deepStrictEqual(runs[0], runs[1], command.join(" "));
      said += runs[0].printed.join("\n");
    }
    // Else both might refuse everything.
    for (const line of ["left orders 1 0 3 3", "idle orders 0 2 4 2", "new orders 2 0 0 0"]) {
      match(said, new RegExp(`^${line}`, "m"));
    }
    match(said, /Deletion of requested consumer groups \('left'\) was successful/);
    await Promise.all(sides.map((side) => side.hangUp()));
  },
);
