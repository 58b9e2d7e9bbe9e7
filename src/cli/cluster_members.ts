/**
 * `streamer cluster add` and `remove`: who votes in the quorum, and which brokers the cluster
 * knows. Both say what they do before they do it, and look first whether the cluster would survive
 * it.
 */
import type {
  BrokerDescription,
  Client,
  ClusterStatus,
  Quorum,
  QuorumEndpoint,
  QuorumMember,
} from "../client/mod.ts";
import type { NetworkAddress } from "../platform/mod.ts";
import { address } from "./address_flag.ts";
import { assignmentsOf, count } from "./cluster_moves.ts";
import { BROKERS_FLAG, command } from "./command.ts";
import { CommandError, type Io } from "./io.ts";
import { nodeId } from "./node_ids.ts";
import { withClient } from "./with_client.ts";

const DRY_RUN = {
  "dry-run": { type: "boolean", help: "Say what would be done, and do nothing" },
} as const;

export const addCommand = command({
  name: "cluster add",
  summary: "Let a controller that follows the quorum vote in it",
  usage: "NODE [flags]",
  description:
    "The controller must run and follow the quorum (streamer serve --join; streamer cluster status lists it " +
    "as an observer). Its directory's id and its address are found by asking the quorum. A node that was " +
    "started with --join becomes a voter by itself. A broker needs no adding: it is in the cluster once " +
    "it runs; streamer cluster reassign --to gives it something to do.",
  examples: [
    ["streamer cluster add 4 --dry-run", "what would be done"],
    ["streamer cluster add 4", ""],
    ["streamer cluster add 4 --at host4:9093", "where the quorum does not tell its address"],
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    at: { type: "string", value: "HOST:PORT", help: "Where other controllers find it" },
    "directory-id": {
      type: "string",
      value: "ID",
      help: "Of its metadata directory, where the quorum does not tell it",
    },
    ...DRY_RUN,
  },
  async run(call) {
    const { values, positionals, io } = call;
    const node = nodeId("NODE", positionals[0]);
    const given = values.at === undefined ? undefined : addressOf(values.at);
    await withClient(call, async (client) => {
      const { addVoter } = await import("../client/mod.ts");
      const quorum = await quorumOf(client);
      await checkMayChange(client);
      const voters = quorum.members.filter(({ isVoter }) => isVoter);
      if (voters.some(({ id }) => id === node)) {
        throw new CommandError(`Controller ${node} votes already`, "See: streamer cluster status");
      }
      const observer = observerOf(quorum, node);
      const directoryId = values["directory-id"] ?? observer?.directoryId;
      if (directoryId === undefined) {
        throw new CommandError(
          `Node ${node} does not follow the quorum`,
          `Start it as a controller: streamer serve --node-id ${node} --join ${
            someEndpoint(quorum) ?? "HOST:PORT"
          }, and see whether streamer cluster status lists it`,
        );
      }
      const endpoints = [await endpointOf(client, quorum, node, given)];
      const [{ host, port }] = endpoints;
      const after = voters.length + 1;
      io.say(
        `Makes controller ${node} at ${host}:${port} (directory ${directoryId}) a voter: there are ` +
          `then ${after}, and ${survival(after)}`,
      );
      if (values["dry-run"]) return io.say("Nothing is changed: this was a dry run");
      await addVoter(client.cluster, { id: node, directoryId, endpoints });
      await io.write(`Controller ${node} votes\n`);
    });
  },
});

