/** A start that waits for others ends when it is told to. */
import { rejects } from "node:assert/strict";
import { BrokerConfig } from "../../src/config/mod.ts";
import { startNode } from "../../src/node/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { MemoryDisk } from "../../src/platform/memory/mod.ts";

Deno.test("A broker whose id another one has waits for its end, and can be stopped meanwhile", async () => {
  const platform = denoPlatform();
  const start = (settings: Record<string, string>, signal?: AbortSignal) => {
    const told: string[] = [];
    const node = startNode({
      config: BrokerConfig.from(
        new Map(Object.entries({ "log.dir.reserve.bytes": "0", ...settings })),
      ),
      dataFolders: ["/data"],
      platform: { ...platform, disk: new MemoryDisk({ clock: platform.clock }) },
      log: (_level, event) => void told.push(event),
      signal,
    });
    return { node, told };
  };
  const first = await start({
    "node.id": "1",
    listeners: "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.new.cluster": "true",
  }).node;
  const [{ port }] = first.controllerAddresses;
  const broker = {
    "node.id": "2",
    "process.roles": "broker",
    listeners: "PLAINTEXT://127.0.0.1:0",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${port}`,
  };
  const second = await start(broker).node;
  const stop = new AbortController();
  const twin = start(broker, stop.signal);
  for (let tries = 0; !twin.told.includes("registration refused for now") && tries < 500; tries++) {
    await platform.clock.sleep(20);
  }
  stop.abort(new Error("told to stop"));
  await rejects(twin.node, /told to stop/);
  const late = start({ ...broker, "server.max.startup.time.ms": "1000" }).node;
  await rejects(late, /Cannot start: it takes longer than 1000 ms \(server\.max\.startup/);
  await second.close();
  await first.close();
});
