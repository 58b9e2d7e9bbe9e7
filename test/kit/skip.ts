/**
 * Tests that need something from outside (another client, a browser, Apache Kafka). Where it is
 * missing, the test is not run and says so: `bin/test` collects those names by a file (what a test
 * file prints while it is loaded is not shown), counts them and names them at the end; with
 * `CI=true` one of them fails the run.
 */

export interface Needs {
  /** What is needed, as a person would install it: "kcat". */
  needs: string;
  available: boolean;
}

/** Registers the test, or tells that it was skipped and why. */
export function testWith(
  { needs, available }: Needs,
  name: string,
  run: (context: Deno.TestContext) => void | Promise<void>,
): void {
  if (available) {
    Deno.test({ name, fn: run, sanitizeOps: false, sanitizeResources: false });
    return;
  }
  const line = `${name} (needs ${needs})`;
  const list = Deno.env.get("STREAMER_SKIPPED");
  if (list) Deno.writeTextFileSync(list, `${line}\n`, { append: true });
  else console.log(`skipped: ${line}`);
}
