/**
 * Static members (KIP-345) under cooperative assignors (KIP-429), with librdkafka and Java: two
 * share four partitions; one is killed, and comes back under its name within its session. The group
 * must not notice: the same generation, and everyone has what it had.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  hasApacheKafka,
  hasProgram,
  peers,
  Program,
  runProgram,
  startStreamer,
} from "../kit/programs.ts";
import { RawClient } from "../kit/wire.ts";
import { testWith } from "../kit/skip.ts";

const SESSION_MS = 30_000;

interface Kind {
  readonly needs: string;
  readonly available: boolean;
  /** Starts a member of "readers" that reads "orders" and says what it has read. */
  start(brokers: string, instance: string): Program;
  readonly assignor: string;
}

const KCAT: Kind = {
  needs: "kcat",
  available: hasProgram("kcat"),
  assignor: "cooperative-sticky",
  start: (brokers, instance) =>
    new Program("kcat", [
      ...["-b", brokers, "-u", "-G", "readers", "orders", "-f", "%p:%s\\n"],
      ...["-X", `group.instance.id=${instance}`, "-X", `session.timeout.ms=${SESSION_MS}`],
      ...["-X", "partition.assignment.strategy=cooperative-sticky"],
      ...["-X", "auto.offset.reset=earliest", "-X", "heartbeat.interval.ms=500"],
    ]),
};

const JAVA: Kind = {
  needs: "Apache Kafka",
  available: hasApacheKafka(),
  assignor: "cooperative-sticky",
  start: (brokers, instance) =>
    new Program(`${peers}/kafka`, [
      ...["verifiable-consumer", "--bootstrap-server", brokers, "--verbose"],
      ...["--topic", "orders", "--group-id", "readers", "--group-instance-id", instance],
      ...["--session-timeout", `${SESSION_MS}`, "--reset-policy", "earliest"],
      "--assignment-strategy",
      "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    ]),
};

interface Member {
  readonly groupInstanceId: string;
  readonly memberId: string;
  readonly memberAssignment: string;
}

/** The group as it is once it is stable with these instances, all of which have something. */
async function settled(client: RawClient, instances: string[]) {
  for (let tries = 0; tries < 1200; tries++) {
    const answer = await client.ask("DescribeGroups", 5, { groups: ["readers"] });
    const [group] = answer.groups;
    const members: Member[] = group.members.map((each: any) => ({
      groupInstanceId: each.groupInstanceId,
      memberId: each.memberId,
      memberAssignment: each.memberAssignment.toHex(),
    })).sort((a: Member, b: Member) => a.groupInstanceId < b.groupInstanceId ? -1 : 1);
    const isWhole = members.map(({ groupInstanceId }) => groupInstanceId).join() ===
      instances.join();
    // Version, one topic by its name, and two partitions of it.
    const isShared = members.every(({ memberAssignment }) => memberAssignment.includes("00000002"));
    if (group.groupState === "Stable" && isWhole && isShared) {
      return { assignor: group.protocolData, members };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the group does not settle");
}

for (const kind of [KCAT, JAVA]) {
  testWith(kind, `A static member of ${kind.needs} comes back, and nobody rebalances`, async () => {
    using folder = new TemporaryFolder();
    const { program, port, brokers } = await startStreamer({
      data: `${folder.path}/data`,
      args: ["--set", "group.initial.rebalance.delay.ms=500"],
    });
    await using _ = program;
    const streamer = (...words: string[]) =>
      runProgram("bin/streamer", [...words, "--brokers", brokers]);
    await streamer("topic", "create", "orders", "--partitions", "4");
    using client = await RawClient.connect(port);

    await using first = kind.start(brokers, "one");
    const second = kind.start(brokers, "two");
    const before = await settled(client, ["one", "two"]);
    strictEqual(before.assignor, kind.assignor);
    const rebalances = () => program.printed.match(/group rebalance/g)?.length;
    const were = rebalances();

    second.kill("SIGKILL");
    await second.exited;
    await using again = kind.start(brokers, "two");
    await program.untilPrinted(/static member replaced/, 30_000);
    const after = await settled(client, ["one", "two"]);
    strictEqual(rebalances(), were);
    const had = ({ members }: typeof before) =>
      members.map(({ memberAssignment }) => memberAssignment);
    deepStrictEqual(had(after), had(before));
    strictEqual(after.members[0].memberId, before.members[0].memberId);
    await Promise.all([first.stop(), again.stop()]);
  });
}
