/** `streamer apis` and `streamer configs`: what this program can do, told from its own tables. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { run } from "../kit/terminal.ts";

const jsonOf = async (line: string) => JSON.parse((await run(`${line} --json`.split(" "))).out);

Deno.test("streamer apis lists what is served with its versions, and what is not", async () => {
  const { code, out } = await run(["apis"]);
  strictEqual(code, 0);
  match(out, /^ +3 {2}Metadata +0-13 +0-13$/m);
  const listed = await jsonOf("apis");
  for (const { key, name, versions } of SERVED_APIS) {
    const api = listed.find((each: any) => each.key === key);
    deepStrictEqual([api.name, api.served], [name, versions]);
    ok(api.kafka[0] <= versions[0] && api.kafka[1] >= versions[1], name);
  }
  deepStrictEqual(
    (await jsonOf("apis --unserved")).map(({ name }: any) => name),
    listed.filter(({ state }: any) => state !== "served").map(({ name }: any) => name),
  );
  deepStrictEqual((await jsonOf("apis fetch PRODUCE")).map(({ key }: any) => key), [0, 1]);
});

Deno.test("streamer configs lists each kind's settings, and says why some have no effect", async () => {
  const { code, out } = await run(["configs", "topic"]);
  strictEqual(code, 0);
  match(out, /^cleanup\.policy +list +\(log\.cleanup\.policy\) +live +yes$/m);
  const all = await jsonOf("configs");
  const kinds = ["topic", "broker", "group", "client-metrics"];
  deepStrictEqual([...new Set(all.map(({ kind }: any) => kind))], kinds);
  for (const kind of kinds) {
    deepStrictEqual(
      await jsonOf(`configs ${kind}`),
      all.filter((each: any) => each.kind === kind),
    );
  }
  const [nodeId] = await jsonOf("configs broker --filter node.id");
  deepStrictEqual([nodeId.name, nodeId.type, nodeId.dynamic], ["node.id", "int", "no"]);
  for (const { name, reason, doc } of await jsonOf("configs --without-effect")) {
    ok(reason.length > 10 && doc.length > 10, name);
  }
});

Deno.test("streamer apis and configs name what they do not know", async () => {
  for (
    const [line, words] of [
      ["apis Telepathy", /no API "Telepathy"/],
      ["configs moon", /"moon" has settings: topic, broker, group, client-metrics do/],
    ] as const
  ) {
    const { code, err } = await run(line.split(" "));
    strictEqual(code, 2);
    match(err, words);
  }
});
