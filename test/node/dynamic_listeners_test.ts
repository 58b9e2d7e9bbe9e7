/** Listeners that are opened and closed while a node runs, and when it starts again. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { startCluster } from "../../mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort } from "../kit/programs.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const BROKER = 4, SET = 0, DELETE = 1;

async function change(port: number, configOperation: number, values: Record<string, string>) {
  using client = await RawClient.connect(port);
  const configs = Object.entries(values)
    .map(([name, value]) => ({ name, configOperation, value }));
  const resources = [{ resourceType: BROKER, resourceName: "1", configs }];
  const { responses } = await client.ask("IncrementalAlterConfigs", 1, { resources });
  strictEqual(responses[0].errorCode, 0, responses[0].errorMessage);
}

const topics = async (client: RawClient) =>
  (await client.ask("Metadata", 12, { topics: [], allowAutoTopicCreation: false })).errorCode;

Deno.test("A listener that is set while a node runs is served, and closed when it is not set any more", async () => {
  using folder = new TemporaryFolder();
  const [port, more, open] = [freePort(), freePort(), freePort()];
  const options = { data: `${folder.path}/data`, port };
  const map = "PLAINTEXT:PLAINTEXT,MORE:PLAINTEXT,OPEN:PLAINTEXT";
  const listeners = `PLAINTEXT://127.0.0.1:${port},MORE://127.0.0.1:${more}`;
  const wide = `${listeners},OPEN://0.0.0.0:${open}`;
  const settings = { "listener.security.protocol.map": map, listeners: wide };

  const first = await startCluster(options);
  await rejects(RawClient.connect(more));
  await change(port, SET, settings);
  const client = await RawClient.connect(more);
  ok(await topics(client) !== HUNG_UP);
  await rejects(RawClient.connect(open), "only this machine was to come in");
  await first.close();

  const second = await startCluster(options);
  const again = await RawClient.connect(more);
  await topics(again);
  await change(port, DELETE, settings);
  deepStrictEqual(await again.untilHungUp(), HUNG_UP);
  await rejects(RawClient.connect(more));
  await second.close();
  for (const each of [client, again]) each[Symbol.dispose]();
});
