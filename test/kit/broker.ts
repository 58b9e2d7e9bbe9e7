/**
 * A broker for tests that need one: `STREAMER_TEST_BROKERS` names one that runs already (any
 * Kafka), else streamer's own is started on a free port with its data in a folder that goes with
 * it.
 */
import { TemporaryFolder } from "./folders.ts";
import { startStreamer } from "./programs.ts";

export interface Broker extends AsyncDisposable {
  readonly brokers: string;
}

const given = Deno.env.get("STREAMER_TEST_BROKERS");

/** A test that meets a broker; clients leave timers behind that end by themselves. */
export function brokerTest(name: string, run: () => Promise<void>): void {
  Deno.test({ name, fn: run, sanitizeOps: false, sanitizeResources: false });
}

export async function startBroker(): Promise<Broker> {
  if (given !== undefined) {
    return {
      brokers: given,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const folder = new TemporaryFolder();
  const { program, brokers } = await startStreamer({ data: `${folder.path}/data` });
  return {
    brokers,
    async [Symbol.asyncDispose]() {
      await program.stop();
      folder[Symbol.dispose]();
    },
  };
}

/** A name that no other test has used, since the broker may be shared. */
export const uniqueName = (what: string) => `${what}-${crypto.randomUUID().slice(0, 8)}`;
