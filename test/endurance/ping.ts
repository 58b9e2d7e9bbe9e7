/** How long the smallest request takes on a connection that is there: how late the loop is. */
import { HUNG_UP, RawClient } from "../kit/wire.ts";

export class Ping {
  readonly #port: number;
  #client: RawClient | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** In milliseconds; undefined when nobody answers. */
  async measure(): Promise<number | undefined> {
    try {
      this.#client ??= await RawClient.connect(this.#port);
      const began = performance.now();
      const answer = await this.#client.ask("ApiVersions", 0, {}, { clientId: "ping" });
      if (answer !== HUNG_UP) return performance.now() - began;
    } catch { /* it is away */ }
    this.close();
    return undefined;
  }

  close(): void {
    this.#client?.[Symbol.dispose]();
    this.#client = undefined;
  }
}
