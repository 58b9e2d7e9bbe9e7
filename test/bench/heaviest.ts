/**
 * Which single request holds up others for longest?
 *
 *   deno run -A test/bench/heaviest.ts [--elements 1000000] [--only DescribeConfigs]
 *
 * Takes every API and each array in it, fills that array with so many of the smallest elements
 * that say something (of a topic that is there, and of names that are not), and tells for how long
 * somebody else's smallest request waited, how long the answer took and how large it was.
 */
import { parseArgs } from "node:util";
import { ByteWriter, crc32c } from "../../src/bytes/mod.ts";
import { type Codec, CODECS, compress, encodeBatch } from "../../src/records/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { encodeMessage, encodeRequestHeader } from "../../src/protocol/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, root, startStreamer } from "../kit/programs.ts";
import { createTopic } from "../kit/raw_topics.ts";
import { arraysOf, wideRequest } from "../kit/wide_requests.ts";
import { RawClient } from "../kit/wire.ts";

const { values: options } = parseArgs({
  options: {
    elements: { type: "string", default: "100000" },
    only: { type: "string", default: "" },
    versions: { type: "string", default: "last" },
    least: { type: "string", default: "20" },
    others: { type: "boolean", default: false },
    program: { type: "string", default: `${root}bin/streamer` },
  },
});
const elements = Number(options.elements);

/** A batch around a payload, which says that it holds so many records. */
function batchOf(codec: Codec, count: number, payload: Uint8Array): Uint8Array {
  const packed = compress(codec, payload);
  const batch = new Uint8Array(61 + packed.length);
  batch.set(encodeBatch([{ value: new Uint8Array(1), timestamp: 1 }]).subarray(0, 61));
  batch.set(packed, 61);
  const view = new DataView(batch.buffer);
  view.setInt32(8, batch.length - 12);
  view.setInt16(21, CODECS.indexOf(codec));
  view.setInt32(23, count - 1);
  view.setInt32(57, count);
  view.setUint32(17, crc32c(batch, 21, batch.length));
  return batch;
}

/** So many of the smallest records there are: nothing in them but an offset. */
function smallest(count: number): Uint8Array {
  const writer = new ByteWriter(count * 10);
  for (let offset = 0; offset < count; offset++) {
    const record = new ByteWriter(16);
    record.int8(0);
    for (const each of [0, offset, -1, -1, 0]) record.varint(each);
    const bytes = record.finish();
    writer.varint(bytes.length);
    writer.bytes(bytes.slice());
  }
  return writer.finish();
}

/** One record with so many of the smallest headers. */
function headers(count: number): Uint8Array {
  const record = new ByteWriter(count * 2 + 20);
  record.int8(0);
  for (const each of [0, 0, -1, -1, count]) record.varint(each);
  record.bytes(new Uint8Array(count * 2).map((_, index) => index % 2)); // "" and null
  const writer = new ByteWriter(record.size + 8);
  writer.varint(record.size);
  writer.bytes(record.finish());
  return writer.finish();
}

/** What is heavy otherwise than by its arrays. */
function* others(): Generator<[what: string, api: string, version: number, body: unknown]> {
  const produce = (records: Uint8Array) => ({
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name: "abc", partitionData: [{ index: 0, records }] }],
  });
  for (const codec of CODECS) {
    if (codec === "none") continue;
    yield [
      `5,000,000 records in ${codec}`,
      "Produce",
      9,
      produce(batchOf(codec, 5e6, smallest(5e6))),
    ];
    yield [
      `20,000,000 headers in ${codec}`,
      "Produce",
      9,
      produce(batchOf(codec, 1, headers(2e7))),
    ];
    yield [
      `60 MB of zeros in ${codec}`,
      "Produce",
      9,
      produce(batchOf(codec, 1, new Uint8Array(6e7))),
    ];
  }
  yield ["100,000 records", "Produce", 9, produce(batchOf("none", 100_000, smallest(100_000)))];
  yield ["450,000 headers", "Produce", 9, produce(batchOf("none", 1, headers(450_000)))];
  const names = Array.from({ length: 3000 }, () => ({ name: "ü".repeat(16_000) }));
  yield ["3,000 names of 32 KB", "Metadata", 9, { topics: names }];
  const metadata = new Uint8Array(90_000_000);
  yield ["90 MB of metadata", "JoinGroup", 5, {
    groupId: "g",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: "",
    groupInstanceId: "i",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata }],
  }];
  yield ["90 MB of assignment", "SyncGroup", 3, {
    groupId: "g",
    memberId: "m",
    assignments: [{ memberId: "m", assignment: metadata }],
  }];
  for (const codec of CODECS) {
    yield [`60 MB of zeros in ${codec}`, "PushTelemetry", 0, {
      clientInstanceId: "js96ELYVTz-QDNMeTTnA4w",
      subscriptionId: 1,
      compressionType: CODECS.indexOf(codec),
      metrics: compress(codec, new Uint8Array(6e7)),
    }];
  }
}

