/**
 * Kafka's tools where they go to a controller instead of a broker (`--bootstrap-controller`,
 * KIP-919): what they do there, and what they can't do, is as with Apache Kafka 4.3.1. The
 * controller is nothing else, so that no broker's part of it can help out.
 */
import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { KafkaTools } from "../kit/kafka_tools.ts";
import { hasApacheKafka } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { brokersOf, Nodes } from "../kit/typed_nodes.ts";

const TOOLS = {
  acls: "org.apache.kafka.tools.AclCommand",
  cluster: "org.apache.kafka.tools.ClusterTool",
  configs: "kafka.admin.ConfigCommand",
  features: "org.apache.kafka.tools.FeatureCommand",
  "metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
} as const;

testWith(
  { needs: "Apache Kafka's tools", available: hasApacheKafka() },
  "Kafka's tools talk to a controller of ours as they do to one of Apache Kafka's",
  async () => {
    using folder = new TemporaryFolder();
    await using nodes = new Nodes(folder.path);
    const { controllers } = nodes.at(1);
    nodes.start(1, "--roles controller --new-cluster");
    nodes.start(2, `--roles broker --join 127.0.0.1:${controllers}`);
    await nodes.until(2, (status) => brokersOf(status).includes(2));
    await using tools = new KafkaTools();

    const at = `--bootstrap-controller 127.0.0.1:${controllers}`;
    const run = (tool: keyof typeof TOOLS, words: string) =>
      tools.run(TOOLS[tool], words.replace("AT", at).split(" "));
    const does = async (tool: keyof typeof TOOLS, words: string): Promise<string> => {
      const { code, printed } = await run(tool, words);
      strictEqual(code, 0, `${tool} ${words}: ${printed}`);
      return printed;
    };
    const refused = async (tool: keyof typeof TOOLS, words: string): Promise<string> => {
      const { code, printed } = await run(tool, words);
      strictEqual(code, 1, `${tool} ${words}: ${printed}`);
      return printed;
    };

    const one = "AT --entity-type brokers --entity-name 1", all = "AT --entity-type brokers";
    await does("configs", `${one} --alter --add-config log.cleaner.threads=2`);
    await does("configs", `${all} --entity-default --alter --add-config max.connections=1000`);
    match(
      await does("configs", `${one} --describe`),
      /log\.cleaner\.threads=2 .*DYNAMIC_BROKER_CONFIG:log\.cleaner\.threads=2, DEFAULT_CONFIG/,
    );
    match(
      await does("configs", `${all} --entity-default --describe`),
      /max\.connections=1000 .*\{DYNAMIC_DEFAULT_BROKER_CONFIG:max\.connections=1000\}/,
    );
    const settings = await does("configs", `${one} --describe --all`);
    match(settings, /^ {2}process\.roles=controller .*STATIC_BROKER_CONFIG/m);
    match(settings, /^ {2}max\.connections=1000 /m);
    // A broker is another's to describe, and no controller of the quorum.
    doesNotMatch(
      await does("configs", "AT --entity-type brokers --entity-name 2 --describe"),
      /max\.connections/,
    );
    match(
      await does("configs", "AT --entity-type broker-loggers --entity-name 1 --describe"),
      /^ {2}streamer\.controller=INFO /m,
    );
    match(
      await refused("configs", "AT --entity-type topics --entity-name t --describe"),
      /UnsupportedEndpointType/,
    );

    for (const what of ["--list", "--add --allow-principal User:a --operation Read --topic t"]) {
      match(await refused("acls", `AT ${what}`), /SecurityDisabledException/);
    }

    match(await does("features", "AT describe"), /metadata\.version.*FinalizedVersionLevel: 4\.3/);
    match(await does("features", "AT upgrade --feature group.version=1"), /upgraded to 1/);

    match(await does("cluster", "cluster-id AT"), /^Cluster ID: [\w-]{22}$/m);
    match(
      await does("cluster", "list-endpoints AT"),
      new RegExp(`^1 .*${controllers}.*contr`, "m"),
    );
    match(await refused("cluster", "unregister AT --id 9"), /BrokerIdNotRegisteredException/);

    match(await does("metadata-quorum", "AT describe --status"), /CurrentVoters: +\[\{"id": 1,/);
    match(await does("metadata-quorum", "AT describe --replication"), /^2\s.*Observer\s*$/m);
  },
);
