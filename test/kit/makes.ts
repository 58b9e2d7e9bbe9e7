/** The two makes of node that scenarios are played on, and how a node of each is started. */
import { peers, root } from "./programs.ts";

export interface Member {
  readonly id: number;
  readonly address: string;
  readonly port: number;
  readonly controllerPort: number;
}

/** A member that has an address of its own, and so the usual ports. */
export const memberAt = (id: number, address: string): Member => ({
  id,
  address,
  port: 9092,
  controllerPort: 9093,
});

export const addressesOf = (members: readonly Member[]): string =>
  members.map(({ address, port }) => `${address}:${port}`).join();

export interface NodePlan {
  readonly self: Member;
  readonly voters: readonly Member[];
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

const votersOf = (voters: readonly Member[]) =>
  voters.map(({ id, address, controllerPort }) => `${id}@${address}:${controllerPort}`).join();
const advertisedOf = ({ address, port }: Member) => `PLAINTEXT://${address}:${port}`;
const listenersOf = (member: Member) =>
  `${advertisedOf(member)},CONTROLLER://${member.address}:${member.controllerPort}`;

/** What streamer is started from: `STREAMER_PROGRAM`, else the checkout. */
const program = Deno.env.get("STREAMER_PROGRAM") ?? `${root}bin/streamer`;

export const streamer: Make = {
  name: "streamer",
  start: ({ self, voters, folder, settings }) => ({
    command: program,
    args: [
      "serve",
      ...["--data", `${folder}/data`],
      "--allow-anyone",
      ...Object.entries({
        "node.id": `${self.id}`,
        "process.roles": "broker,controller",
        "controller.quorum.voters": votersOf(voters),
        "controller.listener.names": "CONTROLLER",
        listeners: listenersOf(self),
        "advertised.listeners": advertisedOf(self),
        ...settings,
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
  start: ({ self, voters, folder, settings }) => ({
    command: `${peers}/kafka`,
    args: [
      "serve",
      folder,
      ...["--node-id", `${self.id}`, "--voters", votersOf(voters)],
      ...Object.entries({
        listeners: listenersOf(self),
        "advertised.listeners": advertisedOf(self),
        ...settings,
      }).map(([name, value]) => `${name}=${value}`),
    ],
    env: { KAFKA_HEAP: Deno.env.get("KAFKA_HEAP") ?? "-Xmx512M -Xms128M" },
    ready: /Kafka Server started/,
  }),
  logs: (folder) => `${folder}/data`,
  isBegunOnDisk: false,
  durableTopic: { "flush.messages": "1" },
};

export const MAKES: Readonly<Record<string, Make>> = { streamer, kafka };
