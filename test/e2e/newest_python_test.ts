/**
 * The real executable, driven by the newest of other people's Python clients: confluent-kafka
 * (librdkafka), aiokafka and kafka-python. `.ci/run` installs them into a folder of their own, so
 * that the oldest kafka-python (`kafka_python_test.ts`) stays what Debian has.
 */
import { match, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { cacheFolder, hasPythonModule, root, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const python = "/usr/bin/python3";
const env = { PYTHONPATH: `${cacheFolder}/python` };
const CLIENTS: [script: string, module: string, scenarios: string[]][] = [
  ["confluent", "confluent_kafka", ["codecs", "admin", "groups", "times"]],
  ["aio", "aiokafka", ["records", "admin", "groups", "times"]],
  ["kafka_python_3", "kafka", ["idempotent", "admin", "groups"]],
  ["client", "kafka", ["codecs", "times"]],
];

for (const [script, module, scenarios] of CLIENTS) {
  testWith(
    {
      needs: "the packages in test/e2e/python/requirements.txt",
      available: hasPythonModule(module, python, env),
    },
    `${script}.py: ${scenarios.join(", ")}`,
    async () => {
      using folder = new TemporaryFolder();
      const args = ["--set", "group.initial.rebalance.delay.ms=100"];
      const { program, brokers } = await startStreamer({ data: `${folder.path}/data`, args });
      await using _ = program;
      for (const scenario of scenarios) {
        const command = [`${root}test/e2e/python/${script}.py`, brokers, scenario];
        const { printed } = await runProgram(python, command, { env, withinMs: 90_000 });
        match(printed, /held/);
      }
      strictEqual(await program.stop(), 0, program.printed);
    },
  );
}
