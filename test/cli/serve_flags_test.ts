/** The flags of `serve` that make a cluster, and the settings that come of them. */
import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { CLUSTER_FLAGS } from "../../src/cli/cluster_flags.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import type { Io } from "../../src/cli/io.ts";
import { UsageError } from "../../src/cli/io.ts";
import { NODE_FLAGS, nodeConfig } from "../../src/cli/node_settings.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { run } from "../kit/terminal.ts";

const FLAGS = {
  ...NODE_FLAGS,
  ...CLUSTER_FLAGS,
  config: { type: "string", help: "" },
} as const;

/** What was set, by short names where that is clear. */
async function settingsOf(line: string, folder = "."): Promise<Record<string, string>> {
  const { values } = parseFlags(FLAGS, line.split(" ").filter((word) => word !== ""));
  const platform = () => Promise.resolve(denoPlatform());
  const io = { workingDirectory: folder, platform } as unknown as Io;
  const config = await nodeConfig(values, io);
  return Object.fromEntries(config.fixed);
}

const IDS = { "node.id": "1", "broker.id": "1" };
const cases: [string, Record<string, string>][] = [
  ["", {}],
  [
    "--node-id 1 --listen 127.0.0.1:1 --controller-listen 127.0.0.1:2 --voters 1@127.0.0.1:2,2@h:3",
    {
      ...IDS,
      "controller.quorum.voters": "1@127.0.0.1:2,2@h:3",
      listeners: "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2",
    },
  ],
  ["--controller-listen 127.0.0.1:2 --new-cluster --rack attic", {
    "broker.rack": "attic",
    "controller.quorum.new.cluster": "true",
    listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:2",
  }],
  ["--controller-listen [::1]:2 --join a:1,b:2", {
    "controller.quorum.bootstrap.servers": "a:1,b:2",
    "controller.quorum.auto.join.enable": "true",
    listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://[::1]:2",
  }],
  ["--roles broker --join a:1 --listen 127.0.0.1:1", {
    "process.roles": "broker",
    "controller.quorum.bootstrap.servers": "a:1",
    listeners: "PLAINTEXT://127.0.0.1:1",
  }],
  ["--roles controller --node-id 1 --voters 1@a:2 --controller-listen 127.0.0.1:2", {
    ...IDS,
    "process.roles": "controller",
    "controller.quorum.voters": "1@a:2",
    listeners: "CONTROLLER://127.0.0.1:2",
  }],
  ["--listen 127.0.0.1:1 --advertise a:9 --set listeners=X://h:1,CONTROLLER://127.0.0.1:3", {
    listeners: "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:3",
    "advertised.listeners": "PLAINTEXT://a:9",
  }],
  [
    "--controller-listen 127.0.0.1:2 --set controller.listener.names=QUORUM " +
    "--set listeners=PLAINTEXT://127.0.0.1:1,QUORUM://127.0.0.1:9",
    {
      "controller.listener.names": "QUORUM",
      listeners: "PLAINTEXT://127.0.0.1:1,QUORUM://127.0.0.1:2",
    },
  ],
];
for (const [line, expected] of cases) {
  Deno.test(`serve ${line} is by Kafka's names ${JSON.stringify(expected)}`, async () => {
    deepStrictEqual(await settingsOf(line), expected);
  });
}

Deno.test("Flags stand over the file, and leave its other listeners alone", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(
    `${folder.path}/server.properties`,
    "process.roles=controller\nnode.id=1\nlisteners=CONTROLLER://127.0.0.1:5\n" +
      "controller.quorum.voters=1@127.0.0.1:5\n",
  );
  const settings = await settingsOf(
    "--config server.properties --controller-listen 127.0.0.1:6 --voters 1@127.0.0.1:6",
    folder.path,
  );
  strictEqual(settings.listeners, "CONTROLLER://127.0.0.1:6");
  strictEqual(settings["controller.quorum.voters"], "1@127.0.0.1:6");
});

const refused: [string, RegExp][] = [
  ["--new-cluster --voters 1@a:2", /--new-cluster and --voters cannot go together/],
  ["--new-cluster --join a:2", /--new-cluster and --join cannot go together/],
  ["--voters 1@a:2 --join a:2", /--voters and --join cannot go together/],
  ["--roles controller --listen 127.0.0.1:1", /--listen is for clients/],
  ["--controller-listen 9093", /--controller-listen cannot be "9093": it is HOST:PORT/],
  ["--new-cluster", /add CONTROLLER:\/\/HOST:PORT, by --controller-listen/],
  ["--controller-listen 0.0.0.0:9093 --new-cluster", /Will not listen on 0\.0\.0\.0:9093/],
  ["--node-id 3 --voters 1@a:2 --controller-listen 127.0.0.1:2", /which is not among them/],
];
for (const [line, message] of refused) {
  Deno.test(`serve ${line} is refused`, async () => {
    await rejects(settingsOf(line), (error: Error) => {
      match(error.message, message);
      return error instanceof UsageError;
    });
  });
}

Deno.test("serve tells in its help how nodes become a cluster", async () => {
  const { code, out } = await run(["serve", "--help"]);
  strictEqual(code, 0);
  for (const name of Object.keys(CLUSTER_FLAGS)) match(out, new RegExp(`--${name}\\b`));
});
