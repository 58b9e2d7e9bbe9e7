/** Commands that meet a cluster, as a person types them. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { brokerTest, startBroker, uniqueName } from "../kit/broker.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { run, type TerminalOptions } from "../kit/terminal.ts";

type Streamer = (line: string | string[], options?: TerminalOptions) => ReturnType<typeof run>;

function withStreamer(
  name: string,
  test: (streamer: Streamer, topic: string) => Promise<void>,
): void {
  brokerTest(name, async () => {
    await using broker = await startBroker();
    const env = { STREAMER_BROKERS: broker.brokers };
    const streamer: Streamer = (line, options) =>
      run(typeof line === "string" ? line.split(" ") : line, { env, ...options });
    const topic = uniqueName("cli");
    try {
      await test(streamer, topic);
    } finally {
      await streamer(`topic delete ${topic} --if-exists`);
    }
  });
}

withStreamer("A topic is made, listed, described and deleted", async (streamer, topic) => {
  const made = await streamer(
    `topic create ${topic} --partitions 3 --config retention.ms=123456789`,
  );
  deepStrictEqual(
    [made.code, made.out],
    [0, `Topic ${topic} has 3 partitions with 1 replica\n`],
    made.err,
  );

  const again = await streamer(`topic create ${topic}`);
  strictEqual(again.code, 1);
  match(again.err, /Cannot make the topic/);
  match(again.err, /--if-not-exists/);
  strictEqual((await streamer(`topic create ${topic} --if-not-exists`)).code, 0);

  match((await streamer("topic list")).out, new RegExp(`^${topic} +3 +1$`, "m"));
  const listed = JSON.parse((await streamer("topic list --json")).out);
  const { topicId } = listed.find(({ name }: { name: string }) => name === topic);
  strictEqual(topicId.length, 22);

  const shown = (await streamer(`topic describe ${topic}`)).out;
  match(shown, /retention\.ms +123456789 +set for this topic/);
  match(shown, /^An acknowledged record survives a crash of the broker.* one replica\.$/m);
  const [described] = JSON.parse((await streamer(`topic describe ${topic} --json`)).out);
  deepStrictEqual([described.topicId, described.partitions.length, described.configs], [
    topicId,
    3,
    { "retention.ms": "123456789" },
  ]);
  strictEqual(described.acknowledgement.acksAll.crash, true);
  ok(shown.includes(described.acknowledgement.sentence));

  strictEqual((await streamer(`topic delete ${topic}`)).out, `Topic ${topic} is deleted\n`);
  const gone = await streamer(`topic describe ${topic}`);
  strictEqual(gone.code, 1);
  match(gone.err, new RegExp(`Topic "${topic}" does not exist\nMake it by: streamer topic create`));
});

withStreamer("Lines become records and records lines", async (streamer, topic) => {
  await streamer(`topic create ${topic} --partitions 1`);
  const produced = await streamer(`produce ${topic} --key-separator : --header a=b`, {
    stdin: "k1:one\nk2:two:2\nk3:\n",
  });
  deepStrictEqual([produced.code, produced.err], [
    0,
    `Wrote 3 records to ${topic}: partition 0 up to offset 2\n`,
  ]);
  strictEqual(
    (await streamer(`consume ${topic} --from beginning --until end`)).out,
    "one\ntwo:2\n\n",
  );
  strictEqual((await streamer(`consume ${topic} --from 1 --max-messages 1`)).out, "two:2\n");
  const format = [
    "consume",
    topic,
    "--from",
    "-5m",
    "--until",
    "end",
    "--format",
    "{offset} {key}={value} {headers}\\n",
  ];
  strictEqual((await streamer(format)).out, "0 k1=one a=b\n1 k2=two:2 a=b\n2 k3= a=b\n");
  const [first] = (await streamer(`consume --topic ${topic} --from beginning --until end --json`))
    .out.split("\n");
  const { key, value, headers, offset } = JSON.parse(first);
  deepStrictEqual([key, value, headers, offset], ["k1", "one", { a: "b" }, 0]);
  const missing = await streamer(`produce ${topic} --key-separator ::`, { stdin: "a::b\nc\n" });
  deepStrictEqual([missing.code, missing.err], [1, `Line 2 has no "::" between key and value\n`]);
});

withStreamer(
  "A file is a record byte for byte, with every codec and any acks",
  async (streamer, topic) => {
    using folder = new TemporaryFolder();
    const picture = crypto.getRandomValues(new Uint8Array(50_000));
    Deno.writeFileSync(`${folder.path}/a.jpg`, picture);
    Deno.writeTextFileSync(`${folder.path}/a.txt`, "1\n2\n3");
    await streamer(`topic create ${topic} --partitions 1`);
    for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      const line = `produce ${topic} --file a.jpg --compression ${compression}`;
      strictEqual((await streamer(line, { workingDirectory: folder.path })).code, 0);
    }
    const { outBytes } = await streamer(
      `consume ${topic} --from beginning --until end --format raw`,
    );
    deepStrictEqual(outBytes, new Uint8Array(Array(5).fill([...picture]).flat()));
    for (const acks of ["0", "1", "all"]) {
      const line = `produce ${topic} --file a.txt --lines --acks ${acks}`;
      strictEqual((await streamer(line, { workingDirectory: folder.path })).code, 0);
    }
    strictEqual(
      (await streamer(`consume ${topic} --from 5 --max-messages 9`)).out,
      "1\n2\n3\n".repeat(3),
    );
    const nowhere = await streamer(`produce ${topic} --file none.jpg`, {
      workingDirectory: folder.path,
    });
    strictEqual(nowhere.code, 1);
    match(nowhere.err, /^Cannot read .*none\.jpg: /);
  },
);

withStreamer(
  "A live consumer prints what comes, and ends at ^C, at its timeout, or when nobody reads",
  async (streamer, topic) => {
    await streamer(`topic create ${topic} --partitions 1`);
    await streamer(`produce ${topic}`, { stdin: "old\n" });
    const stop = new AbortController();
    const onOut = (out: string) =>
      out.includes("new\n") && stop.abort(new DOMException("^C", "AbortError"));
    const live = streamer(`consume ${topic}`, { signal: stop.signal, onOut });
    const producing = (async () => {
      for (let n = 0; !stop.signal.aborted && n < 50; n++) {
        await streamer(`produce ${topic}`, { stdin: "new\n" });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const { code, out } = await live;
    await producing;
    deepStrictEqual([code, out.includes("old")], [0, false]);

    const began = performance.now();
    const idle = await streamer(`consume ${topic} --timeout 300ms`);
    deepStrictEqual([idle.code, idle.out], [0, ""]);
    ok(performance.now() - began >= 250);

    const broken = await streamer(`consume ${topic} --from beginning`, { pipeBreaksAfter: 2 });
    deepStrictEqual([broken.code, broken.err], [0, ""]);
  },
);

withStreamer(
  "A group reads on where it was, and what was not printed is not committed",
  async (streamer, topic) => {
    const group = uniqueName("group");
    await streamer(`topic create ${topic} --partitions 1`);
    await streamer(`produce ${topic}`, { stdin: "1\n2\n3\n4\n" });
    const consume =
      `consume ${topic} --group ${group} --from beginning --timeout 20s --max-messages`;
    strictEqual((await streamer(`${consume} 1`)).out, "1\n");
    strictEqual((await streamer(`${consume} 2`)).out, "2\n3\n");
    const [described] = JSON.parse((await streamer(`group describe ${group} --json`)).out);
    deepStrictEqual([described.offsets[0].committed, described.offsets[0].lag], [3, 1]);
    match(
      (await streamer(`group describe ${group}`)).out,
      new RegExp(`^${topic} +0 +3 +4 +1`, "m"),
    );
    ok(
      JSON.parse((await streamer("group list --json")).out).some((
        { groupId }: { groupId: string },
      ) => groupId === group),
    );
  },
);

withStreamer("A group is sent elsewhere, forgets, and goes", async (streamer, topic) => {
  const group = uniqueName("group");
  const out = async (line: string) => {
    const { code, out, err } = await streamer(line);
    strictEqual(code, 0, `${line}: ${err}`);
    return out;
  };
  const at = async () => {
    const [{ offsets }] = JSON.parse(await out(`group describe ${group} --json`));
    return offsets.map(({ committed }: any) => committed);
  };
  await streamer(`topic create ${topic} --partitions 2`);
  await streamer(`produce ${topic} --partition 0`, { stdin: "1\n2\n3\n4\n" });

  const to = `group reset ${group} --topic ${topic}:0`;
  match(await out(`${to} --to beginning`), new RegExp(`^${topic} +0 +0$`, "m"));
  strictEqual((await streamer(`group describe ${group}`)).code, 1, "nothing was to change");
  const reset = async (where: string) => (await out(`${to} ${where} --execute`), await at());
  deepStrictEqual(await reset("--to 3"), [3]);
  deepStrictEqual(await reset("--to 99"), [4]);
  deepStrictEqual(await reset("--by -3"), [1]);
  deepStrictEqual(await reset("--by -3"), [0]);
  deepStrictEqual(await reset("--to now"), [4]);
  deepStrictEqual(await reset("--to -1h"), [0]);
  deepStrictEqual(await reset("--to end"), [4]);
  await out(`group reset ${group} --topic ${topic} --to current --execute`);
  deepStrictEqual(await at(), [4, 0]);

  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(`${folder.path}/plan.csv`, await out(`${to} --to 2 --csv`));
  strictEqual(Deno.readTextFileSync(`${folder.path}/plan.csv`), `${topic},0,2\n`);
  await out(`group reset ${group} --from-file ${folder.path}/plan.csv --execute`);
  deepStrictEqual(await at(), [2, 0]);
  const listed = async (state: string) =>
    JSON.parse(await out(`group list --state ${state} --json`)).some((each: any) =>
      each.groupId === group
    );
  deepStrictEqual([await listed("EMPTY"), await listed("stable")], [true, false]);

  for (
    const [line, says] of [
      [`${to}`, /One of --to, --by and --from-file is needed/],
      [`${to} --to yesterday`, /--to cannot be "yesterday"/],
      [`group reset ${group} --topic ${topic}:7 --to end`, /has no partition 7/],
      [`group reset ${uniqueName("new")} --topic ${topic} --by 1`, /has read nothing of/],
      [`group forget ${uniqueName("new")} --topic ${topic}`, /Cannot forget/],
    ] as const
  ) {
    const { code, err } = await streamer(line);
    ok(code !== 0, line);
    match(err, says);
  }

  await out(`group forget ${group} --topic ${topic}:0`);
  deepStrictEqual(await at(), [0]);
  strictEqual(await out(`group delete ${group}`), `Group ${group} is deleted\n`);
  match((await streamer(`group delete ${group}`)).err, /Cannot delete the group/);
});

withStreamer(
  "Anyone's plugin runs from a file in an empty folder, without imports",
  async (streamer, topic) => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(
      `${folder.path}/my_plugin.ts`,
      `export default {
      kind: "source",
      name: "counter",
      summary: "Counts",
      topic: "${topic}",
      options: (z) => z.object({ count: z.number().int().min(1).default(3), every: z.number().default(1).meta({ unit: "ms" }) }),
      async *run({ count, every }: any, { signal }: any) {
        for (let n = 1; n <= count && !signal.aborted; n++) {
          yield { key: "k", value: String(n), headers: { from: "plugin" } };
          await new Promise((resolve) => setTimeout(resolve, every));
        }
      },
    };`,
    );
    Deno.writeTextFileSync(
      `${folder.path}/sink.ts`,
      `export default {
      kind: "sink", name: "sum", summary: "Adds up", topic: "${topic}",
      options: (z) => z.object({ until: z.number().default(10) }),
      write(records, { until }, { status }) {
        globalThis.sum = (globalThis.sum ?? 0) + records.reduce((sum, { value }) => sum + Number(new TextDecoder().decode(value)), 0);
        status({ sum: globalThis.sum });
        return Promise.resolve();
      },
    };`,
    );
    const here = { workingDirectory: folder.path };
    match(
      (await streamer("run ./my_plugin.ts --help", here)).out,
      /--count N +\(default 3, at least 1\)/,
    );
    const ran = await streamer("run ./my_plugin.ts --count 4 --every 2ms", here);
    strictEqual(ran.code, 0, ran.err);
    match(ran.err, /published 4/);
    strictEqual(
      (await streamer(`consume ${topic} --from beginning --until end`)).out,
      "1\n2\n3\n4\n",
    );

    const wrong = await streamer("run ./my_plugin.ts --count 0", here);
    deepStrictEqual([wrong.code, /--count cannot be 0/.test(wrong.err)], [2, true]);

    const stop = new AbortController();
    const onOut = (out: string) =>
      out.includes(`"written":4`) && stop.abort(new DOMException("^C", "AbortError"));
    const sink = await streamer(`run ./sink.ts --group ${uniqueName("sum")} --json`, {
      ...here,
      signal: stop.signal,
      onOut,
    });
    strictEqual(sink.code, 0, sink.err);
    match(sink.out, /"sum":10/);
  },
);

withStreamer("The status of a cluster ends with what it comes to", async (streamer, topic) => {
  await streamer(`topic create ${topic} --partitions 3`);
  const { code, out } = await streamer("cluster status");
  strictEqual(code, 0, out);
  match(out, /^Quorum +leader \d+, epoch \d+, high watermark \d+$/m);
  match(out, /^ +\d+ +leader +0 +0ms +0ms$/m);
  match(out, /^Offline +0$/m);
  match(out, /\nAll is well[^\n]*\.\n$/);
  const status = JSON.parse((await streamer("cluster status --json")).out);
  strictEqual(status.health.isWell, true);
  deepStrictEqual(status.offline, { count: 0, partitions: [] });
  ok(status.partitions >= 3);

  const stop = new AbortController();
  const seen: string[] = [];
  const watched = await streamer("cluster status --watch --every 100ms --json", {
    signal: stop.signal,
    onOut: (text) => {
      seen.push(text);
      if (text.split("\n").length > 3) stop.abort(new DOMException("^C", "AbortError"));
    },
  });
  strictEqual(watched.code, 0, watched.err);
  for (const line of watched.out.trim().split("\n")) {
    strictEqual(JSON.parse(line).health.isWell, true);
  }

  const nobody = await run(["cluster", "status", "--brokers", "127.0.0.1:1"]);
  deepStrictEqual([nobody.code, nobody.out], [1, ""]);
  match(nobody.err, /Cannot reach 127\.0\.0\.1:1: connection refused/);
});
