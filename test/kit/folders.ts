/** A temporary folder of a test's own, gone when the test ends. */
export class TemporaryFolder {
  readonly path = Deno.makeTempDirSync({ prefix: "streamer-test-" });

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
