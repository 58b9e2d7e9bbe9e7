/**
 * The real executable, driven by kafka-python 2.0.2 (Debian's), and the original demo as it was.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  freePort,
  hasPythonModule,
  Program,
  root,
  runProgram,
  startStreamer,
  untilListening,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const python = "/usr/bin/python3";
const kafkaPython = {
  needs: "python3-kafka with python3-snappy, python3-lz4 and python3-zstandard",
  available: ["kafka", "snappy", "lz4", "zstandard"].every((module) => hasPythonModule(module)),
};
const flask = {
  needs: "python3-flask",
  available: kafkaPython.available && hasPythonModule("flask"),
};

for (const scenario of ["codecs", "admin", "groups", "times", "missing"]) {
  testWith(kafkaPython, `kafka-python: ${scenario}`, async () => {
    using folder = new TemporaryFolder();
    const args = ["--set", "group.initial.rebalance.delay.ms=100"];
    const { program, brokers } = await startStreamer({ data: `${folder.path}/data`, args });
    await using _ = program;
    const { printed } = await runProgram(python, [
      `${root}test/e2e/python/client.py`,
      brokers,
      scenario,
    ], {
      withinMs: 90_000,
    });
    match(printed, /held/);
    strictEqual(await program.stop(), 0, program.printed);
  });
}

testWith(
  flask,
  "The original demo: a Python producer of PNG bytes, and a Flask page that streams them",
  async () => {
    using folder = new TemporaryFolder();
    const { program, brokers } = await startStreamer({ data: `${folder.path}/data` });
    await using _broker = program;
    const picture = pngOfOnePixel();
    Deno.writeFileSync(`${folder.path}/picture.png`, picture);
    const port = freePort();
    const scripts = `${root}test/e2e/python`;
    await using producer = new Program(python, [
      `${scripts}/demo_producer.py`,
      brokers,
      "pictures",
      `${folder.path}/picture.png`,
      "0.5",
      "60",
    ]);
    await producer.untilPrinted(/sent/);
    await using viewer = new Program(python, [
      `${scripts}/demo_viewer.py`,
      brokers,
      "pictures",
      `${port}`,
    ]);
    await untilListening(port, viewer);
    const abort = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: abort.signal });
    match(response.headers.get("content-type")!, /^multipart\/x-mixed-replace; boundary=frame/);
    const parts: Uint8Array[] = [];
    const text = () =>
      new TextDecoder("latin1").decode(new Uint8Array(parts.flatMap((part) => [...part])));
    for await (const part of response.body!) {
      parts.push(part);
      if (text().split("--frame").length > 3) break;
    }
    abort.abort();
    ok(
      text().includes(new TextDecoder("latin1").decode(picture)),
      "the picture's bytes are in the stream",
    );
  },
);

/** A real PNG of one red pixel. */
function pngOfOnePixel(): Uint8Array {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = new Uint8Array(12 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
    return bytes;
  };
  const header = new Uint8Array([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const pixels = new Uint8Array(deflateSync(new Uint8Array([0, 255, 0, 0])));
  const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [
    signature,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
