/**
 * A start with much on disk reads little of it: after a clean stop, and after a kill as well. What
 * it reads is counted by the system. How long it takes is for `test/bench/startup.ts` to say.
 */
import { ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { type Program, startStreamer } from "../kit/programs.ts";
import { createTopic, produce, readAll } from "../kit/raw_topics.ts";
import { testWith } from "../kit/skip.ts";
import { inflate } from "../kit/sparse_segments.ts";
import { RawClient } from "../kit/wire.ts";

const SEGMENTS = 100;
const GIB = 2 ** 30;
/** The program's own text and what every start looks at, with room to spare. */
const MOST_READ = 0.25 * GIB;

testWith(
  { needs: "/proc/PID/io", available: Deno.build.os === "linux" },
  "Of 100 GiB a start reads next to nothing, after a clean stop and after a kill",
  async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/data`;
    const { program, port } = await startStreamer({ data });
    using client = await RawClient.connect(port);
    await createTopic(client, "large", { configs: { "segment.bytes": "1048576" } });
    for (let i = 0; i < SEGMENTS + 2; i++) {
      await produce(client, { topic: "large" }, [`${i} ${"x".repeat(600_000)}`]);
    }
    strictEqual(await program.stop(), 0);
    ok(inflate(`${data}/large-0`, GIB) >= (SEGMENTS - 1) * GIB);

    const afterStop = await startStreamer({ data });
    const read = bytesRead(afterStop.program);
    ok(read < MOST_READ, `${read} bytes were read after a clean stop`);
    using writer = await RawClient.connect(afterStop.port);
    await produce(writer, { topic: "large" }, ["after the stop"]);
    afterStop.program.kill("SIGKILL");
    await afterStop.program.exited;

    const afterKill = await startStreamer({ data });
    const readAgain = bytesRead(afterKill.program);
    ok(readAgain < MOST_READ, `${readAgain} bytes were read after a kill`);
    using reader = await RawClient.connect(afterKill.port);
    const last = await readAll(reader, { topic: "large", from: SEGMENTS });
    strictEqual(last.at(-1)!.value, "after the stop");
    strictEqual(last.length, 3);
    strictEqual(await afterKill.program.stop(), 0);
  },
);

const bytesRead = ({ pid }: Program): number =>
  Number(/^rchar: (\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/io`))![1]);
