/** The two makes of node that scenarios are played on, and how a node of each is started. */
import { peers, root } from "../../kit/programs.ts";

export const BROKER_PORT = 9092, CONTROLLER_PORT = 9093;

export interface Member {
  readonly id: number;
  readonly address: string;
}

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
  /** So that both are asked for the same: what is acknowledged is on disk. */
  readonly durableTopic: Readonly<Record<string, string>>;
}

const votersOf = (voters: readonly Member[]) =>
  voters.map(({ id, address }) => `${id}@${address}:${CONTROLLER_PORT}`).join();
const listenersOf = ({ address }: Member) =>
  `PLAINTEXT://${address}:${BROKER_PORT},CONTROLLER://${address}:${CONTROLLER_PORT}`;

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
        "advertised.listeners": `PLAINTEXT://${self.address}:${BROKER_PORT}`,
        ...settings,
      }).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
    ],
    env: {},
    ready: /[Rr]eady/,
  }),
  logs: (folder) => `${folder}/data`,
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
        "advertised.listeners": `PLAINTEXT://${self.address}:${BROKER_PORT}`,
        ...settings,
      }).map(([name, value]) => `${name}=${value}`),
    ],
    env: { KAFKA_HEAP: Deno.env.get("KAFKA_HEAP") ?? "-Xmx512M -Xms128M" },
    ready: /Kafka Server started/,
  }),
  logs: (folder) => `${folder}/data`,
  durableTopic: { "flush.messages": "1" },
};

export const MAKES: Readonly<Record<string, Make>> = { streamer, kafka };
