/**
 * A broker's thread as the program has it, which can be made to crash: when a file of its name lies
 * in the folder that its address tells.
 */
import { runCore } from "../../../src/node/cores/core_thread.ts";
import { denoPlatform } from "../../../src/platform/deno/mod.ts";
import { threadPort } from "../../../src/platform/deno/threads.ts";

const folder = new URL(import.meta.url).searchParams.get("folder")!;
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
