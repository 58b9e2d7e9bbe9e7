/**
 * A cluster that grows and shrinks, by the command lines that `streamer serve --help` tells: one
 * node begins it, others join it, a broker comes besides, one is drained and taken out, and comes
 * back. And what is no way in: data of another cluster.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { brokerTest } from "../kit/broker.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { run } from "../kit/terminal.ts";
import { brokersOf, Nodes, votersOf } from "../kit/typed_nodes.ts";

brokerTest("One node begins a cluster, others join it, go, and come back", async () => {
  using folder = new TemporaryFolder();
  await using nodes = new Nodes(folder.path);
  nodes.start(1, "--new-cluster");
  const join = `--join 127.0.0.1:${nodes.at(1).controllers}`;
  nodes.start(2, `${join} --rack attic`);
  nodes.start(3, join);
  nodes.start(4, `${join} --roles broker`);
  await nodes.until(
    1,
    (status) =>
      votersOf(status).join() === "1,2,3" && brokersOf(status).join() === "1,2,3,4" &&
      status.health.isWell,
  );
  const { brokers, quorum } = JSON.parse(await nodes.does(1, "cluster status --json"));
  strictEqual(brokers.find(({ id }: any) => id === 2).rack, "attic");
  deepStrictEqual(quorum.members.find(({ id }: any) => id === 4).isVoter, false);

  const controller = ["--brokers", `127.0.0.1:${nodes.at(1).controllers}`];
  match((await run(["topic", "list", ...controller])).err, /That is where controllers meet: name/);

  await nodes.does(1, "topic create kept -p 6 -r 3 --config min.insync.replicas=2");
  const produced = await run(["produce", "kept"], {
    env: { STREAMER_BROKERS: `127.0.0.1:${nodes.at(4).clients}` },
    stdin: Array.from({ length: 100 }, (_, n) => `record ${n}`).join("\n"),
  });
  strictEqual(produced.code, 0, produced.err);

  match(
    (await nodes.type(1, "cluster remove 3 --only controller")).err,
    /^Cannot remove controller 3: it runs and joins by itself.*\nStop it/,
  );

  // Node 3 goes for good: drained, stopped, forgotten.
  await nodes.does(1, "cluster drain 3");
  match(
    (await nodes.type(1, "cluster remove 3")).err,
    /^Cannot remove broker 3: it runs.*\nStop it/,
  );
  await nodes.stop(3);
  await nodes.until(1, ({ brokers }) => brokers.find(({ id }: any) => id === 3).isFenced);
  match(await nodes.does(1, "cluster remove 3"), /3 does not vote any more\nBroker 3 is forgotten/);
  await nodes.until(
    1,
    (status) =>
      votersOf(status).join() === "1,2" && brokersOf(status).join() === "1,2,4" &&
      status.health.isWell,
  );

  // And comes back after all, as it went; with work to do.
  nodes.start(3, join);
  await nodes.until(
    1,
    (status) => votersOf(status).join() === "1,2,3" && brokersOf(status).join() === "1,2,3,4",
  );
  await nodes.does(1, "cluster reassign --to 1,2,3,4");
  const [{ partitions }] = JSON.parse(await nodes.does(3, "topic describe kept --json"));
  const loads = [1, 2, 3, 4].map((id) =>
    partitions.filter(({ replicas }: any) => replicas.includes(id)).length
  );
  deepStrictEqual(loads.toSorted(), [4, 4, 5, 5]);

  // The one that began it stops like any other, and comes back by the same line.
  await nodes.stop(1);
  await nodes.until(2, ({ quorum }) => [2, 3].includes(quorum?.leaderId));
  const { out } = await nodes.type(2, "consume kept --from beginning --until end");
  strictEqual(new Set(out.trim().split("\n")).size, 100);
  nodes.start(1, "--new-cluster");
  await nodes.until(2, ({ health }) => health.isWell);
});

brokerTest(
  "What a lone node has becomes a cluster's, with three copies of everything",
  async () => {
    using folder = new TemporaryFolder();
    await using nodes = new Nodes(folder.path);
    const alone = nodes.startAlone(1);
    await alone.untilPrinted(/Ready/);
    await nodes.does(1, "topic create old -p 2");
    const env = { STREAMER_BROKERS: `127.0.0.1:${nodes.at(1).clients}` };
    strictEqual((await run(["produce", "old"], { env, stdin: "one\ntwo\n" })).code, 0);
    await nodes.stop(1);

    nodes.start(1, "--new-cluster");
    const join = `--join 127.0.0.1:${nodes.at(1).controllers}`;
    for (const id of [2, 3]) nodes.start(id, join);
    await nodes.until(1, (status) => brokersOf(status).length === 3);
    match((await nodes.type(1, "cluster add 2")).err, /features --upgrade kraft\.version=1/);
    await nodes.does(1, "cluster features --upgrade kraft.version=1");
    await nodes.until(1, (status) => votersOf(status).join() === "1,2,3");
    await nodes.does(1, "cluster reassign --to 1,2,3 --replicas 3");
    await nodes.until(1, ({ health }) => health.isWell);
    await nodes.stop(1);
    const { out } = await nodes.type(2, "consume old --from beginning --until end");
    deepStrictEqual(out.trim().split("\n").toSorted(), ["one", "two"]);
  },
);

brokerTest("A node whose data is another cluster's does not start, and is told why", async () => {
  using folder = new TemporaryFolder();
  await using nodes = new Nodes(folder.path);
  for (const [id, how] of [[1, "--new-cluster"], [2, "--new-cluster"]] as const) {
    await nodes.start(id, how).untilPrinted(/Ready/);
  }
  await nodes.stop(2);
  const join = `--join 127.0.0.1:${nodes.at(1).controllers}`;
  const foreign = nodes.start(2, join);
  strictEqual(await foreign.exited, 2);
  match(
    foreign.printed,
    /Cannot join the cluster \S{22} .*this node's data is that of cluster \S{22}/,
  );

  // A lone node's neither: its quorum is one by its settings.
  await nodes.startAlone(3).untilPrinted(/Ready/);
  await nodes.stop(3);
  const joining = nodes.start(3, join);
  strictEqual(await joining.exited, 1);
  match(
    joining.printed,
    /has been a cluster of its own.*to join another cluster, give it an empty/,
  );
});
