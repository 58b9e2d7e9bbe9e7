/** Who a node is, what it does, and the quorum it belongs to. */
import { boolean, int, list, long, NO_LIMIT, string, structured } from "../setting.ts";

/** One of the fixed voters. */
export interface QuorumVoter {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export const NODE_SETTINGS = {
  "process.roles": list({
    default: ["broker", "controller"],
    of: ["broker", "controller"],
    doc: "What this node is: broker, controller, or both.",
  }),
  "node.id": int({
    default: 1,
    min: 0,
    doc: "The node's number, unique in the cluster and kept for life.",
  }),
  "broker.id": int({
    default: -1,
    doc: "The old name of node.id. Give one, or both with the same number.",
  }),
  "broker.rack": string({
    default: null,
    doc: "The rack or zone the broker stands in; replicas are spread over racks, and " +
      "consumers may read from their own.",
  }),
  "broker.heartbeat.interval.ms": int({
    default: 2000,
    doc: "How often a broker tells the controller that it is alive.",
  }),
  "broker.session.timeout.ms": int({
    default: 9000,
    doc: "Without a heartbeat for this long, a broker is fenced and its partitions get other " +
      "leaders.",
  }),
  "initial.broker.registration.timeout.ms": int({
    default: 60000,
    doc: "How long a starting broker tries to register with the controller before it gives " +
      "up.",
  }),
  "controlled.shutdown.enable": boolean({
    default: true,
    doc: "Whether a stopping broker first hands its partitions to others.",
  }),
  "controller.listener.names": list({
    default: [],
    doc: "Names of the listeners that only controllers use, the first being the one brokers " +
      "come to.",
  }),
  "controller.quorum.voters": structured<readonly QuorumVoter[]>("list", {
    default: [],
    allowed: "id@host:port by commas, each id once",
    parse: parseVoters,
    format: (voters) =>
      voters.map(({ id, host, port }) => `${id}@${bracketed(host)}:${port}`).join(","),
    doc:
      "The voters of a fixed quorum, as id@host:port. Leave it out for a quorum that can change.",
  }),
  "controller.quorum.bootstrap.servers": list({
    default: [],
    doc: "Addresses, host:port, at which a node first finds the quorum.",
  }),
  "controller.quorum.auto.join.enable": boolean({
    default: false,
    doc: "Whether a controller that observes the quorum asks to become a voter.",
  }),
  "controller.quorum.election.timeout.ms": int({
    default: 1000,
    min: 0,
    doc: "How long a candidate waits for votes before it tries again.",
  }),
  "controller.quorum.election.backoff.max.ms": int({
    default: 1000,
    min: 0,
    doc: "The longest random pause before a new election, so that candidates don't collide " +
      "for ever.",
  }),
  "controller.quorum.fetch.timeout.ms": int({
    default: 2000,
    min: 0,
    doc: "How long a follower goes without a successful fetch from the leader before it " +
      "calls an election; for a leader, without fetches from a majority before it " + "resigns.",
  }),
  "controller.quorum.request.timeout.ms": int({
    default: 2000,
    min: 0,
    doc: "How long one request between quorum members may take.",
  }),
  "controller.quorum.retry.backoff.ms": int({
    default: 20,
    min: 0,
    doc: "The pause before a failed request to a quorum member is sent again.",
  }),
  "controller.quorum.append.linger.ms": int({
    default: 25,
    min: 0,
    doc: "How long the quorum's leader gathers records before it writes them to disk.",
  }),
  "controller.quorum.fetch.max.bytes": int({
    default: 1_048_576,
    min: 1,
    doc: "The most bytes of records that one fetch of the metadata log brings.",
  }),
  "controller.quorum.fetch.snapshot.max.bytes": int({
    default: 1_048_576,
    min: 1,
    doc: "The most bytes of a snapshot that one request brings.",
  }),
  "controller.performance.sample.period.ms": long({
    default: 60_000,
    isHidden: true,
    doc: "How often the controller notes how long its work takes.",
  }),
  "controller.performance.always.log.threshold.ms": long({
    default: 2000,
    isHidden: true,
    doc: "What takes the controller longer than this is logged in any case.",
  }),
  "server.max.startup.time.ms": long({
    default: NO_LIMIT,
    min: 1,
    isHidden: true,
    doc: "A start that takes longer ends, be it that others are waited for.",
  }),
  "controller.socket.timeout.ms": int({
    default: 30000,
    doc: "How long a broker waits for the controller to answer.",
  }),
  "metadata.log.dir": string({
    default: null,
    doc: "Where the metadata log is kept; otherwise in the first of log.dirs.",
  }),
  "metadata.log.segment.bytes": int({
    default: 1_073_741_824,
    min: 8_388_608,
    doc: "A segment of the metadata log is closed at this size.",
  }),
  "internal.metadata.log.segment.bytes": int({
    default: null,
    isHidden: true,
    doc: "Instead of metadata.log.segment.bytes, below its least value.",
  }),
  "internal.metadata.max.batch.size.in.bytes": int({
    default: 8_388_608,
    isHidden: true,
    doc: "The most bytes of one batch of metadata.",
  }),
  "internal.metadata.delete.delay.millis": long({
    default: 60_000,
    isHidden: true,
    doc: "How long files of the metadata log stay once they are not needed any more.",
  }),
  "metadata.log.segment.ms": long({
    default: 604_800_000,
    doc: "A segment of the metadata log is closed at this age.",
  }),
  "metadata.log.max.record.bytes.between.snapshots": long({
    default: 20_971_520,
    min: 1,
    doc: "A snapshot of the metadata is written once this many bytes of records have come " +
      "since the last.",
  }),
  "metadata.log.max.snapshot.interval.ms": long({
    default: 3_600_000,
    min: 0,
    doc: "A snapshot of the metadata is written at least this often while records come; 0 " +
      "for no limit of time.",
  }),
  "metadata.max.idle.interval.ms": int({
    default: 500,
    min: 0,
    doc: "How often an idle leader writes a record that does nothing, so that followers see " +
      "the log move; 0 for never.",
  }),
  "metadata.max.retention.bytes": long({
    default: 104_857_600,
    doc: "Old snapshots and segments of the metadata log are removed beyond this size.",
  }),
  "metadata.max.retention.ms": long({
    default: 604_800_000,
    doc: "Old snapshots and segments of the metadata log are removed beyond this age.",
  }),
};

const bracketed = (host: string) => host.includes(":") ? `[${host}]` : host;

function parseVoters(text: string): QuorumVoter[] | undefined {
  if (text.trim() === "") return [];
  const voters: QuorumVoter[] = [];
  for (const part of text.split(",")) {
    const match = /^(\d{1,10})@(?:\[([0-9a-fA-F:.%]+)\]|([^:@/[\]\s]+)):(\d{1,5})$/.exec(
      part.trim(),
    );
    if (!match || Number(match[4]) > 65_535) return undefined;
    voters.push({ id: Number(match[1]), host: match[2] ?? match[3], port: Number(match[4]) });
  }
  return new Set(voters.map(({ id }) => id)).size === voters.length ? voters : undefined;
}
