/** What a cluster's status comes to, and the one thing to do first. */
import { match, strictEqual } from "node:assert/strict";
import {
  type ClusterStatus,
  healthOf,
  type QuorumMember,
  type TroubledPartition,
} from "../../src/client/mod.ts";

const member = (id: number, changes: Partial<QuorumMember> = {}): QuorumMember => ({
  id,
  isVoter: true,
  logEndOffset: 100,
  lag: 0,
  lagMs: 10,
  silentMs: 10,
  endpoints: [],
  ...changes,
});

const broker = (id: number, isFenced = false) => ({
  id,
  host: "h",
  port: 9092 + id,
  rack: null,
  isFenced,
  leads: 1,
  replicas: 1,
});

const quorum = (...members: QuorumMember[]) => ({
  leaderId: 1,
  leaderEpoch: 4,
  highWatermark: 100,
  members,
});

const short = (
  replicas: number[],
  isr: number[],
  leader: number = isr[0] ?? -1,
): TroubledPartition[] => [{ topic: "orders", partition: 3, leader, replicas, isr }];

const status = (changes: Partial<ClusterStatus>): ClusterStatus => ({
  clusterId: "c",
  metadataVersion: 30,
  quorum: quorum(member(1), member(2), member(3)),
  brokers: [broker(1), broker(2), broker(3)],
  missingBrokers: [],
  topics: 1,
  partitions: 1,
  underReplicated: [],
  underMinIsr: [],
  offline: [],
  notPreferred: 0,
  moving: 0,
  ...changes,
});

const away = [broker(1), broker(2, true), broker(3)];

const cases: [string, Partial<ClusterStatus>, RegExp][] = [
  ["all is there", {}, /^All is well: the quorum survives the loss of 1 controller of 3\.$/],
  ["there is one node", { quorum: quorum(member(1)), brokers: [broker(1)] }, /^All is well: .* no/],
  ["there is ZooKeeper", { quorum: undefined }, /^All is well\.$/],
  ["partitions move", { moving: 2 }, /^All is well: .*2 partitions move\.$/],
  ["others lead", { notPreferred: 1 }, /^All is well: .*streamer cluster elect mends at once\.$/],
  [
    "the quorum is silent",
    { quorum: undefined, quorumError: "late" },
    /^The quorum .*\(late\).*run/,
  ],
  [
    "no controller leads",
    { quorum: { ...quorum(member(1)), leaderId: -1 } },
    /^The quorum .* no lea/,
  ],
  [
    "a partition's last in-sync replica is away",
    { offline: short([2, 3], [2], -1), underReplicated: short([2, 3], [2], -1), brokers: away },
    /^1 partition has no leader .*start broker 2, which .* --unclean --topic orders .*only it had\.$/,
  ],
  [
    "no broker of a partition is known any more",
    { offline: short([7], [], -1) },
    /start broker 7; if that is no way, .*--unclean/,
  ],
  [
    "a partition is offline on brokers that are there",
    { offline: short([1, 2], [1], -1) },
    /see the log of brokers 1, 2, whose log directory may have failed/,
  ],
  [
    "too few are in sync for acks=all",
    { underMinIsr: short([1, 2, 3], [1]), underReplicated: short([1, 2, 3], [1]), brokers: away },
    /acks=all is refused there: start broker 2; .* start another .* and then: .* drain 2\.$/,
  ],
  [
    "a replica is behind",
    { underReplicated: short([1, 2, 3], [1, 2]) },
    /to be: broker 3 must catch up, which goes by itself/,
  ],
  [
    "there is room for the replicas of a broker that is away",
    { underReplicated: short([1, 2], [1]), brokers: away },
    /start broker 2; if gone for good, move its replicas: streamer cluster drain 2\.$/,
  ],
  [
    "two brokers are gone",
    { underReplicated: short([1, 8, 9], [1]) },
    /start brokers 8, 9; .* streamer cluster drain NODE\.$/,
  ],
  [
    "a voter does not ask",
    { quorum: quorum(member(1), member(2, { silentMs: 60_000 }), member(3)) },
    /^Controller 2 does not follow the quorum, of whose 3 voters none more may fail: .*remove 2\.$/,
  ],
  [
    "a voter was never heard of",
    { quorum: quorum(...[1, 2, 3, 4].map((id) => member(id)), member(5, { lag: null })) },
    /^Controller 5 .* of whose 5 voters 1 more may fail/,
  ],
  ["a broker is fenced", { brokers: away }, /^Broker 2 is registered and away: .* remove 2\.$/],
];
for (const [name, changes, verdict] of cases) {
  Deno.test(`When ${name}, the verdict is ${verdict.source}`, () => {
    const health = healthOf(status(changes));
    match(health.verdict, verdict);
    strictEqual(health.isWell, health.verdict.startsWith("All is well"));
  });
}

Deno.test("A silent observer, and a leader that tells no times of itself, are no trouble", () => {
  const observers = [member(9, { isVoter: false, silentMs: 99_999 })];
  const leader = member(1, { silentMs: 99_999 });
  strictEqual(healthOf(status({ quorum: quorum(leader, member(2), ...observers) })).isWell, true);
});