using folder = new TemporaryFolder();
const { program, port } = await startStreamer({
  data: `${folder.path}/data`,
  program: options.program,
});
try {
  using other = await RawClient.connect(port);
  await createTopic(other, "abc");
  const rows: { what: string; bytes: number; held: number; took: number; answer: number }[] = [];
  for (const api of options.others ? [] : SERVED_APIS) {
    if (!api.name.includes(options.only) || api.name === "UnregisterBroker") continue;
    const version = options.versions === "first" ? api.versions[0] : api.versions[1];
    for (const path of arraysOf(api.request.fields, version)) {
      for (const naming of ["there", "missing"] as const) {
        const what = `${api.name} v${version} ${path.join(".")} ${naming}`;
        let frame: Uint8Array;
        try {
          frame = frameOf(
            api,
            version,
            wideRequest(api.request.fields, path, { elements, naming }),
          );
        } catch (error) {
          console.error(`${what}: ${error instanceof Error ? error.message : error}`);
          continue;
        }
        const row = { what, bytes: frame.length, ...await measured(frame) };
        if (row.held >= Number(options.least)) rows.push(row);
        console.error(
          `${what}: ${row.bytes} bytes, others wait ${row.held.toFixed(0)} ms, ` +
            `takes ${row.took.toFixed(0)} ms, ${row.answer} bytes`,
        );
      }
    }
  }
  for (const [what, api, version, body] of others()) {
    if (!what.includes(options.only) && !api.includes(options.only)) continue;
    const frame = frameOf(SERVED_APIS.find(({ name }) => name === api)!, version, body);
    rows.push({
      what: `${api} v${version}: ${what}`,
      bytes: frame.length,
      ...await measured(frame),
    });
    console.error(JSON.stringify(rows.at(-1)));
  }
  rows.sort((a, b) => b.held - a.held);
  for (const { what, bytes, held, took, answer } of rows) {
    console.log(
      `| ${what} | ${(bytes / 1e6).toFixed(1)} | ${held.toFixed(0)} | ${took.toFixed(0)} | ${
        (answer / 1e6).toFixed(1)
      } |`,
    );
  }
} finally {
  await program.stop();
}

function frameOf(api: typeof SERVED_APIS[number], version: number, body: unknown): Uint8Array {
  const writer = new ByteWriter();
  const size = writer.reserveInt32();
  const header = { apiKey: api.key, apiVersion: version, correlationId: 7, clientId: "heavy" };
  encodeRequestHeader(writer, header);
  encodeMessage(api.request, body, version, writer);
  size.set(writer.size - 4);
  return writer.finish();
}

/** Sends the frame; meanwhile someone else asks for something small again and again. */
async function measured(frame: Uint8Array) {
  using other = await RawClient.connect(port);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isDone = false;
  let held = 0;
  const beside = (async () => {
    while (!isDone) {
      const began = performance.now();
      await other.ask("ApiVersions", 2, {}).catch(() => {});
      held = Math.max(held, performance.now() - began);
      await pause(1);
    }
  })();
  await pause(20);
  const began = performance.now();
  const timer = setTimeout(() => connection.close(), 60_000);
  let answer = 0;
  try {
    const into = new Uint8Array(1 << 20);
    for (let at = 0; at < frame.length;) at += await connection.write(frame.subarray(at));
    let size = 4;
    while (answer < size) {
      const got = await connection.read(into);
      if (got === null) break;
      if (answer === 0) size = 4 + new DataView(into.buffer).getInt32(0);
      answer += got;
    }
  } catch { /* closed */ }
  const took = performance.now() - began;
  clearTimeout(timer);
  try {
    connection.close();
  } catch { /* it is closed */ }
  isDone = true;
  await beside;
  return { held, took, answer };
}
