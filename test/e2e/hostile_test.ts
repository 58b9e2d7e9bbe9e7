/**
 * The real program among hostile clients. Every case ends in Kafka's error code or a closed
 * connection with one line in the log; whoever behaves is served all the while, and memory stays
 * within a bound. All is bounded in count and time. Damaged requests are in `mutants_test.ts`.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createZstdCompress, gzipSync } from "node:zlib";
import { MAX_ELEMENTS } from "../../src/broker/mod.ts";
import { ByteWriter, crc32c, EncodeError } from "../../src/bytes/mod.ts";
import {
  type ApiName,
  encodeMessage,
  encodeRequestHeader,
  FetchRequest,
} from "../../src/protocol/mod.ts";
import { compress, encodeBatch } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { FUZZED_APIS } from "../kit/messages.ts";
import { FAULTS, hasProgram, linesOf, pause, runProgram, startStreamer } from "../kit/programs.ts";
import { createTopic, deleteTopic, produce, produceBytes, readAll } from "../kit/raw_topics.ts";
import { arraysOf, wideRequest } from "../kit/wide_requests.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const megabytesOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) / 1024;
const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port });

/** Reads to the end; how many bytes came, and whether the other side closed within the time. */
async function untilClosed(connection: Deno.TcpConn, withinMs: number) {
  let bytes = 0;
  let isLate = false;
  const timer = setTimeout(() => (isLate = true, close(connection)), withinMs);
  const into = new Uint8Array(65_536);
  try {
    for (let got; (got = await connection.read(into)) !== null;) bytes += got;
  } catch { /* a reset is an end too */ }
  clearTimeout(timer);
  close(connection);
  return { bytes, closed: !isLate };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch { /* it is closed */ }
}

function summed(batch: Uint8Array): Uint8Array {
  new DataView(batch.buffer, batch.byteOffset).setUint32(17, crc32c(batch, 21, batch.length));
  return batch;
}

/** A batch of one record, or so it says, whose payload is anything. */
function batchAround(codec: number, payload: Uint8Array): Uint8Array {
  const one = encodeBatch([{ value: new Uint8Array(1), timestamp: 1 }]);
  const batch = new Uint8Array(61 + payload.length);
  batch.set(one.subarray(0, 61));
  batch.set(payload, 61);
  const view = new DataView(batch.buffer);
  view.setInt32(8, batch.length - 12);
  view.setInt16(21, codec);
  return summed(batch);
}

