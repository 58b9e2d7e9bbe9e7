/** Real brokers in real threads, of which one crashes. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { BrokerConfig } from "../../../src/config/mod.ts";
import { CoreGroup, planCores } from "../../../src/node/cores/mod.ts";
import { denoPlatform } from "../../../src/platform/deno/mod.ts";
import { DenoThreads } from "../../../src/platform/deno/threads.ts";
import { Asker, partitionsOf, produceOne, until } from "../../kit/ask.ts";
import { TemporaryFolder } from "../../kit/folders.ts";
import { memberAt } from "../../kit/makes.ts";

async function start(folder: string, lines: string[]): Promise<CoreGroup> {
  const config = BrokerConfig.from(new Map([["listeners", "PLAINTEXT://127.0.0.1:0"]]));
  const { clock } = denoPlatform();
  Deno.env.set("STREAMER_TEST_CRASHES", folder);
  return await CoreGroup.start({
    cores: planCores(config, { cores: 2, hostName: "here" }).map((plan) => ({
      ...plan,
      dataFolders: [`${folder}/data/${plan.id}`],
      metadataFolder: `${folder}/data/${plan.id}`,
    })),
    threads: new DenoThreads(new URL("./faulty_core.ts", import.meta.url).href),
    clock,
    log: (id) => (level, event, fields) =>
      void lines.push(`${level} ${id} ${event} ${JSON.stringify(fields ?? {})}`),
    logLevel: "warn",
    signal: new AbortController().signal,
  });
}

crashTest("A broker whose thread crashes serves again, and its neighbor has not stopped", 2);
crashTest("So does the first one, which is the controller", 1);

function crashTest(name: string, crashed: number): void {
  const other = 3 - crashed;
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      using folder = new TemporaryFolder();
      const lines: string[] = [];
      const group = await start(folder.path, lines);
      const tell = () => `\n${lines.join("\n")}`;
      const askers = group.serving.map(({ addresses: [{ port }] }, index) =>
        new Asker({ ...memberAt(index + 1, "127.0.0.1"), port })
      );
      try {
        const creating = { topics: [1, 2].map((id) => topicOn(id)), timeoutMs: 10_000 };
        await until("Topics are made", async () => {
          const answer = await askers[0].ask("CreateTopics", 5, {
            ...creating,
            validateOnly: false,
          });
          return answer?.topics.every(({ errorCode }: any) => [0, 36].includes(errorCode)) ||
            undefined;
        }, { withinMs: 30_000, else: tell });
        const produced = async (id: number) =>
          await produceOne(askers[id - 1], `on-${id}`, 0) || undefined;
        for (const id of [1, 2]) {
          await until(`${id} takes records`, () => produced(id), { withinMs: 30_000, else: tell });
        }
        Deno.writeTextFileSync(`${folder.path}/crash node ${crashed}`, "");
        let neighbor = 0;
        await until("It serves again", async () => {
          strictEqual(
            await produceOne(askers[other - 1], `on-${other}`, 0),
            true,
            "its neighbor goes on",
          );
          neighbor++;
          const isBack = lines.some((line) => line.includes("broker serves again"));
          return isBack && await produced(crashed) || undefined;
        }, { withinMs: 60_000, else: tell });
        match(
          lines.find((line) => line.includes("broker ended"))!,
          new RegExp(`^error ${crashed} .*node ${crashed} was made to crash`),
        );
        deepStrictEqual(lines.filter((line) => line.startsWith(`error ${other}`)), []);
        const partitions = await partitionsOf(askers[crashed - 1]);
        deepStrictEqual(partitions?.map(({ leader }) => leader).sort(), [1, 2]);
        strictEqual(
          await endOf(askers[crashed - 1], `on-${crashed}`),
          2,
          "what was acknowledged before is there",
        );
        strictEqual(await endOf(askers[other - 1], `on-${other}`), neighbor + 1);
      } finally {
        for (const asker of askers) asker[Symbol.dispose]();
        await group.close();
      }
    },
  });
}

const topicOn = (id: number) => ({
  name: `on-${id}`,
  numPartitions: -1,
  replicationFactor: -1,
  assignments: [{ partitionIndex: 0, brokerIds: [id] }],
  configs: [],
});

async function endOf(asker: Asker, name: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }];
  const answer = await asker.ask("ListOffsets", 6, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name, partitions }],
  });
  return answer.topics[0].partitions[0].offset;
}
