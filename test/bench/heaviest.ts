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
import { ByteWriter } from "../../src/bytes/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import {
  encodeMessage,
  encodeRequestHeader,
  type Field,
  type Fields,
} from "../../src/protocol/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, root, startStreamer } from "../kit/programs.ts";
import { createTopic } from "../kit/raw_topics.ts";
import { RawClient } from "../kit/wire.ts";

const { values: options } = parseArgs({
  options: {
    elements: { type: "string", default: "100000" },
    only: { type: "string", default: "" },
    versions: { type: "string", default: "last" },
    least: { type: "string", default: "20" },
    program: { type: "string", default: `${root}bin/streamer` },
  },
});
const elements = Number(options.elements);

/** Names of each array in a message, from the outside in. */
function* arrays(fields: Fields, version: number, path: string[] = []): Generator<string[]> {
  for (const [name, field] of Object.entries(fields)) {
    if (version < (field.since ?? 0) || version > (field.until ?? Infinity)) continue;
    const inner = field.kind === "array" ? field.element! : field;
    if (field.kind === "array") yield [...path, name];
    if (inner.kind === "struct") yield* arrays(inner.fields!, version, [...path, name]);
  }
}

type Naming = "there" | "missing";

function valueOf(field: Field, at: string[], name: string, index: number, naming: Naming): unknown {
  switch (field.kind) {
    case "struct":
      return structOf(field.fields!, at, index, naming);
    case "array": {
      if (at[0] !== name) return [];
      const count = at.length === 1 ? elements : 1;
      return Array.from(
        { length: count },
        (_, each) => valueOf(field.element!, at.slice(1), name, each, naming),
      );
    }
    case "string":
      if (naming === "there" && /topic|name/i.test(name)) return "abc";
      return naming === "there" && /resource/i.test(name) ? "abc" : `x${index}`;
    case "int8":
      return name === "resourceType" ? 2 : name === "keyType" ? 0 : 1;
    case "int16":
      return 1;
    case "int32":
      return /partition|index/i.test(name) ? (naming === "there" ? 0 : index) : 1;
    case "uint32":
    case "uint16":
    case "float64":
      return 1;
    case "int64":
      return 0;
    default:
      return undefined;
  }
}

const structOf = (fields: Fields, at: string[], index: number, naming: Naming) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, valueOf(field, at, name, index, naming)]),
  );

using folder = new TemporaryFolder();
const { program, port } = await startStreamer({
  data: `${folder.path}/data`,
  program: options.program,
});
try {
  using other = await RawClient.connect(port);
  await createTopic(other, "abc");
  const rows: { what: string; bytes: number; held: number; took: number; answer: number }[] = [];
  for (const api of SERVED_APIS) {
    if (!api.name.includes(options.only) || api.name === "UnregisterBroker") continue;
    const version = options.versions === "first" ? api.versions[0] : api.versions[1];
    for (const path of arrays(api.request.fields, version)) {
      for (const naming of ["there", "missing"] as const) {
        const what = `${api.name} v${version} ${path.join(".")} ${naming}`;
        let frame: Uint8Array;
        try {
          frame = frameOf(api, version, structOf(api.request.fields, path, 0, naming));
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
