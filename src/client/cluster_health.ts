/**
 * What a cluster's status comes to: whether all is well, and if it is not, the one thing to do
 * first. Trouble is told by what it does to users, the worst first: a quorum without a leader (no
 * change of anything), partitions without one (nothing written or read), too few in sync
 * (`acks=all` refused), too few replicas (the next failure would be worse), a node that is away.
 */
import type { BrokerStatus, ClusterStatus, TroubledPartition } from "./cluster_status.ts";

export interface Health {
  isWell: boolean;
  /** One line: all is well, or what is wrong and what to do. */
  verdict: string;
}

/** A voter that asked nothing for so long is away: it fetches at least twice a second. */
const AWAY_AFTER_MS = 5000;
/** So many ids are named in a sentence. */
const NAMED = 8;

/** Voters that follow the leader, and those that do not. */
export function voterStates(status: ClusterStatus): { following: number[]; away: number[] } {
  const { members = [], leaderId } = status.quorum ?? {};
  const voters = members.filter(({ isVoter }) => isVoter);
  const follows = ({ id, silentMs, lag }: typeof voters[0]) =>
    id === leaderId || lag !== null && (silentMs === null || silentMs < AWAY_AFTER_MS);
  return {
    following: voters.filter(follows).map(({ id }) => id),
    away: voters.filter((voter) => !follows(voter)).map(({ id }) => id),
  };
}

export function healthOf(status: ClusterStatus): Health {
  const trouble = quorumTrouble(status) ?? offlineTrouble(status) ?? minIsrTrouble(status) ??
    underReplicatedTrouble(status) ?? awayTrouble(status);
  if (trouble !== undefined) return { isWell: false, verdict: trouble };
  return { isWell: true, verdict: wellVerdict(status) };
}

function quorumTrouble({ quorum, quorumError }: ClusterStatus): string | undefined {
  if (quorumError !== undefined) {
    return `The quorum of controllers does not answer (${quorumError}), so nothing can be changed ` +
      "and no leader elected: start controllers until more than half of them run.";
  }
  if (quorum !== undefined && quorum.leaderId < 0) {
    return "The quorum of controllers has no leader, so nothing can be changed and no leader of a " +
      "partition elected: start controllers until more than half of them run.";
  }
}

function offlineTrouble(status: ClusterStatus): string | undefined {
  const { offline } = status;
  if (offline.length === 0) return undefined;
  const what = `${partitions(offline)} no leader and can be neither written nor read: `;
  const holders = awayOf(status, offline.flatMap(({ isr }) => isr));
  const others = awayOf(status, offline.flatMap(({ replicas }) => replicas));
  const [{ topic }] = offline;
  const lossy =
    `streamer cluster elect --unclean --topic ${topic} makes do with what others have, ` +
    "and loses what only it had";
  if (holders.length > 0) {
    return `${what}start ${named("broker", holders)}, which was the last in sync; if its disk is ` +
      `lost, ${lossy}.`;
  }
  if (others.length > 0) {
    return `${what}start ${named("broker", others)}; if that is no way, ${lossy}.`;
  }
  return `${what}see the log of ${named("broker", [...new Set(offline[0].replicas)])}, whose log ` +
    `directory may have failed; if it is lost, ${lossy}.`;
}

function minIsrTrouble(status: ClusterStatus): string | undefined {
  const { underMinIsr } = status;
  if (underMinIsr.length === 0) return undefined;
  const what = `${partitions(underMinIsr)} fewer replicas in sync than min.insync.replicas, and ` +
    "acks=all is refused there: ";
  return what + remedy(status, underMinIsr);
}

function underReplicatedTrouble(status: ClusterStatus): string | undefined {
  const { underReplicated } = status;
  if (underReplicated.length === 0) return undefined;
  const what = `${partitions(underReplicated)} fewer replicas in sync than there are to be: `;
  return what + remedy(status, underReplicated);
}

/** Who is away has to come back; who is there catches up by itself. */
function remedy(status: ClusterStatus, troubled: readonly TroubledPartition[]): string {
  const lagging = troubled.flatMap(({ replicas, isr }) =>
    replicas.filter((id) => !isr.includes(id))
  );
  const away = awayOf(status, lagging);
  if (away.length === 0) {
    const ids = [...new Set(lagging)].sort((one, other) => one - other);
    return `${named("broker", ids)} must catch up, which goes by itself; look again in a while.`;
  }
  const gone = away.length === 1 ? `${away[0]}` : "NODE";
  const running = status.brokers.filter(({ isFenced }) => !isFenced).length;
  const isRoom = troubled.every(({ replicas }) => replicas.length <= running);
  return `start ${named("broker", away)}; if gone for good, ${
    isRoom ? "move its replicas" : "start another one in its place, and then"
  }: streamer cluster drain ${gone}.`;
}

function awayTrouble(status: ClusterStatus): string | undefined {
  const { away, following } = voterStates(status);
  if (away.length > 0) {
    const all = away.length + following.length;
    const left = following.length - (Math.floor(all / 2) + 1);
    const next = left > 0 ? `${left} more may fail` : "none more may fail";
    return `${named("Controller", away)} ${
      away.length === 1 ? "does" : "do"
    } not follow the quorum, ` +
      `of whose ${all} voters ${next}: start it, or if it is gone for good: streamer cluster remove ` +
      `${away[0]}.`;
  }
  const fenced = status.brokers.filter(({ isFenced }) => isFenced).map(({ id }) => id);
  if (fenced.length > 0) {
    return `${named("Broker", fenced)} ${
      fenced.length === 1 ? "is" : "are"
    } registered and away: ` +
      `start it, or if it is gone for good: streamer cluster remove ${fenced[0]}.`;
  }
}

function wellVerdict({ quorum, brokers, moving, notPreferred }: ClusterStatus): string {
  const voters = quorum?.members.filter(({ isVoter }) => isVoter).length ?? 0;
  const spare = Math.max(0, Math.ceil(voters / 2) - 1);
  const notes: string[] = [];
  if (voters > 0) {
    notes.push(
      spare === 0
        ? `the quorum survives no loss of a controller (${count(voters, "voter")})`
        : `the quorum survives the loss of ${count(spare, "controller")} of ${voters}`,
    );
  }
  if (moving > 0) notes.push(`${count(moving, "partition")} ${moving === 1 ? "moves" : "move"}`);
  if (notPreferred > 0 && brokers.length > 1) {
    notes.push(
      `${
        count(notPreferred, "partition")
      } led by another than the preferred broker, which streamer ` +
        "cluster elect mends at once",
    );
  }
  return `All is well${notes.length > 0 ? `: ${notes.join("; ")}` : ""}.`;
}

/** Of these brokers those that are fenced or not there at all. */
function awayOf({ brokers }: ClusterStatus, ids: readonly number[]): number[] {
  const states = new Map<number, BrokerStatus>(brokers.map((broker) => [broker.id, broker]));
  return [...new Set(ids)].filter((id) => states.get(id)?.isFenced ?? true)
    .sort((one, other) => one - other);
}

const partitions = (troubled: readonly unknown[]) =>
  `${count(troubled.length, "partition")} ${troubled.length === 1 ? "has" : "have"}`;

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;

function named(what: string, ids: readonly number[]): string {
  const shown = ids.slice(0, NAMED).join(", ") + (ids.length > NAMED ? ", …" : "");
  return `${what}${ids.length === 1 ? "" : "s"} ${shown}`;
}
