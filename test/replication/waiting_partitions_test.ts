/** Many partitions at once: the first are made at once, the others bit by bit or when asked for. */
import { ok, strictEqual } from "node:assert/strict";
import { TestBroker } from "../broker/kit.ts";

const made = (broker: TestBroker) => [...broker.directory.partitions()].length;

Deno.test("Of very many new partitions most are made later, and at once when asked for", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("many", { partitions: 300 });
  strictEqual(made(broker), 64);
  ok(broker.replicas.get("many", 250)!.isLeader);
  strictEqual(made(broker), 65);
  broker.platform.clock.advance(1000);
  strictEqual(made(broker), 300);
  strictEqual([...broker.replicas.all()].length, 300);
  await broker.close();
});

Deno.test("A topic that is deleted before it was made leaves nothing", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("many", { partitions: 300 });
  broker.removeTopic("many");
  broker.platform.clock.advance(100);
  strictEqual(made(broker), 0);
  strictEqual(broker.replicas.get("many", 299), undefined);
  const id = broker.createTopic("many", { partitions: 100 });
  strictEqual(broker.replicas.get("many", 99)!.topicId, id);
  await broker.close();
});

Deno.test("Of a topic that is deleted all partitions lose their names by one sync", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("many", { partitions: 60 });
  await broker.platform.clock.advanceAndSettle(1000);
  const { disk } = broker.platform;
  const path = broker.directory.online()[0].path;
  const synced: string[] = [];
  disk.onOperation = (operation, path) => void (operation === "sync" && synced.push(path));
  broker.removeTopic("many");
  disk.onOperation = undefined;
  strictEqual(synced.filter((each) => each === path).length, 1);
  disk.powerCut();
  const left = disk.list(path).filter(({ name }) => /^many-\d+$/.test(name));
  strictEqual(left.length, 0);
});
