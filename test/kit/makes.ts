/** The two makes of node that scenarios are played on, and how a node of each is started. */
import { peers, root, runProgram } from "./programs.ts";

/** The id of clusters that Kafka's tool formats. */
const CLUSTER = "abcdefghijklmnopqrstug";

/** Kafka's `process.roles`. */
export type Roles = "broker,controller" | "broker" | "controller";

export interface Member {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly controllerPort: number;
  /** Default: both. */
  readonly roles?: Roles;
}

/** A member that has an address of its own, and so the usual ports. */
export const memberAt = (id: number, address: string, roles?: Roles): Member => ({
  id,
  address,
  port: 9092,
  controllerPort: 9093,
  roles,
});

const hasRole = (role: Roles) => ({ roles = "broker,controller" }: Member): boolean =>
  roles.includes(role);
export const isBroker = hasRole("broker");
export const isController = hasRole("controller");

/** Where clients find the brokers. */
export const addressesOf = (members: readonly Member[]): string =>
  members.filter(isBroker).map(({ address, port }) => `${address}:${port}`).join();

export interface NodePlan {
  readonly self: Member;
  /** Nodes that are there from the start; those that are controllers vote. */
  readonly members: readonly Member[];
  /** Whether it is told who votes (so by default), begins a cluster that grows, or joins it. */
  readonly how?: "is told" | "begins" | "joins";
  /** What is started, instead of what the make has by default. */
  readonly program?: string;
  /** Where its files lie. */
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** A program to be started, and what it prints once it runs. */
export interface Start {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly ready: RegExp;
}

export interface Make {
  readonly name: "streamer" | "kafka";
  start(plan: NodePlan): Start;
  /** The folder of logs within a node's. */
  logs(folder: string): string;
  /**
   * Is what a node writes at its first start on disk when it serves? Apache Kafka's formatting leaves
   * it to the page cache, and without it a node never starts again.
   */
  readonly isBegunOnDisk: boolean;
  /** So that both are asked for the same: what is acknowledged is on disk. */
  readonly durableTopic: Readonly<Record<string, string>>;
}

const controllersOf = (members: readonly Member[]) =>
  members.filter(isController).map(({ id, address, controllerPort }) => ({
    id,
    at: `${address}:${controllerPort}`,
  }));
const votersOf = (members: readonly Member[]) =>
  controllersOf(members).map(({ id, at }) => `${id}@${at}`).join();
const advertisedOf = ({ address, port }: Member) => `PLAINTEXT://${address}:${port}`;

function listenersOf(member: Member): Record<string, string> {
  const controllers = `CONTROLLER://${member.address}:${member.controllerPort}`;
  if (!isBroker(member)) return { listeners: controllers };
  const clients = advertisedOf(member);
  return {
    listeners: isController(member) ? `${clients},${controllers}` : clients,
    "advertised.listeners": clients,
  };
}

/** How a node finds the others. */
function quorumOf({ self, members, how = "is told" }: NodePlan): Record<string, string> {
  if (how === "is told") return { "controller.quorum.voters": votersOf(members) };
  if (how === "begins") return { "controller.quorum.new.cluster": "true" };
  return {
    "controller.quorum.bootstrap.servers": controllersOf(members).map(({ at }) => at).join(),
    "controller.quorum.auto.join.enable": `${isController(self)}`,
  };
}

/**
 * Formats the folder of a node as Kafka's own tool does, for a cluster that begins at the
 * metadata.version of an older release, e.g. "3.9"; either make begins with what is there.
 */
export async function format(plan: NodePlan, release: string): Promise<void> {
  const file = `${plan.folder}/format.properties`;
  Deno.mkdirSync(plan.folder, { recursive: true });
  const settings = {
    "node.id": `${plan.self.id}`,
    "process.roles": plan.self.roles ?? "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": `${plan.folder}/data`,
    ...quorumOf(plan),
    ...listenersOf(plan.self),
  };
  Deno.writeTextFileSync(file, Object.entries(settings).map((each) => each.join("=")).join("\n"));
  const words = ["storage", "format", "-t", CLUSTER, "-c", file, "--release-version", release];
  await runProgram(`${peers}/kafka`, words, { withinMs: 90_000 });
}

/** What streamer is started from: `STREAMER_PROGRAM`, else the checkout. */
const program = Deno.env.get("STREAMER_PROGRAM") ?? `${root}bin/streamer`;

export const streamer: Make = {
  name: "streamer",
  start: (plan) => ({
    command: plan.program ?? program,
    args: [
      "serve",
      ...["--data", `${plan.folder}/data`],
      "--allow-anyone",
      ...Object.entries({
        "node.id": `${plan.self.id}`,
        "process.roles": plan.self.roles ?? "broker,controller",
        "controller.listener.names": "CONTROLLER",
        ...quorumOf(plan),
        ...listenersOf(plan.self),
        ...plan.settings,
      }).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
    ],
    env: {},
    ready: /[Rr]eady/,
  }),
  logs: (folder) => `${folder}/data`,
  isBegunOnDisk: true,
  durableTopic: {},
};

/** Apache Kafka as it is started beside us. */
export const kafka: Make = {
  name: "kafka",
  start: ({ self, members, folder, settings }) => ({
    command: `${peers}/kafka`,
    args: [
      "serve",
      folder,
      ...["--node-id", `${self.id}`, "--voters", votersOf(members)],
      ...["--roles", self.roles ?? "broker,controller"],
      ...Object.entries({ ...listenersOf(self), ...settings }).map(([name, value]) =>
        `${name}=${value}`
      ),
    ],
    env: { KAFKA_HEAP: Deno.env.get("KAFKA_HEAP") ?? "-Xmx512M -Xms128M" },
    ready: /Kafka Server started/,
  }),
  logs: (folder) => `${folder}/data`,
  isBegunOnDisk: false,
  durableTopic: { "flush.messages": "1" },
};

export const MAKES: Readonly<Record<string, Make>> = { streamer, kafka };
