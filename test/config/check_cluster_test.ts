/**
 * Which settings make a node of a cluster, and which contradict each other. Each case was put to
 * Apache Kafka 4.3.1's own settings as well: what it refuses is refused here. It also refuses what
 * stands under "alone": there it wants a quorum and a listener for it in any case.
 */
import { ok, strictEqual, throws } from "node:assert/strict";
import { BrokerConfig, ConfigError, isAlone } from "../../src/config/mod.ts";

const settings = (text: string): Map<string, string> =>
  new Map(
    text.split(" ").filter((pair) => pair !== "").map((pair) => {
      const equals = pair.indexOf("=");
      return [LONG[pair.slice(0, equals)] ?? pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );

const LONG: Record<string, string> = {
  id: "node.id",
  roles: "process.roles",
  advertised: "advertised.listeners",
  voters: "controller.quorum.voters",
  servers: "controller.quorum.bootstrap.servers",
  join: "controller.quorum.auto.join.enable",
  new: "controller.quorum.new.cluster",
  names: "controller.listener.names",
  among: "inter.broker.listener.name",
};

const BOTH = "listeners=PLAINTEXT://h:9092,CONTROLLER://h:9093";
const CLIENTS = "listeners=PLAINTEXT://h:9092";
const QUORUM = "listeners=CONTROLLER://h:9093";

const accepted = [
  // alone
  "",
  "id=7",
  "voters=1@h:9093",
  "listeners=LAN://h:9092 listener.security.protocol.map=LAN:PLAINTEXT",
  // of a cluster
  `${BOTH} voters=1@h:9093,2@i:9093`,
  `${BOTH} servers=i:9093`,
  `${BOTH} servers=i:9093 join=true`,
  `${BOTH} new=true`,
  `${BOTH} new=true servers=h:9093`,
  `roles=broker ${CLIENTS} voters=2@i:9093`,
  `roles=broker ${CLIENTS} servers=i:9093`,
  `roles=controller ${QUORUM} voters=1@h:9093`,
  `roles=controller ${QUORUM} voters=1@h:9093 advertised=CONTROLLER://q:9093`,
  `${BOTH} voters=1@h:9093 names=CONTROLLER advertised=PLAINTEXT://q:9092,CONTROLLER://q:9093`,
];
for (const text of accepted) {
  Deno.test(`A node may have ${text || "no settings"}`, () => {
    ok(BrokerConfig.from(settings(text)));
  });
}

const refused: [string, RegExp][] = [
  [`${BOTH} voters=2@h:9093`, /node\.id is 1, which is not among them; list it as 1@HOST:PORT/],
  [`roles=controller ${QUORUM} voters=2@h:9093`, /which is not among them/],
  [`roles=broker ${CLIENTS} voters=1@h:9093`, /give the broker another id, or add controller/],
  [`${CLIENTS} voters=1@h:9,2@i:9`, /none of listeners .*; add CONTROLLER:\/\/h:9, by --controll/],
  [`${CLIENTS} servers=i:9093`, /add CONTROLLER:\/\/HOST:PORT, by --controller-listen/],
  [`${CLIENTS} new=true`, /add CONTROLLER:\/\/HOST:PORT/],
  [`${BOTH} names=CONTROLLER,OTHER voters=1@h:9,2@i:9`, /of listeners, and OTHER is not one/],
  [`roles=broker ${CLIENTS}`, /Cannot be a broker without a controller: .* --voters or --join/],
  [`roles=broker ${CLIENTS} servers=i:9093 join=true`, /false where process\.roles has no contro/],
  [`roles=broker ${CLIENTS} servers=i:9093 new=true`, /false where process\.roles has no control/],
  [`roles=broker ${BOTH} voters=2@i:9093`, /Cannot listen on CONTROLLER as a broker only/],
  [`roles=broker ${CLIENTS} servers=i:9093 names=`, /at least one name/],
  [`roles=controller ${BOTH} voters=1@h:9093`, /Cannot listen on PLAINTEXT as a controller only/],
  [`roles=controller ${CLIENTS} voters=1@h:9093`, /none of listeners/],
  [`${QUORUM} servers=i:9093`, /at least one listener for clients/],
  [`${BOTH} names=CONTROLLER,PLAINTEXT voters=1@h:9093`, /at least one listener for clients/],
  [`${BOTH} servers=i:9093 advertised=CONTROLLER://q:9093`, /at least one listener for clients/],
  [`${BOTH} voters=1@h:9093 among=CONTROLLER`, /one of the listeners: PLAINTEXT/],
  [
    "listeners=LAN://h:9092,CONTROLLER://h:9093 servers=i:9093 " +
    "listener.security.protocol.map=LAN:PLAINTEXT,CONTROLLER:PLAINTEXT",
    /inter\.broker\.listener\.name to "PLAINTEXT": it must be one of the listeners: LAN/,
  ],
  [`${BOTH} servers=i`, /HOST:PORT by commas/],
  [`${BOTH} servers=:9093`, /HOST:PORT by commas/],
  ["roles=", /broker, controller, or both/],
  [`${BOTH} new=true voters=1@h:9093`, /forms the cluster by itself; give one of the two/],
  [`${BOTH} new=true servers=i:9093 join=true`, /the first node begins it, all others join/],
];
for (const [text, message] of refused) {
  Deno.test(`A node may not have ${text}`, () => {
    throws(() => BrokerConfig.from(settings(text)), (error: unknown) => {
      ok(error instanceof ConfigError && message.test(error.message), String(error));
      return true;
    });
  });
}

const alone: [text: string, expected: boolean][] = [
  ["", true],
  ["voters=1@h:9093", true],
  ["listeners=PLAINTEXT://:9092,CONTROLLER://:9093 servers=localhost:9093", true], // as shipped
  [`${BOTH} servers=h:9093`, true],
  [`${BOTH} servers=i:9093`, false],
  [`${BOTH} servers=h:9093,i:9093`, false],
  [`${BOTH} servers=h:9094`, false],
  [`${BOTH} servers=h:9093 join=true`, false],
  [`${BOTH} new=true`, false],
  [`${BOTH} voters=1@h:9093,2@i:9093`, false],
];
for (const [text, expected] of alone) {
  Deno.test(`A node with ${text || "no settings"} is ${expected ? "alone" : "of a cluster"}`, () => {
    strictEqual(isAlone(BrokerConfig.from(settings(text))), expected);
  });
}
