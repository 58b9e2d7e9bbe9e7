/**
 * The one program, and what each of its threads begins with too (`serve --cores`): a thread loads
 * the module that the program began with, since no other is sure to be there in every form of it.
 * It loads no more than it needs.
 */
import { isThread, threadPort } from "../src/platform/deno/threads.ts";

async function runThread(): Promise<void> {
  const port = threadPort();
  const [{ runCore }, { denoPlatform }] = await Promise.all([
    import("../src/node/cores/core_thread.ts"),
    import("../src/platform/deno/mod.ts"),
  ]);
  runCore(port as Parameters<typeof runCore>[0], denoPlatform());
}

await (isThread() ? runThread() : (await import("./program.ts")).runProgram());
