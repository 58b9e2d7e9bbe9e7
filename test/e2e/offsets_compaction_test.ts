/**
 * `__consumer_offsets` in use: commits of many groups, its segments cleaned meanwhile, the process
 * killed now and then. Each group goes on where it last committed, and Kafka's dump tool reads what
 * is left.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasApacheKafka, linesOf, peers, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { RawClient } from "../kit/wire.ts";

const GROUPS = 10, ROUNDS = 4, COMMITS_A_ROUND = 50;
const SETTINGS = [
  "offsets.topic.num.partitions=1",
  "log.roll.ms=100",
  "log.cleaner.backoff.ms=50",
  "log.cleaner.min.cleanable.ratio=0.01",
];

testWith(
  { needs: "Apache Kafka's tools", available: hasApacheKafka() },
  "Groups' offsets are compacted while they are committed, and outlive kills",
  async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/data`;
    const args = SETTINGS.flatMap((setting) => ["--set", setting]);
    const committed = new Map<string, string>();
    let cleanings = 0;
    for (let round = 0; round <= ROUNDS; round++) {
      const { program, brokers, port } = await startStreamer({ data, args });
      await using _ = program;
      const kafka = new Kafka({ clientId: "t", brokers: [brokers], logLevel: logLevel.NOTHING });
      const admin = kafka.admin();
      await admin.connect();
      if (round === 0) {
        await admin.createTopics({ topics: [{ topic: "orders" }] });
        await admin.fetchOffsets({ groupId: "group-0", topics: ["orders"] }); // finds a coordinator
      }
      const found = new Map<string, string>();
      for (const groupId of committed.keys()) {
        const [{ partitions: [{ offset }] }] = await admin.fetchOffsets({
          groupId,
          topics: ["orders"],
        });
        found.set(groupId, offset);
      }
      deepStrictEqual(found, committed, `after kill ${round}`);
      using client = await RawClient.connect(port);
      for (let i = 0; i < COMMITS_A_ROUND && round < ROUNDS; i++) {
        for (let group = 0; group < GROUPS; group++) {
          const committedOffset = round * 1000 + i * 10 + group;
          const partitions = [{ partitionIndex: 0, committedOffset }];
          const groupId = `group-${group}`;
          const topics = [{ name: "orders", partitions }];
          const answer = await client.ask("OffsetCommit", 8, { groupId, topics });
          strictEqual(answer.topics[0].partitions[0].errorCode, 0);
          committed.set(groupId, `${committedOffset}`);
        }
      }
      await admin.disconnect();
      cleanings += linesOf(program, /log cleaned.*__consumer_offsets-0/).length;
      if (round < ROUNDS) {
        program.kill("SIGKILL");
        await program.exited;
      } else strictEqual(await program.stop(), 0, program.printed);
    }
    ok(cleanings > 0, "the log was cleaned while it was written");

    const offsets = `${data}/__consumer_offsets-0`;
    const files = [...Deno.readDirSync(offsets)].map(({ name }) => `${offsets}/${name}`)
      .filter((path) => path.endsWith(".log"));
    const dump = ["dump-log", "--offsets-decoder", "--files", files.join(",")];
    const { printed } = await runProgram(`${peers}/kafka`, dump, { withinMs: 120_000 });
    const records = printed.match(/payload: .*"group":"group-/g) ?? printed.match(/key: .*group-/g);
    match(printed, /group-9/);
    const all = GROUPS * ROUNDS * COMMITS_A_ROUND;
    ok(records!.length < all, `${records!.length} records are left of at least ${all}`);
  },
);
