/** `streamer quota …` as a person types it. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { brokerTest, startBroker } from "../kit/broker.ts";
import { run } from "../kit/terminal.ts";

brokerTest("A quota is set, listed and removed; whose it is has to be said", async () => {
  await using broker = await startBroker();
  const env = { STREAMER_BROKERS: broker.brokers };
  const streamer = (line: string) => run(line.split(" "), { env });

  const set = await streamer("quota set producer_byte_rate=1000 consumer_byte_rate=5 --user al");
  deepStrictEqual([set.code, set.out], [0, "Set\n"], set.err);
  await streamer("quota set request_percentage=12.5 --user al --default-client-id");
  await streamer("quota set connection_creation_rate=7 --default-ip");

  const listed = await streamer("quota list");
  match(listed.out, /^USER +CLIENT ID +ADDRESS +LIMIT +VALUE$/m);
  match(listed.out, /^al +producer_byte_rate +1000$/m);
  match(listed.out, /^al +\(default\) +request_percentage +12\.5$/m);
  deepStrictEqual(JSON.parse((await streamer("quota list --user al --json")).out), [
    { entity: { user: "al", clientId: null }, limits: { request_percentage: 12.5 } },
    { entity: { user: "al" }, limits: { consumer_byte_rate: 5, producer_byte_rate: 1000 } },
  ]);

  strictEqual(
    (await streamer("quota remove --user al")).out,
    "Removed consumer_byte_rate, producer_byte_rate\n",
  );
  strictEqual((await streamer("quota remove --user al")).out, "Nothing was set\n");
  await streamer("quota remove connection_creation_rate --default-ip");
  strictEqual(JSON.parse((await streamer("quota list --json")).out).length, 1);

  const nobody = await streamer("quota set producer_byte_rate=1000");
  deepStrictEqual([nobody.code, /whose quota/.test(nobody.err)], [2, true]);
  const wrong = await streamer("quota set colour=1 --user al");
  strictEqual(wrong.code, 1);
  match(wrong.err, /Cannot change the quota/);
});
