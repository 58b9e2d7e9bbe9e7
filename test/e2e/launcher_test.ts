/**
 * bin/streamer and bin/deno: what they use, what they say when nothing is there, that codes and
 * signals pass.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { Program, root, runProgram, startStreamer } from "../kit/programs.ts";

/** A PATH with nothing but what POSIX promises: no deno, no node, no npm. */
function bareFolder(folder: string): string {
  const bare = `${folder}/bare`;
  Deno.mkdirSync(bare);
  for (
    const name of ["sh", "uname", "dirname", "readlink", "cat", "mkdir", "rm", "mv", "chmod", "id"]
  ) {
    const found = ["/bin", "/usr/bin"].map((at) => `${at}/${name}`).find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
    if (found) Deno.symlinkSync(found, `${bare}/${name}`);
  }
  return bare;
}

Deno.test("Without Deno and without npm, one clear line says what to install", async () => {
  using folder = new TemporaryFolder();
  const env = { PATH: bareFolder(folder.path), HOME: folder.path };
  const { code, printed } = await runProgram(`${root}bin/streamer`, ["version"], {
    env,
    clearEnv: true,
    mayFail: true,
  });
  strictEqual(code, 1);
  match(printed, /^streamer: needs Deno 2\.9 .*Node\.js with npm/);
  strictEqual(printed.trim().split("\n").length, 1, printed);
});

Deno.test("A deno of the right version in PATH is used", async () => {
  using folder = new TemporaryFolder();
  const bare = bareFolder(folder.path);
  Deno.symlinkSync(Deno.execPath(), `${bare}/deno`);
  const env = { PATH: bare, HOME: folder.path, DENO_DIR: denoDirectory() };
  const { printed } = await runProgram(`${root}bin/deno`, ["--where"], { env, clearEnv: true });
  strictEqual(printed.trim(), `${bare}/deno`);
});

Deno.test("A deno of another version in PATH is not used", async () => {
  using folder = new TemporaryFolder();
  const bare = bareFolder(folder.path);
  Deno.writeTextFileSync(`${bare}/deno`, "#!/bin/sh\necho deno 1.40.0\n", { mode: 0o755 });
  const { code, printed } = await runProgram(`${root}bin/deno`, ["--where"], {
    env: { PATH: bare, HOME: folder.path },
    clearEnv: true,
    mayFail: true,
  });
  strictEqual(code, 1);
  match(printed, /needs Deno 2\.9/);
});

Deno.test("The launcher passes the program's exit code on, also when called by a link", async () => {
  using folder = new TemporaryFolder();
  Deno.symlinkSync(`${root}bin/streamer`, `${folder.path}/streamer`);
  const { code, printed } = await runProgram(`${folder.path}/streamer`, ["no-such-command"], {
    mayFail: true,
  });
  strictEqual(code, 2, printed);
  strictEqual((await runProgram(`${folder.path}/streamer`, ["version"])).code, 0);
});

Deno.test("The launcher's process is the program's: SIGTERM and SIGINT end it cleanly", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    using folder = new TemporaryFolder();
    const { program } = await startStreamer({ data: `${folder.path}/data` });
    program.kill(signal);
    strictEqual(await program.exited, 0, program.printed);
    ok(Deno.statSync(`${folder.path}/data/.kafka_cleanshutdown`).isFile);
  }
});

Deno.test("bin/test fails when a test file is not there for the filter", async () => {
  const program = new Program(`${root}bin/test`, ["no/such/file"]);
  strictEqual(await program.exited, 1);
  match(program.printed, /0 passed, 0 failed, 0 skipped\s*$/);
});

function denoDirectory(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}
