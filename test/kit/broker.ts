/**
 * A broker for tests that need one: `STREAMER_TEST_BROKERS` names one that runs already (any Kafka), else streamer's
 * own is started on a free port with its data in a folder that goes with it.
 */
import { TemporaryFolder } from "./folders.ts";
import { exists, root, startStreamer } from "./programs.ts";

export interface Broker extends AsyncDisposable {
  readonly brokers: string;
}

const given = Deno.env.get("STREAMER_TEST_BROKERS");

/** For `testWith`. */
export const aBroker = {
  needs: "a broker (STREAMER_TEST_BROKERS)",
  available: given !== undefined || exists(`${root}src/node/mod.ts`),
};

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
