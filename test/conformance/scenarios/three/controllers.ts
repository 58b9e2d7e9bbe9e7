/** The listener of controllers: what each of three serves there, and what only the active one. */
import type { ApiName } from "../../../../src/protocol/mod.ts";
import type { Scenario, Side } from "../../side.ts";
import { SPREAD } from "../../stages/three.ts";
import { asQuorum } from "./descriptions.ts";
import { NODES, onThree } from "./scenario.ts";

/** The controller that leads the quorum, and those that follow. */
async function controllersOf(side: Side): Promise<{ active: number; others: number[] }> {
  const { topics } = await side.ask("DescribeQuorum", 0, {
    topics: [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }],
  });
  const active = topics[0].partitions[0].leaderId;
  return { active, others: NODES.filter((id) => id !== active) };
}

/** What the active controller and another one answer to the same, in the API's last version. */
const atControllers = (
  api: ApiName,
  name: string,
  body: (own: string) => object,
  { version: asked, as = (answer) => answer, ...more }: Partial<Scenario> & {
    version?: number;
    as?: (answer: any) => unknown;
  } = {},
): Scenario =>
  onThree(api, `of controllers: ${name}`, async (side, last, own) => {
    const { active, others } = await controllersOf(side);
    const ask = async (id: number) => {
      const answer = await side.controllerAt(id).ask(api, asked ?? last, body(own));
      return typeof answer === "string" ? answer : as(answer);
    };
    const follower = await ask(others[0]);
    return { active: await ask(active), follower };
  }, { once: true, ...more });

const topicsIn = (fields: object) => (own: string) => ({
  topics: [{ name: `${own}-made`, numPartitions: 1, replicationFactor: 1, ...fields }],
  timeoutMs: 5000,
});

/** Addresses of controllers are ports; who is active is nobody's choice. */
const withoutLeader = (answer: any) => ({
  ...answer,
  controllerId: Math.sign(answer.controllerId),
});

const METADATA = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];

export const CONTROLLERS: Scenario[] = [
  ...[0, 3, 4].map((version) =>
    atControllers("ApiVersions", `what they serve, in version ${version}`, () => ({
      clientSoftwareName: "judge",
      clientSoftwareVersion: "1",
    }), { version })
  ),
  ...[1, 2, 3].map((endpointType) =>
    atControllers(
      "DescribeCluster",
      `endpoints of type ${endpointType}`,
      () => ({ endpointType }),
      {
        as: withoutLeader,
      },
    )
  ),
  atControllers("DescribeQuorum", "the quorum", () => ({ topics: METADATA }), { as: asQuorum }),
  atControllers("CreateTopics", "a topic", topicsIn({})),
  atControllers("CreateTopics", "one that cannot be", topicsIn({ replicationFactor: 7 })),
  atControllers("CreatePartitions", "of a topic", (own) => ({
    topics: [{ name: own, count: 2, assignments: null }],
    timeoutMs: 5000,
  }), { topic: {} }),
  atControllers("DeleteTopics", "a topic", (own) => ({
    topics: [{ name: own, topicId: "AAAAAAAAAAAAAAAAAAAAAA" }],
    timeoutMs: 5000,
  }), { topic: {} }),
  atControllers("ElectLeaders", "where the preferred one leads", () => ({
    electionType: 0,
    topicPartitions: [{ topic: SPREAD, partitions: [0] }],
    timeoutMs: 5000,
  })),
  atControllers("AlterPartitionReassignments", "to where it is", () => ({
    timeoutMs: 5000,
    topics: [{ name: SPREAD, partitions: [{ partitionIndex: 0, replicas: [1, 2, 3] }] }],
  })),
  atControllers("ListPartitionReassignments", "of all", () => ({ timeoutMs: 5000, topics: null })),
  ...NODES.map((id) =>
    atControllers("IncrementalAlterConfigs", `of broker ${id}`, () => ({
      resources: [{
        resourceType: 4,
        resourceName: `${id}`,
        configs: [{ name: "log.cleaner.backoff.ms", configOperation: 1, value: null }],
      }],
    }))
  ),
  atControllers("AlterConfigs", "of a topic", (own) => ({
    resources: [{
      resourceType: 2,
      resourceName: own,
      configs: [{ name: "retention.ms", value: "86400000" }],
    }],
  }), { topic: {} }),
  atControllers("UpdateFeatures", "that are so already", () => ({
    featureUpdates: [{ feature: "group.version", maxVersionLevel: 1, upgradeType: 1 }],
  })),
  atControllers("UnregisterBroker", "that is not there", () => ({ brokerId: 7 })),
  atControllers("AddRaftVoter", "while they are fixed", () => ({
    clusterId: null,
    timeoutMs: 1000,
    voterId: 4,
    voterDirectoryId: "MissingMissingMissingA",
    listeners: [{ name: "CONTROLLER", host: "127.0.0.1", port: 1 }],
  })),
  atControllers("RemoveRaftVoter", "while they are fixed", () => ({
    clusterId: null,
    voterId: 2,
    voterDirectoryId: "MissingMissingMissingA",
  })),
  atControllers("AlterClientQuotas", "none", () => ({ entries: [], validateOnly: true })),
];
