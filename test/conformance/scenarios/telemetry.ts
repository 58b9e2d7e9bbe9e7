/** Figures that clients push (KIP-714): subscriptions, and pushing in time and out of it. */
import type { Scenario, Side } from "../side.ts";
import { pause, ZERO_ID } from "../side.ts";
import type { RawClient } from "../../kit/wire.ts";

/** A client with telemetry of its own, on a connection of its own. */
class Pusher {
  id = ZERO_ID;
  #subscription = 0;
  readonly answers: unknown[] = [];

  constructor(readonly connection: RawClient, readonly clientId: string | null = "pusher") {}

  async get(id = this.id): Promise<void> {
    const answer = await this.connection.ask(
      "GetTelemetrySubscriptions",
      0,
      { clientInstanceId: id },
      { clientId: this.clientId },
    );
    this.answers.push({ ...answer, requestedMetrics: answer.requestedMetrics?.sort() });
    if (answer.errorCode !== 0) return;
    this.id = answer.clientInstanceId;
    this.#subscription = answer.subscriptionId;
  }

  async push({ off = 0, ...more }: Record<string, any> = {}): Promise<void> {
    this.answers.push(
      await this.connection.ask("PushTelemetry", 0, {
        clientInstanceId: this.id,
        subscriptionId: this.#subscription + off,
        terminating: false,
        compressionType: 0,
        metrics: new Uint8Array(0),
        ...more,
      }, { clientId: this.clientId }),
    );
  }
}

const pusher = async (side: Side, clientId?: string | null): Promise<Pusher> =>
  new Pusher(await side.client(), clientId);

/** What one client does with no subscription about. */
const plain = (
  api: "GetTelemetrySubscriptions" | "PushTelemetry",
  name: string,
  steps: (client: Pusher) => Promise<void>,
): Scenario => ({
  api,
  name,
  async play(side) {
    const client = await pusher(side);
    await steps(client);
    return client.answers;
  },
});

/** The same for clients that subscriptions match, which are gone afterwards. */
const subscribed = (
  name: string,
  subscriptions: Record<string, Record<string, string>>,
  steps: (side: Side, client: Pusher) => Promise<unknown>,
  configs: readonly string[] = [],
): Scenario => ({
  api: "GetTelemetrySubscriptions",
  name,
  configs,
  async play(side, _version, unique) {
    const client = await pusher(side);
    const alter = async (isSet: boolean) => {
      const resources = Object.entries(subscriptions).map(([name, configs]) => ({
        resourceType: 16,
        resourceName: `${unique}-${name}`,
        configs: Object.entries(configs).map(([name, value]) => ({
          name,
          configOperation: isSet ? 0 : 1,
          value: isSet ? value : null,
        })),
      }));
      await side.ask("IncrementalAlterConfigs", 1, { resources, validateOnly: false });
      await pause(60); // Apache Kafka's brokers hear of it a little later
    };
    await alter(true);
    try {
      const more = await steps(side, client);
      return [client.answers, more];
    } finally {
      await alter(false);
    }
  },
});

const SOME = new Uint8Array(10).fill(7);