/** A gigabyte of zeros. */
async function zstdBomb(): Promise<Uint8Array> {
  const stream = createZstdCompress();
  const parts: Uint8Array[] = [];
  stream.on("data", (part: Uint8Array) => parts.push(part));
  const ended = new Promise((resolve) => stream.once("end", resolve));
  for (let i = 0; i < 64; i++) {
    if (!stream.write(new Uint8Array(1 << 24))) await new Promise((go) => stream.once("drain", go));
  }
  stream.end();
  await ended;
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

Deno.test("Bombs, lies and floods end in an error or a closed connection, and nobody else notices", async () => {
  using folder = new TemporaryFolder();
  const { program, port, brokers } = await startStreamer({ data: `${folder.path}/data` });
  await using _ = program;
  using good = await RawClient.connect(port);
  using liar = await RawClient.connect(port);
  for (const topic of ["abc", "good", "lies"]) strictEqual(await createTopic(good, topic), 0);
  const before = megabytesOf(program.pid);
  let isDone = false;
  const beside = (async () => {
    let records = 0;
    while (!isDone) {
      const answer = await produce(good, { topic: "good" }, [`${records}`]);
      ok(answer !== HUNG_UP && answer.errorCode === 0 && answer.baseOffset === records++);
      await pause(5);
    }
    return records;
  })();
  beside.catch(() => {}); // what failed first is told

  // They come and go by the thousand, and say nothing or not enough.
  await Promise.all(Array.from({ length: 20 }, async () => {
    for (let left = 100; left > 0; left--) {
      const connection = await connect(port);
      await connection.write(new Uint8Array([0, 0, 0, left])).catch(() => {});
      close(connection);
    }
  }));

  const bomb = await zstdBomb();
  const zeros = new Uint8Array(1 << 28);
  const lies: [string, Uint8Array, number][] = [
    ["a gigabyte in zstd", batchAround(4, bomb), 10],
    ["256 MiB in gzip", batchAround(1, gzipSync(zeros)), 10],
    ["256 MiB in lz4", batchAround(3, compress("lz4", zeros)), 10],
    ["64 MiB in snappy", batchAround(2, compress("snappy", zeros.subarray(1, 1 << 26))), 10],
    [
      "snappy that announces 2 GiB",
      batchAround(2, new Uint8Array([255, 255, 255, 255, 7, 0, 0])),
      2,
    ],
    ["a codec that is none", batchAround(7, new Uint8Array(99)), 2],
    ["no zstd", batchAround(4, new Uint8Array(99).fill(7)), 2],
    ["a bad checksum", batchAround(0, new Uint8Array(9)).fill(9, 17, 21), 2],
  ];
  for (const [what, batch, code] of lies) {
    const answer = await produceBytes(liar, { topic: "lies" }, batch);
    ok(answer !== HUNG_UP && answer.errorCode === code, `${what}: ${JSON.stringify(answer)}`);
  }
  // A hundred bombs in one request take the time of one.
  const partitionData = Array.from(
    { length: 100 },
    () => ({ index: 0, records: batchAround(4, bomb) }),
  );
  const began = performance.now();
  await liar.ask("Produce", 9, {
    acks: 1,
    timeoutMs: 9,
    topicData: [{ name: "lies", partitionData }],
  });
  ok(performance.now() - began < 30_000, `took ${performance.now() - began} ms`);

  isDone = true;
  const records = await beside;
  strictEqual((await readAll(good, { topic: "good" })).length, records);
  const { printed } = await runProgram("kcat", ["-b", brokers, "-L", "-t", "good"], {
    mayFail: true,
  });
  if (hasProgram("kcat")) match(printed, /topic "good" with 1 partitions/);
  deepStrictEqual(linesOf(program, FAULTS), []);
  const grown = megabytesOf(program.pid) - before;
  ok(grown < 400, `${grown} MB more than before`);
  strictEqual(await program.stop(), 0, program.printed);
});

Deno.test("Any array of any API may be full, or beyond: an answer or a closed connection, and no wait", async () => {
  using folder = new TemporaryFolder();
  const args = ["--set", "group.initial.rebalance.delay.ms=0"];
  const { program, port } = await startStreamer({ data: `${folder.path}/data`, args });
  await using _ = program;
  using good = await RawClient.connect(port);
  strictEqual(await createTopic(good, "abc"), 0);
  for (const { name, request, versions: [, version], maxElements = MAX_ELEMENTS } of FUZZED_APIS) {
    for (const path of arraysOf(request.fields, version)) {
      // Those around it count too.
      for (const elements of [maxElements - path.length, maxElements + 1]) {
        using wide = await RawClient.connect(port);
        const body = wideRequest(request.fields, path, { elements, naming: "missing" });
        let isAnswered = true;
        try {
          isAnswered = await wide.ask(name as ApiName, version, body) !== HUNG_UP;
        } catch (error) {
          // Elements that are no value of this version are not sent; a broken pipe is a hang-up.
          if (error instanceof EncodeError) continue;
          if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
          isAnswered = false;
        }
        if (elements > maxElements) strictEqual(isAnswered, false, `${name} ${path}`);
        const began = performance.now();
        await good.ask("ApiVersions", 0, {});
        ok(performance.now() - began < 20_000, `others wait behind ${name} ${path}`);
      }
    }
  }
  deepStrictEqual(linesOf(program, FAULTS), []);
  strictEqual(await program.stop(), 0, program.printed);
});

Deno.test("Clients that say nothing, a byte at a time, too much, or never read: bounded, one line, out", async () => {
  using folder = new TemporaryFolder();
  const args = ["--set", "connections.max.idle.ms=2000", "--set", "max.connections.per.ip=700"];
  const { program, port } = await startStreamer({ data: `${folder.path}/data`, args });
  await using _ = program;
  using good = await RawClient.connect(port);
  strictEqual(await createTopic(good, "big"), 0);
  for (let i = 0; i < 20; i++) await produce(good, { topic: "big" }, ["x".repeat(900_000)]);
  const before = megabytesOf(program.pid);

  const silent = connect(port).then((connection) => untilClosed(connection, 6000));
  const slow = await connect(port);
  const dripping = (async () => {
    for (const byte of [0, 0, 0, 99, 0, 3]) {
      await slow.write(new Uint8Array([byte])).catch(() => {});
      await pause(700);
    }
  })();
  const dripped = untilClosed(slow, 8000);

  // 1,000 requests at once, whose answers come in order.
  const many = await connect(port);
  const fetches = new ByteWriter();
  for (let id = 0; id < 1000; id++) fetches.bytes(fetchOf(id, 1));
  const flood = fetches.finish();
  const sent = (async () => {
    for (let at = 0; at < flood.length;) at += await many.write(flood.subarray(at));
  })();
  await idsOf(many, 40); // the rest is never read
  close(many);
  await sent.catch(() => {});

  // 16 who never read, with 18 MB for each of 50 requests.
  const deaf = await Promise.all(Array.from({ length: 16 }, () => connect(port)));
  for (const connection of deaf) {
    for (let id = 0; id < 50; id++) await connection.write(fetchOf(id, 50_000_000));
  }
  const crowd = await Promise.all(Array.from({ length: 500 }, () => connect(port)));
  let most = 0;
  for (let i = 0; i < 30; i++) {
    const began = performance.now();
    strictEqual((await good.ask("Metadata", 5, { topics: [] })).errorCode ?? 0, 0);
    ok(performance.now() - began < 20_000, "someone else is served meanwhile");
    most = Math.max(most, megabytesOf(program.pid));
    await pause(100);
  }
  ok(most - before < 500, `${most - before} MB more than before`);
  ok((await silent).closed && (await dripped).closed);
  await dripping;
  for (const connection of [...crowd, ...deaf]) close(connection);
  ok(linesOf(program, /asked for nothing whole within 2000 ms/).length >= 2, program.printed);
  deepStrictEqual(linesOf(program, FAULTS), []);
  strictEqual(await program.stop(), 0, program.printed);
});

Deno.test("Thirty thousand requests of one client in a row do not keep another's from being answered", async () => {
  using folder = new TemporaryFolder();
  const { program, port } = await startStreamer({ data: `${folder.path}/data` });
  await using _ = program;
  using good = await RawClient.connect(port);
  const flooding = await connect(port);
  const one = new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]); // ApiVersions v0
  const count = 30_000;
  const flood = new Uint8Array(count * one.length);
  for (let index = 0; index < count; index++) flood.set(one, index * one.length);
  let answered = 0;
  const reading = (async () => {
    const into = new Uint8Array(1 << 20);
    while (answered < count * 300) answered += await flooding.read(into) ?? 0;
  })();
  const sending = (async () => {
    for (let at = 0; at < flood.length;) at += await flooding.write(flood.subarray(at));
  })();
  await pause(20);
  for (let asks = 0; asks < 5; asks++) await good.ask("Metadata", 9, { topics: [] });
  ok(answered < count * 300 / 2, `${answered} bytes of others' answers came first`);
  await Promise.all([sending, reading]);
  close(flooding);
  strictEqual(await program.stop(), 0, program.printed);
});

