/** The real disk, network and clock pass the shared suites, and what only they can show. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { canMount } from "../kit/mounts.ts";
import { hasProgram, Program } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { diskSuite } from "./disk_suite.ts";
import { networkSuite } from "./network_suite.ts";

diskSuite("Deno disk", async (run) => {
  const root = await Deno.makeTempDir({ prefix: "streamer-disk-" });
  try {
    await run(denoPlatform().disk, root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

networkSuite("Deno network", () => denoPlatform().network);

Deno.test("A second process is refused the lock, and a killed owner frees it", async () => {
  const root = await Deno.makeTempDir({ prefix: "streamer-lock-" });
  const { disk } = denoPlatform();
  const module = new URL("../../src/platform/deno/mod.ts", import.meta.url).href;
  const script = `import { denoPlatform } from "${module}";
    console.log(denoPlatform().disk.lock("${root}/.lock") ? "taken" : "refused");
    setInterval(() => {}, 1000);`;
  await Deno.writeTextFile(`${root}/owner.ts`, script);
  const owner = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", `${root}/owner.ts`],
    stdout: "piped",
  }).spawn();
  try {
    const reader = owner.stdout.getReader();
    const { value } = await reader.read();
    strictEqual(new TextDecoder().decode(value).trim(), "taken");
    strictEqual(disk.lock(`${root}/.lock`), undefined);
    strictEqual(disk.lockOwner(`${root}/.lock`), owner.pid);
    strictEqual(Number(await Deno.readTextFile(`${root}/.lock`)), owner.pid);
    owner.kill("SIGKILL");
    await owner.status;
    await reader.cancel();
    const lock = disk.lock(`${root}/.lock`);
    ok(lock);
    lock.release();
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

const MOUNTS = { needs: "mount namespaces (unshare -m as root)", available: canMount() };

testWith(MOUNTS, "A full file system is told apart from one that fails", async () => {
  const module = new URL("../../src/platform/deno/mod.ts", import.meta.url).href;
  const script = `
    import { denoPlatform } from "${module}";
    const { disk } = denoPlatform();
    const faults = [];
    const attempt = (run) => {
      try {
        run();
      } catch (error) {
        return faults.push(error.fault);
      }
      faults.push("none");
    };
    const lock = disk.lock("/mnt/.lock");
    const file = disk.open("/mnt/a", "create");
    file.write(new Uint8Array(500_000), 0);
    attempt(() => file.write(new Uint8Array(1_000_000), 500_000));
    attempt(() => disk.writeFile("/mnt/b", new Uint8Array(10)));
    for (let i = 0; i < 16; i++) disk.open("/mnt/empty" + i, "create").close();
    attempt(() => disk.open("/mnt/c", "create"));
    attempt(() => disk.makeDirectory("/mnt/d"));
    attempt(() => disk.open("/mnt/none", "write"));
    lock.release();
    attempt(() => disk.lock("/mnt/.lock").release());
    disk.remove("/mnt/b");
    file.truncate(500_000);
    attempt(() => file.write(new Uint8Array(1000), 500_000));
    console.log(faults.join());`;
  const folder = await Deno.makeTempDir({ prefix: "streamer-full-" });
  try {
    await Deno.writeTextFile(`${folder}/fill.ts`, script);
    const shell = 'mount -t tmpfs -o size=1m,nr_inodes=20 none /mnt && exec "$@"';
    const program = [Deno.execPath(), "run", "-A", "--no-prompt", "--no-check"];
    const { stdout } = await new Deno.Command("unshare", {
      args: ["-m", "sh", "-c", shell, "sh", ...program, `${folder}/fill.ts`],
    }).output();
    const told = new TextDecoder().decode(stdout).trim();
    strictEqual(told, "full,full,full,full,failed,none,none");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("The clock goes forward, timers can be called off, sleeping ends with its signal", async () => {
  const { clock } = denoPlatform();
  const before = clock.monotonic();
  let ran = 0;
  clock.after(0, () => ran++);
  clock.after(1, () => ran += 10).cancel();
  await clock.sleep(5);
  strictEqual(ran, 1);
  ok(clock.monotonic() > before);
  ok(Math.abs(clock.now() - Date.now()) < 1000);
  const stop = new AbortController();
  const sleeping = clock.sleep(60_000, stop.signal);
  stop.abort(new Error("enough"));
  await rejects(() => sleeping, /enough/);
  clock.after(2 ** 40, () => ran++).cancel(); // years away, and not at once
});

Deno.test("Random numbers stay in their range and differ", () => {
  const { random } = denoPlatform();
  const seen = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const value = random.int(10);
    ok(Number.isInteger(value) && value >= 0 && value < 10);
    seen.add(value);
  }
  strictEqual(seen.size, 10);
  ok(random.int(2 ** 50) < 2 ** 50);
  ok(random.fill(new Uint8Array(100_000)).some((byte) => byte !== 0));
});

Deno.test("A signal reaches who asked for it, until that one is done", async () => {
  if (Deno.build.os === "windows") return;
  const { signals, clock } = denoPlatform();
  const got = Promise.withResolvers<string>();
  const patience = clock.after(10_000, () => got.reject(new Error("no signal came")));
  const watch = signals.onSignal(["SIGUSR2"], got.resolve);
  Deno.kill(Deno.pid, "SIGUSR2");
  strictEqual(await got.promise, "SIGUSR2");
  watch.cancel();
  patience.cancel();
});

const PYTHON = { needs: "python3", available: hasProgram("python3") };

testWith(PYTHON, "A lock that Java takes and one of ours keep each other out", async () => {
  const root = await Deno.makeTempDir({ prefix: "streamer-lock-" });
  const { disk } = denoPlatform();
  const path = `${root}/.lock`;
  // What FileChannel.tryLock does: the whole file, by fcntl.
  const script = `
import fcntl, sys
file = open("${path}", "a+")
try:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("taken", flush=True)
    sys.stdin.readline()
except OSError:
    print("refused", flush=True)
`;
  const other = () => new Program("python3", ["-c", script]);
  try {
    await Deno.writeTextFile(path, "123456789\n"); // of an owner who died
    {
      await using theirs = other();
      await theirs.untilPrinted(/taken/);
      strictEqual(disk.lock(path), undefined);
      if (Deno.build.os === "linux") strictEqual(disk.lockOwner(path), theirs.pid);
    }
    const ours = disk.lock(path)!;
    strictEqual(disk.lock(path), undefined, "taken by ourselves, and still held");
    strictEqual(disk.lockOwner(path), Deno.pid);
    await using refused = other();
    await refused.untilPrinted(/refused/);
    deepStrictEqual([...Deno.readDirSync(root)].map(({ name }) => name), [".lock"]);
    strictEqual(await Deno.readTextFile(path), `${Deno.pid}\n`);
    ours.release();
    await using free = other();
    await free.untilPrinted(/taken/);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("More files are in use than may be open, under any names that they get", async () => {
  const root = await Deno.makeTempDir({ prefix: "streamer-files-" });
  const module = new URL("../../src/platform/deno/mod.ts", import.meta.url).href;
  const script = `
    import { denoPlatform } from "${module}";
    const { disk } = denoPlatform();
    const files = [];
    const taken = []; // as clients' connections do
    const open = (n) => {
      disk.makeDirectory("${root}/" + n);
      const file = disk.open("${root}/" + n + "/a", "create");
      file.write(new TextEncoder().encode("file " + n), 0);
      files.push(file);
    };
    for (let n = 0; n < 400; n++) open(n);
    for (let n = 0; n < 400; n += 4) disk.rename("${root}/" + n, "${root}/moved-" + n);
    for (let n = 1; n < 400; n += 4) disk.rename(files[n].path, files[n].path + ".deleted");
    const kept = [2, 6, 10, 14];
    for (const n of kept) disk.remove("${root}/" + n);
    try {
      for (;;) taken.push(Deno.openSync("${root}/moved-0/a"));
    } catch { /* no more */ }
    for (const [n, file] of files.entries()) {
      const into = new Uint8Array(20);
      const text = new TextDecoder().decode(into.subarray(0, file.read(into, 0)));
      if (text !== "file " + n) throw new Error(n + ": " + text);
      file.write(new TextEncoder().encode("more"), text.length);
      if (n % 7 === 0) await file.sync();
    }
    for (const file of files) file.close();
    console.log(taken.length > 0 && taken.length < 200 ? "whole" : taken.length);
  `;
  await Deno.writeTextFile(`${root}/files.ts`, script);
  try {
    const run = `ulimit -n 200; exec "$1" run -A --no-prompt --no-check "$2"`;
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", run, "sh", Deno.execPath(), `${root}/files.ts`],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    strictEqual(text(stdout).trim(), "whole", text(stderr));
    strictEqual(await Deno.readTextFile(`${root}/moved-0/a`), "file 0more");
    strictEqual(await Deno.readTextFile(`${root}/5/a.deleted`), "file 5more");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
