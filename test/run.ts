/**
 * Runs the tests and says in one last line how they went: `N passed, N failed, N skipped`.
 *
 * Fast tests (all rooms) share the cores; those in `test/e2e` and `test/conformance` start real
 * programs that want the machine for themselves, and run one file after the other. A test whose
 * outside tool is missing says so by one line (`test/kit/skip.ts`) in a file, which is counted
 * here: with `CI=true` it is a failure, since there all tools are.
 */
import { walk } from "./kit/walk.ts";

const root = new URL("..", import.meta.url).pathname;
const filters = Deno.args;
const files = walk(`${root}test`)
  .map((path) => path.slice(root.length))
  .filter((path) => path.endsWith("_test.ts"))
  .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
  .sort();

interface Outcome {
  passed: number;
  failed: number;
}
const total: Outcome = { passed: 0, failed: 0 };
const skipList = Deno.makeTempFileSync({ prefix: "streamer-skipped-" });

/** Far more than any takes: one that waits for ever fails, and the others still run. */
const LONGEST_MINUTES = 20;

/** Runs one `deno test`, shows what it prints, and adds up what it says. */
async function run(paths: string[], options: string[]): Promise<void> {
  if (paths.length === 0) return;
  // `timeout` ends what the tests have started too: all are of its process group.
  const child = new Deno.Command("timeout", {
    args: [
      "--kill-after=10",
      `${LONGEST_MINUTES}m`,
      Deno.execPath(),
      "test",
      "--quiet",
      "--allow-all",
      "--no-prompt",
      "--unstable-worker-options",
      ...options,
      ...paths,
    ],
    cwd: root,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", STREAMER_SKIPPED: skipList },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let sawSummary = false;
  let rest = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream());
  const onLine = (line: string) => {
    console.log(line);
    const summary = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/.exec(line);
    if (!summary) return;
    sawSummary = true;
    total.passed += Number(summary[1]);
    total.failed += Number(summary[2]);
  };
  for await (const text of reader) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  }
  if (rest) onLine(rest);
  const { success, code } = await child.status;
  if (code === 124) console.log(`${paths.join(" ")} did not end within ${LONGEST_MINUTES} minutes`);
  // A file that does not compile, or leaks, fails the run without a failed test.
  if (!success && (total.failed === 0 || !sawSummary)) total.failed++;
}

const isE2e = (path: string) => /^test\/(e2e|conformance)\//.test(path);
await run(files.filter((path) => !isE2e(path)), ["--parallel"]);
for (const path of files.filter(isE2e)) await run([path], []);

if (files.length === 0) console.log(`No test file's path has ${filters.join(" or ")} in it`);
const skipped = Deno.readTextFileSync(skipList).split("\n").filter(Boolean).sort();
Deno.removeSync(skipList);
if (skipped.length > 0) {
  console.log(`\nSkipped:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
}
const isCi = Deno.env.get("CI") === "true";
if (isCi && skipped.length > 0) {
  console.log("With CI=true all outside tools must be there: a skip is a failure");
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${skipped.length} skipped`);
const bad = total.failed > 0 || files.length === 0 || (isCi && skipped.length > 0);
Deno.exit(bad ? 1 : 0);
