/**
 * Makes `dist/streamer`: one file that does all that streamer does, on a machine with no Deno and
 * no Node.
 *
 *   deno task compile [--target x86_64-unknown-linux-gnu] [--output dist/streamer] [--how auto|deno|pack]
 *
 * Two ways. `deno compile` is used where its base binary can be had. Where it can't, the file is
 * packed: a short POSIX shell head, then a compressed archive of the Deno runtime that npm ships
 * for the target and of the program as one bundled module. Its first start unpacks into a folder of
 * the user's own, named by the content's hash; later starts go straight to the runtime, in the same
 * process, so that signals and exit codes are the program's.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

/** What npm calls the runtime for each target that the shell head can start. */
const RUNTIMES: Record<string, string> = {
  "x86_64-unknown-linux-gnu": "@deno/linux-x64-glibc",
  "aarch64-unknown-linux-gnu": "@deno/linux-arm64-glibc",
  "x86_64-apple-darwin": "@deno/darwin-x64",
  "aarch64-apple-darwin": "@deno/darwin-arm64",
};
const root = new URL("..", import.meta.url).pathname;
const host = Deno.build.target;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    target: { type: "string", default: host },
    output: { type: "string", default: "dist/streamer" },
    how: { type: "string", default: "auto" },
  },
});
const { target, how } = values;
const output = values.output.startsWith("/") ? values.output : `${Deno.cwd()}/${values.output}`;
if (!RUNTIMES[target]) {
  fail(`unknown target ${target}; there are ${Object.keys(RUNTIMES).join(", ")}`);
}
if (!["auto", "deno", "pack"].includes(how)) fail(`--how takes auto, deno or pack, not ${how}`);

Deno.mkdirSync(output.slice(0, output.lastIndexOf("/")), { recursive: true });
if (how === "pack" || !await compiled()) await pack();
const { size } = Deno.statSync(output);
console.log(`${output}: ${(size / 1e6).toFixed(1)} MB for ${target}`);

/** The first way; false when the base binary can't be had (and the other way is allowed). */
async function compiled(): Promise<boolean> {
  const flags = [
    "--quiet",
    "--no-check",
    "--allow-all",
    "--no-prompt",
    "--target",
    target,
    "--output",
    output,
  ];
  if (await run(Deno.execPath(), ["compile", ...flags, "bin/streamer.ts"], how === "deno")) {
    return true;
  }
  if (how === "deno") fail("deno compile failed");
  console.log(
    "The base binary of deno compile can't be had here; packing the runtime from npm instead",
  );
  return false;
}

async function pack(): Promise<void> {
  const work = Deno.makeTempDirSync({ prefix: "streamer-pack-" });
  try {
    const bundle = [
      "bundle",
      "--quiet",
      "--platform",
      "deno",
      "--minify",
      "--output",
      `${work}/streamer.js`,
    ];
    if (!await run(Deno.execPath(), [...bundle, "bin/streamer.ts"])) fail("bundling failed");
    await runtime(`${work}/deno`);
    Deno.chmodSync(`${work}/deno`, 0o755);
    if (!await run("tar", ["-cf", `${work}/payload.tar`, "-C", work, "deno", "streamer.js"])) {
      fail("tar failed");
    }
    const payload = gzipSync(Deno.readFileSync(`${work}/payload.tar`), { level: 9 });
    const name = createHash("sha256").update(payload).digest("hex").slice(0, 16);
    const head = new TextEncoder().encode(headOf(name));
    Deno.writeFileSync(output, head);
    Deno.writeFileSync(output, payload, { append: true });
    Deno.chmodSync(output, 0o755);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

/**
 * The Deno binary for the target: this very one where it fits, else npm's package of it. A
 * platform's package may come out later than the others; then the newest of the same minor version
 * is taken, and said.
 */
async function runtime(to: string): Promise<void> {
  if (target === host) return Deno.copyFileSync(Deno.execPath(), to);
  const folder = to.slice(0, to.lastIndexOf("/"));
  const exact = Deno.version.deno;
  const sameMinor = `~${exact.split(".").slice(0, 2).join(".")}.0`;
  const fetched = (version: string) =>
    run(
      "npm",
      ["pack", "--silent", "--pack-destination", folder, `${RUNTIMES[target]}@${version}`],
      false,
    );
  if (!await fetched(exact) && !await fetched(sameMinor)) {
    fail(`cannot fetch ${RUNTIMES[target]}@${exact}, nor another ${sameMinor}, from npm`);
  }
  const archive = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".tgz"))!.name;
  const version = /-(\d+\.\d+\.\d+)\.tgz$/.exec(archive)?.[1];
  if (version !== exact) console.log(`npm has no Deno ${exact} for ${target}; packing ${version}`);
  if (!await run("tar", ["-xzf", `${folder}/${archive}`, "-C", folder, "package/deno"])) {
    fail("tar failed");
  }
  Deno.renameSync(`${folder}/package/deno`, to);
}

/**
 * The shell head. It needs only what every system has in /bin and /usr/bin: sh, mkdir, tail, gzip,
 * tar, mv. The folder is the user's alone, since what lies in it is run. Two first starts at once:
 * the first one's folder stands.
 */
function headOf(name: string): string {
  const script = (skip: string) =>
    `#!/bin/sh
# streamer: one file. Below this head lies a compressed archive: the Deno runtime and the program.
set -eu
home=\${STREAMER_CACHE:-\${XDG_CACHE_HOME:-\${HOME:+$HOME/.cache}}}
[ -n "$home" ] || home=\${TMPDIR:-/tmp}/streamer-$(id -u)
folder=$home/streamer/${name}
if [ ! -x "$folder/deno" ]; then
  umask 077
  mkdir -p "$folder.$$" || { echo "streamer: cannot unpack into $folder; set STREAMER_CACHE to a folder of yours" >&2; exit 1; }
  tail -c +${skip} "$0" | gzip -dc | tar -xf - -C "$folder.$$" || {
    rm -rf "$folder.$$"
    echo "streamer: cannot unpack into $folder (150 MB); set STREAMER_CACHE to a folder with room" >&2
    exit 1
  }
  mv "$folder.$$" "$folder" 2>/dev/null || true
  rm -rf "$folder.$$" "$folder/${name}."*
fi
export DENO_NO_UPDATE_CHECK=1 STREAMER_PROGRAM="$0"
exec "$folder/deno" run --quiet --no-config --no-lock --allow-all --no-prompt "$folder/streamer.js" "$@"
`;
  // The head tells where it ends, so its length is part of itself: pad the number to a fixed width.
  const width = 6;
  const length = new TextEncoder().encode(script(" ".repeat(width))).length;
  return script(String(length + 1).padEnd(width));
}

async function run(command: string, args: string[], loud = true): Promise<boolean> {
  try {
    const output = loud ? "inherit" : "null";
    const child = new Deno.Command(command, {
      args,
      cwd: root,
      stdin: "null",
      stdout: output,
      stderr: output,
    });
    return (await child.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return fail(`needs ${command}, which is not here`);
    throw error;
  }
}

function fail(why: string): never {
  console.error(`compile: ${why}`);
  Deno.exit(1);
}