export const removeCommand = command({
  name: "cluster remove",
  summary: "Take a node out: its vote in the quorum, and its registration as a broker",
  usage: "NODE [flags]",
  description:
    "What the node is, it is no more: a voter loses its vote, and the cluster forgets the broker, which must " +
    "have no replicas (streamer cluster drain) and be stopped. With --only, one of the two. A controller " +
    "whose vote is taken goes on following the quorum while it runs; one that joins by itself (--join) " +
    "must be stopped first, since it would vote again a moment later.",
  examples: [
    ["streamer cluster remove 3 --dry-run", "what would be done"],
    ["streamer cluster remove 3", "drained and stopped before"],
    ["streamer cluster remove 3 --only controller", "take its vote; as a broker it stays"],
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    ...BROKERS_FLAG,
    only: {
      type: "string",
      choices: ["controller", "broker"],
      help: "Its vote, or its registration (default: what of it there is)",
    },
    ...DRY_RUN,
  },
  async run(call) {
    const { values, positionals, io } = call;
    const node = nodeId("NODE", positionals[0]);
    await withClient(call, async (client) => {
      const { clusterStatus } = await import("../client/mod.ts");
      const status = await clusterStatus(client.cluster);
      const voter = values.only === "broker" ? undefined : voterOf(status, node);
      const broker = values.only === "controller"
        ? undefined
        : status.brokers.find(({ id }) => id === node);
      if (voter === undefined && broker === undefined) {
        const what = values.only === undefined ? "node" : values.only;
        throw new CommandError(`There is no ${what} ${node}`, "See: streamer cluster status");
      }
      if (broker !== undefined) await checkBrokerMayGo(client, broker, voter !== undefined);
      if (voter !== undefined) {
        await checkMayChange(client);
        await checkVoterMayGo(status, node);
        await checkStaysOut(client, status, voter);
      }
      await remove(client, { status, node, voter, broker, isDryRun: values["dry-run"], io });
    });
  },
});

interface Removal {
  status: ClusterStatus;
  node: number;
  voter: QuorumMember | undefined;
  broker: BrokerDescription | undefined;
  isDryRun: boolean;
  io: Io;
}

async function remove(
  { cluster }: Client,
  { status, node, voter, broker, isDryRun, io }: Removal,
): Promise<void> {
  const { removeVoter, unregisterBroker } = await import("../client/mod.ts");
  if (voter !== undefined) {
    const after = status.quorum!.members.filter(({ isVoter }) => isVoter).length - 1;
    const leads = status.quorum!.leaderId === node ? "; it leads, and another will be elected" : "";
    io.say(
      `Takes controller ${node} its vote (directory ${voter.directoryId}): there are then ${
        count(after, "voter")
      }, and ${survival(after)}${leads}`,
    );
  }
  if (broker !== undefined) io.say(`Forgets broker ${node}, which has no replicas`);
  if (isDryRun) return io.say("Nothing is changed: this was a dry run");
  if (voter !== undefined) {
    await removeVoter(cluster, { id: node, directoryId: voter.directoryId! });
    await io.write(`Controller ${node} does not vote any more\n`);
  }
  if (broker !== undefined) {
    await unregisterBroker(cluster, node);
    await io.write(`Broker ${node} is forgotten\n`);
  }
}

async function quorumOf({ cluster }: Client): Promise<Quorum> {
  const { describeQuorum } = await import("../client/mod.ts");
  const quorum = await describeQuorum(cluster);
  if (quorum !== undefined) return quorum;
  throw new CommandError("This cluster has no quorum of controllers: ZooKeeper has its metadata");
}

/** At kraft.version 0 who votes stands in everybody's settings. */
async function checkMayChange({ cluster }: Client): Promise<void> {
  const { describeFeatures } = await import("../client/mod.ts");
  const kraft = (await describeFeatures(cluster)).find(({ name }) => name === "kraft.version");
  if (kraft === undefined || kraft.level > 0) return;
  throw new CommandError(
    "Who votes is fixed in this cluster: controller.quorum.voters of all nodes says it (kraft.version 0)",
    "Let voters come and go, for good: streamer cluster features --upgrade kraft.version=1",
  );
}

/** A node may have come again with another directory: the one that was heard of last. */
function observerOf({ members }: Quorum, node: number): QuorumMember | undefined {
  const silence = ({ silentMs }: QuorumMember) => silentMs ?? Infinity;
  return members.filter(({ id, isVoter }) => id === node && !isVoter)
    .sort((one, other) => silence(one) - silence(other))[0];
}

const voterOf = ({ quorum }: ClusterStatus, node: number): QuorumMember | undefined =>
  quorum?.members.find(({ id, isVoter }) => id === node && isVoter);

