/**
 * A broker's thread as the program has it, which can be made to crash: when a file of its name lies
 * in a folder. (Were the folder told in its address, each run would be another module to be
 * checked.)
 */
import { runCore } from "../../../src/node/cores/core_thread.ts";
import { denoPlatform } from "../../../src/platform/deno/mod.ts";
import { threadPort } from "../../../src/platform/deno/threads.ts";

const folder = Deno.env.get("STREAMER_TEST_CRASHES")!;
const { name } = globalThis as unknown as { name: string };

runCore(threadPort(), denoPlatform());

setInterval(() => {
  try {
    Deno.removeSync(`${folder}/crash ${name}`);
  } catch {
    return;
  }
  throw new Error(`${name} was made to crash`);
}, 20);