function fetchOf(correlationId: number, maxBytes: number): Uint8Array {
  const writer = new ByteWriter();
  const size = writer.reserveInt32();
  encodeRequestHeader(writer, { apiKey: 1, apiVersion: 11, correlationId, clientId: "deaf" });
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: maxBytes }];
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes, topics: [{ topic: "big", partitions }] };
  encodeMessage(FetchRequest, request, 11, writer);
  size.set(writer.size - 4);
  return writer.finish();
}

/** Reads so many answers; their correlation ids must count up from 0. */
async function idsOf(connection: Deno.TcpConn, count: number): Promise<void> {
  let rest = new Uint8Array(0);
  const into = new Uint8Array(1 << 20);
  for (let next = 0; next < count;) {
    const got = await connection.read(into);
    ok(got !== null, `hung up after ${next} answers`);
    const joined = new Uint8Array(rest.length + got);
    joined.set(rest);
    joined.set(into.subarray(0, got), rest.length);
    rest = joined;
    for (;;) {
      const view = new DataView(rest.buffer, rest.byteOffset, rest.length);
      if (rest.length < 8 || rest.length < 4 + view.getInt32(0)) break;
      strictEqual(view.getInt32(4), next++);
      rest = rest.slice(4 + view.getInt32(0));
    }
  }
}

Deno.test("Fifty create one topic at once: one does; deleting it under producers and readers ends them well", async () => {
  using folder = new TemporaryFolder();
  const { program, port } = await startStreamer({ data: `${folder.path}/data` });
  await using _ = program;
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(port)));
  const codes = await Promise.all(clients.map((client) => createTopic(client, "one")));
  deepStrictEqual(
    [codes.filter((code) => code === 0).length, codes.filter((c) => c === 36).length],
    [1, 49],
  );

  let isDone = false;
  const allowed = [0, 3, 5, 6, 100];
  const at = clients.slice(0, 8).map(async (client, i) => {
    for (let n = 0; !isDone; n++) {
      const answer = await produce(client, { topic: "one", acks: i % 2 ? 1 : -1 }, [`${i} ${n}`]);
      ok(answer !== HUNG_UP && allowed.includes(answer.errorCode), JSON.stringify(answer));
      if (answer.errorCode !== 0) await pause(5);
    }
  });
  const readers = clients.slice(8, 12).map(async (client) => {
    while (!isDone) {
      await readAll(client, { topic: "one" }).catch(({ message }) =>
        match(message, /: (3|6|1|100)$|nothing at/)
      );
      await pause(5);
    }
  });
  for (let round = 0; round < 10; round++) {
    await pause(60);
    strictEqual(await deleteTopic(clients[49], "one"), 0);
    await pause(20);
    strictEqual(await createTopic(clients[49], "one"), 0);
  }
  await pause(60);
  isDone = true;
  await Promise.all([...at, ...readers]);
  ok((await readAll(clients[0], { topic: "one" })).length > 0);
  deepStrictEqual(linesOf(program, / error |unexpected/), []);
  for (const client of clients) client[Symbol.dispose]();
  strictEqual(await program.stop(), 0, program.printed);
});