const leaderEndpoint = ({ members, leaderId }: Quorum): QuorumEndpoint | undefined =>
  members.find(({ id }) => id === leaderId)?.endpoints[0];

function someEndpoint(quorum: Quorum): string | undefined {
  const found = leaderEndpoint(quorum);
  return found && `${found.host}:${found.port}`;
}

/** As it was given, or as the controllers know it. */
async function endpointOf(
  { cluster }: Client,
  quorum: Quorum,
  node: number,
  given: NetworkAddress | undefined,
): Promise<QuorumEndpoint> {
  const leader = leaderEndpoint(quorum);
  const name = leader?.name ?? "CONTROLLER";
  if (given !== undefined) return { name, ...given };
  const hint = `Say where other controllers find it: --at HOST:PORT`;
  if (leader === undefined) {
    throw new CommandError("The quorum does not tell where its leader is", hint);
  }
  const { listControllers } = await import("../client/mod.ts");
  const controllers = await listControllers(cluster, leader).catch((cause) => {
    const where = `${leader.host}:${leader.port}`;
    const message = `Cannot ask the leader of the quorum at ${where}: ${(cause as Error).message}`;
    throw new CommandError(message, hint, { cause });
  });
  const found = controllers.get(node);
  if (found !== undefined) return { name, ...found };
  throw new CommandError(
    `Node ${node} follows the quorum and is no controller: there are ${
      [...controllers.keys()].join(", ")
    }`,
    "Start it with --roles controller or broker,controller",
  );
}

/** Who is left must be able to go on: more than half of them follow now. */
async function checkVoterMayGo(status: ClusterStatus, node: number): Promise<void> {
  const { voterStates } = await import("../client/mod.ts");
  const { following, away } = voterStates(status);
  const left = following.filter((id) => id !== node);
  const after = following.length + away.length - 1;
  if (after === 0) {
    throw new CommandError(
      `Cannot remove controller ${node}: it is the only voter`,
      "Let another one vote first: streamer cluster add NODE",
    );
  }
  if (left.length > after / 2) return;
  throw new CommandError(
    `Cannot remove controller ${node}: of the ${after} voters left only ${left.length} would follow, ` +
      "and the quorum would stand still",
    `Start ${away.join(", ")}, or remove that first`,
  );
}

/** As in Apache Kafka, who joins by itself does so again whenever it finds that it does not vote. */
async function checkStaysOut(
  { cluster }: Client,
  status: ClusterStatus,
  { id, endpoints: [at] }: QuorumMember,
): Promise<void> {
  const { joinsByItself, voterStates } = await import("../client/mod.ts");
  const { following } = voterStates(status);
  if (at === undefined || !following.includes(id)) return;
  if (await joinsByItself(cluster, id, at) !== true) return;
  throw new CommandError(
    `Cannot remove controller ${id}: it runs and joins by itself (--join), so it would vote again ` +
      "a moment later",
    `Stop it, and then: streamer cluster remove ${id}. To go on as a broker only, start it with ` +
      "--roles broker",
  );
}

async function checkBrokerMayGo(
  client: Client,
  { id, isFenced }: BrokerDescription,
  isVoter: boolean,
): Promise<void> {
  const held = (await assignmentsOf(client)).filter(({ replicas }) => replicas.includes(id));
  const only = isVoter ? "; or take its vote only: --only controller" : "";
  if (held.length > 0) {
    throw new CommandError(
      `Cannot remove broker ${id}: it has ${count(held.length, "replica")}`,
      `Move them first: streamer cluster drain ${id}${only}`,
    );
  }
  if (isFenced) return;
  throw new CommandError(
    `Cannot remove broker ${id}: it runs, and would be of no use until it is started again`,
    `Stop it first${only}`,
  );
}

/** In words, what a number of voters is good for. */
const survival = (voters: number): string => {
  const spare = Math.max(0, Math.ceil(voters / 2) - 1);
  return spare === 0
    ? "the quorum survives no loss of one"
    : `the quorum survives the loss of ${spare}`;
};

function addressOf(text: string): NetworkAddress {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address("--at", text))!;
  return { host, port: Number(port) };
}
