/**
 * Tests that need something from outside (another client, a browser, Apache Kafka). Where it is missing, the test is
 * not run and says so by one line, which `bin/test` counts and names at the end; with `CI=true` that fails the run.
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
  if (available) Deno.test({ name, fn: run, sanitizeOps: false, sanitizeResources: false });
  else console.log(`skipped: ${name} (needs ${needs})`);
}
