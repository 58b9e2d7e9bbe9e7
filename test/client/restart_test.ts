/** Brokers that go away under a client and come back, as `kill -9` and a restart have it. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { connect } from "../../src/client/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { brokerTest } from "../kit/broker.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort, pause, startStreamer } from "../kit/programs.ts";

const text = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? undefined);

async function until(what: string, holds: () => boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited for: ${what}`);
    await pause(10);
  }
}

brokerTest(
  "Reading, groups and producing go on after a broker was killed and came back",
  async () => {
    using folder = new TemporaryFolder();
    const port = freePort();
    const start = () =>
      startStreamer({
        port,
        data: folder.path,
        args: ["--set", "group.initial.rebalance.delay.ms=0"],
      });
    let broker = await start();
    await using client = connect({ brokers: broker.brokers, platform: denoPlatform() });
    await client.ensureTopic("t", { partitions: 2 });
    const stop = new AbortController();
    const live: string[] = [];
    const states: string[] = [];
    const reading = (async () => {
      const onState = (state: string) => states.push(state);
      for await (
        const { value } of client.read("t", { from: "end", signal: stop.signal, onState })
      ) live.push(text(value));
    })();
    const grouped = new Set<string>();
    const consuming = client.consume({
      groupId: "g",
      topic: "t",
      from: "beginning",
      signal: stop.signal,
      write(records) {
        for (const { value } of records) grouped.add(text(value));
        return Promise.resolve();
      },
    });
    try {
      await until("the reader is connected", () => states.length === 1);
      await pause(200);
      await client.produce([{ topic: "t", value: "before" }]);
      await until("the first record is read", () => live.length === 1 && grouped.size === 1);

      broker.program.kill("SIGKILL");
      await broker.program.exited;
      await until("the reader knows", () => states.at(-1) === "disconnected");
      await rejects(client.produce([{ topic: "t", value: "lost" }]), {
        name: "BrokersUnreachable",
      });
      await pause(1000);
      broker = await start();

      await until("the reader is back", () => states.at(-1) === "connected");
      await client.produce([{ topic: "t", value: "after" }]);
      await until("the reader goes on", () => live.includes("after"));
      await until("the group goes on", () => grouped.has("after"), 60_000);
      deepStrictEqual(live, ["before", "after"]);
      deepStrictEqual(states, ["connected", "disconnected", "connected"]);
    } finally {
      stop.abort();
      await Promise.all([reading, consuming]);
      await broker.program.stop();
    }
  },
);

brokerTest("A reader that starts before its broker waits for it", async () => {
  using folder = new TemporaryFolder();
  const port = freePort();
  await using client = connect({ brokers: `127.0.0.1:${port}`, platform: denoPlatform() });
  const stop = new AbortController();
  const reasons: (string | undefined)[] = [];
  const first = (async () => {
    const onState = (_: string, reason?: string) => reasons.push(reason);
    for await (
      const { value } of client.read("t", { from: "beginning", signal: stop.signal, onState })
    ) return text(value);
  })();
  await until("it says why it waits", () => reasons.length === 1);
  deepStrictEqual(reasons, [
    `Cannot reach 127.0.0.1:${port}: connection refused; is a broker running there?`,
  ]);
  const { program } = await startStreamer({ port, data: folder.path });
  await client.ensureTopic("t");
  await client.produce([{ topic: "t", value: "hello" }]);
  strictEqual(await first, "hello");
  await program.stop();
});