export const TELEMETRY: Scenario[] = [
  plain("GetTelemetrySubscriptions", "a client that is new", (client) => client.get()),
  plain("GetTelemetrySubscriptions", "too early", async (client) => {
    await client.get();
    await client.get();
    await client.get(ZERO_ID);
  }),
  plain("GetTelemetrySubscriptions", "an id that nobody gave", async (client) => {
    await client.get("BBBBBBBBBBBBBBBBBBBBBA");
    await client.get("BBBBBBBBBBBBBBBBBBBBBA");
  }),
  plain("PushTelemetry", "without an id", (client) => client.push()),
  plain("PushTelemetry", "an id that nobody gave", async (client) => {
    client.id = "CBBBBBBBBBBBBBBBBBBBBA";
    await client.push({ off: 5 });
    await client.push();
    await client.get();
  }),
  plain("PushTelemetry", "once, and too early again", async (client) => {
    await client.get();
    await client.push();
    await client.push();
    await client.push({ off: 1 });
    await client.get();
  }),
  plain("PushTelemetry", "the last, and more", async (client) => {
    await client.get();
    await client.push();
    await client.push({ terminating: true });
    await client.push({ terminating: true });
    await client.push();
    await client.get();
  }),
  plain("PushTelemetry", "the last at once", async (client) => {
    await client.get();
    await client.push({ terminating: true, off: 1 });
    await client.push({ terminating: true });
  }),
  plain("PushTelemetry", "a subscription that is not its own", async (client) => {
    await client.get();
    await client.push({ off: 1 });
    await client.get();
    await client.get();
    await client.push();
  }),
  plain("PushTelemetry", "an unknown codec", async (client) => {
    await client.get();
    await client.push({ compressionType: 9 });
    await client.get();
    await client.get();
  }),
  plain("PushTelemetry", "too much", async (client) => {
    await client.get();
    await client.push({ metrics: new Uint8Array(1_048_577) });
    await client.push();
    await client.get();
  }),
  plain("PushTelemetry", "as much as is allowed", async (client) => {
    await client.get();
    await client.push({ metrics: new Uint8Array(1_048_576) });
  }),
  plain("PushTelemetry", "what is wrong in all ways", async (client) => {
    await client.get();
    const all = { compressionType: 9, metrics: new Uint8Array(1_048_577) };
    await client.push({ ...all, off: 1 });
    await client.get(ZERO_ID);
    await client.push(all);
  }),
  ...[0, 1, 2, 3, 4, 5, -1].flatMap((compressionType) =>
    [SOME, new Uint8Array(0)].map((metrics) =>
      plain(
        "PushTelemetry",
        `${metrics.length} bytes that are not packed in codec ${compressionType}`,
        async (client) => {
          await client.get();
          await client.push({ compressionType, metrics });
          await client.push();
        },
      )
    )
  ),
  subscribed(
    "a subscription for all",
    { all: { metrics: "*", "interval.ms": "200" } },
    async (_side, client) => {
      await client.get();
      await client.push();
      await client.push();
      await pause(220);
      await client.push();
      await client.get();
      await pause(220);
      await client.get();
      await client.push();
    },
    ["interval.ms", "metrics"],
  ),
  subscribed("several subscriptions", {
    one: { metrics: "org.apache.b,org.apache.a", "interval.ms": "900" },
    two: { metrics: "org.apache.c,org.apache.a", "interval.ms": "800" },
    three: { metrics: "", "interval.ms": "700" },
  }, (_side, client) => client.get()),
  subscribed("several subscriptions, one for all", {
    one: { metrics: "org.apache.b,org.apache.a", "interval.ms": "900" },
    two: { metrics: "*" },
  }, (_side, client) => client.get()),
  ...[
    "client_id=push.*",
    "client_id=push",
    "client_id=pusher,client_id=other",
    "client_software_name=unknown,client_software_version=unknown",
    "client_source_address=127.0.0.1,client_source_port=[0-9]+",
    "client_source_address=10.*",
    "client_instance_id=.{22}",
  ].map((match) =>
    subscribed(
      `clients that match ${match}`,
      { some: { metrics: "org.x", match } },
      (_, client) => client.get(),
      ["match"],
    )
  ),
  subscribed("clients by their software", {
    judge: { metrics: "org.x", match: "client_software_name=judge,client_software_version=1.*" },
  }, async (_side, client) => {
    const software = { clientSoftwareName: "judge", clientSoftwareVersion: "1.0" };
    await client.connection.ask("ApiVersions", 3, software);
    await client.get();
  }),
  subscribed("clients without a name", {
    named: { metrics: "org.x", match: "client_id=.+" },
  }, async (side) => {
    const clients = [await pusher(side, null), await pusher(side, "")];
    for (const each of clients) await each.get();
    return clients.map(({ answers }) => answers);
  }),
  {
    api: "PushTelemetry",
    name: "after the subscription has changed",
    async play(side, _version, unique) {
      const set = async (value: string | null) => {
        const configs = [{ name: "metrics", configOperation: value === null ? 1 : 0, value }];
        const resources = [{ resourceType: 16, resourceName: unique, configs }];
        await side.ask("IncrementalAlterConfigs", 1, { resources, validateOnly: false });
        await pause(60);
      };
      await set("org.a");
      const client = await pusher(side);
      await client.get();
      await client.push();
      await set("org.b");
      await client.push();
      await client.get();
      await set(null);
      await client.get();
      await client.push();
      return client.answers;
    },
  },
  {
    api: "GetTelemetrySubscriptions",
    name: "the same client on another connection, and when it is gone",
    async play(side) {
      const first = await pusher(side), second = await pusher(side, "other");
      await first.get();
      second.id = first.id;
      await second.get();
      first.connection[Symbol.dispose]();
      await pause(60);
      await second.get();
      return [first.answers, second.answers];
    },
  },
];
