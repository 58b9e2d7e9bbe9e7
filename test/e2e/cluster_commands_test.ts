/**
 * `streamer cluster …` and `topic …`, as a person types them, on a cluster of three nodes; and
 * since they are to work with any Kafka, on three of Apache Kafka's as on three of ours.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { brokerTest } from "../kit/broker.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { LocalCluster } from "../kit/local_cluster.ts";
import { kafka, type Make, streamer } from "../kit/makes.ts";
import { hasApacheKafka, pause } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { type Ran, run, type TerminalOptions } from "../kit/terminal.ts";

/** Enough to be still on its way when somebody looks, at the limit that is set. */
const VALUES = 60;
const VALUE_BYTES = 100_000;
const PATIENCE_MS = 60_000;

class Person {
  constructor(readonly cluster: LocalCluster, readonly folder: string) {}

  /** Types a line; what is seen, whatever comes of it. */
  type(line: string, options: TerminalOptions = {}): Promise<Ran> {
    const env = { STREAMER_BROKERS: this.cluster.brokers };
    const words = line.split(" ").filter((word) => word !== "");
    return run(words, { env, workingDirectory: this.folder, ...options });
  }

  /** Types a line that has to work; gives what is printed for programs. */
  async does(line: string, options?: TerminalOptions): Promise<string> {
    const { code, out, err } = await this.type(line, options);
    strictEqual(code, 0, `${line}: ${out}${err}${this.cluster.tails()}`);
    return out;
  }

  async json(line: string): Promise<any> {
    return JSON.parse(await this.does(`${line} --json`));
  }

  /** Replicas on each of the brokers 1 to 3. */
  async loads(topic: string): Promise<number[]> {
    const [{ partitions }] = await this.json(`topic describe ${topic}`);
    return [1, 2, 3].map((id) =>
      partitions.filter(({ replicas }: { replicas: number[] }) => replicas.includes(id)).length
    );
  }

  /** Asks until the answer is as wanted. */
  async until(line: string, isIt: (ran: Ran) => boolean): Promise<Ran> {
    for (const end = performance.now() + PATIENCE_MS;; await pause(250)) {
      const ran = await this.type(line);
      if (isIt(ran)) return ran;
      ok(performance.now() < end, `${line}: ${ran.out}${ran.err}${this.cluster.tails()}`);
    }
  }
}

async function onThree(make: Make, walk: (person: Person) => Promise<void>): Promise<void> {
  using folder = new TemporaryFolder();
  await using cluster = await LocalCluster.start({
    make,
    folder: folder.path,
    settings: {
      "broker.session.timeout.ms": "6000",
      "broker.heartbeat.interval.ms": "1000",
      "offsets.topic.replication.factor": "3",
    },
  });
  await walk(new Person(cluster, folder.path));
}

async function lookAround(person: Person): Promise<void> {
  const { out } = await person.until("cluster status", ({ code }) => code === 0);
  match(out, /^Quorum +leader [123], epoch \d+, high watermark \d+$/m);
  strictEqual(out.match(/^ +[123] +(?:voter|leader) +\d+ +\S+ +\S+$/mg)?.length, 3, out);
  strictEqual(out.match(/^ +[123] +127\.0\.0\.1:\d+ .*up/mg)?.length, 3, out);
  match(out, /\nAll is well: the quorum survives the loss of 1 controller of 3\.\n$/);
  const features = await person.json("cluster features");
  const metadata = features.find(({ name }: { name: string }) => name === "metadata.version");
  strictEqual(metadata.level, 30);
  match(await person.does("cluster features"), /metadata\.version +30 \(4\.3-IV0\)/);
}

/** All off a broker, evenly back, and by a plan that was kept. */
async function move(person: Person): Promise<void> {
  match(await person.does("topic create moves -p 6 -r 2"), /6 partitions with 2 replicas/);
  const dry = await person.json("cluster drain 3 --dry-run");
  const held = (await person.loads("moves"))[2];
  deepStrictEqual([dry.broker, dry.moves.length], [3, held]);
  strictEqual((await person.loads("moves"))[2], held, "a dry run changes nothing");
  await person.does("cluster drain 3");
  deepStrictEqual(await person.loads("moves"), [6, 6, 0]);

  const spread = "cluster reassign --to 1,2,3 --topics moves";
  const plan = await person.json(`${spread} --dry-run`);
  Deno.writeTextFileSync(`${person.folder}/back.json`, JSON.stringify(plan.current));
  await person.does(spread);
  deepStrictEqual(await person.loads("moves"), [4, 4, 4]);
  match((await person.type(spread)).err, /Nothing to do/);
  await person.does("cluster reassign --plan back.json");
  deepStrictEqual(await person.loads("moves"), [6, 6, 0]);
  const refused = await person.type("cluster drain 2");
  match(refused.err, /^Cannot place the 2 replicas|^Broker 2 has no replicas/m);
}

/** Slowly, watched, and stopped half way. */
async function moveSlowly(person: Person): Promise<void> {
  const values = Array(VALUES).fill("x".repeat(VALUE_BYTES)).join("\n");
  await person.does("topic create heavy -p 1 -r 1");
  await person.does("produce heavy", { stdin: values });
  const [{ partitions: [{ replicas: [at] }] }] = await person.json("topic describe heavy");
  const to = at === 1 ? 2 : 1;
  const stop = new AbortController();
  const moving = person.type(`cluster reassign --to ${to} --topics heavy --throttle 50KiB`, {
    signal: stop.signal,
  });
  const status = "cluster reassign --status --json";
  const seen = await person.until(status, ({ out }) => JSON.parse(out || "{}").count === 1);
  const { moving: [one], throttle } = JSON.parse(seen.out);
  deepStrictEqual([one.topic, one.adding, one.removing], ["heavy", [to], [at]]);
  deepStrictEqual(throttle.topics, ["heavy"]);
  ok(throttle.brokers.includes(to) && throttle.brokers.includes(at));
  stop.abort(new DOMException("^C", "AbortError"));
  const { code, err } = await moving;
  strictEqual(code, 0, err);
  match(
    err,
    /goes on moving by itself\. See: streamer cluster reassign --status\nStop it: .*--canc/,
  );

  match(await person.does("cluster reassign --cancel"), /Stopped 1 partition/);
  const [{ partitions: [{ replicas }] }] = await person.json("topic describe heavy");
  deepStrictEqual(replicas, [at]);
  const { count, throttle: left } = JSON.parse(await person.does(status));
  deepStrictEqual([count, left], [0, { brokers: [], topics: [] }]);
}

async function elect(person: Person): Promise<void> {
  const plan = (replicas: number[]) =>
    Deno.writeTextFileSync(
      `${person.folder}/plan.json`,
      JSON.stringify({ version: 1, partitions: [{ topic: "led", partition: 0, replicas }] }),
    );
  const leader = async () => (await person.json("topic describe led"))[0].partitions[0].leader;
  await person.does("topic create led -p 1 -r 3");
  plan([1, 2, 3]);
  await person.type("cluster reassign --plan plan.json");
  await person.does("cluster elect --topic led");
  await person.until(
    "topic describe led --json",
    ({ out }) => JSON.parse(out)[0].partitions[0].leader === 1,
  );
  plan([2, 1, 3]);
  await person.does("cluster reassign --plan plan.json");
  strictEqual(await leader(), 1, "an order is no election");
  match(await person.does("cluster elect"), /^Elected \d+ leaders?: .*\bled-0\b/);
  await person.until(
    "topic describe led --json",
    ({ out }) => JSON.parse(out)[0].partitions[0].leader === 2,
  );
  match(await person.does("cluster elect --topic led -p 0"), /No election was needed/);
  match((await person.type("cluster elect --topic led -p 9")).err, /has no partition 9/);
}

/** At first the list of voters is fixed; then it changes. */
async function changeVoters(person: Person): Promise<void> {
  const fixed = await person.type("cluster remove 3 --only controller");
  strictEqual(fixed.code, 1);
  match(fixed.err, /controller\.quorum\.voters .*\n.*features --upgrade kraft\.version=1/);
  await person.does("cluster features --upgrade kraft.version=1 --dry-run");
  await person.does("cluster features --upgrade kraft.version=1");
  await person.until("cluster features", ({ out }) => /kraft\.version +1/.test(out));
  await person.does("cluster remove 3 --only controller --dry-run");
  match(await person.does("cluster remove 3 --only controller"), /Controller 3 does not vote any/);
  await person.until("cluster status", ({ out }) => /^ +3 +observer/m.test(out));
  match((await person.type("cluster add 9")).err, /Node 9 does not follow the quorum/);
  await person.until("cluster add 3", ({ code }) => code === 0);
  match((await person.type("cluster add 3")).err, /Controller 3 votes already/);
}

/** One is killed: told with what to do, seen in every filter, and well again once it is back. */
async function lose(person: Person): Promise<void> {
  await person.does("topic create kept -p 3 -r 3 --config min.insync.replicas=2");
  await person.does("topic create alone -p 3 -r 1");
  const [{ partitions }] = await person.json("topic describe alone");
  const only = partitions.filter(({ leader }: { leader: number }) => leader === 3);
  await person.cluster.nodes[2].end("kill");
  const bad = await person.until(
    "cluster status",
    ({ out, code }) => code === 1 && / 3 .*(fenced|away)/.test(out),
  );
  match(bad.out, /start broker 3/);
  const listed = async (filter: string) =>
    (await person.json(`topic describe --${filter}`)).map(({ topic, partition }: any) =>
      `${topic}-${partition}`
    );
  const kept = ["kept-0", "kept-1", "kept-2"];
  const all = await listed("under-replicated");
  ok(kept.every((key) => all.includes(key)), `${all}`);
  const unavailable = only.map(({ partition }: { partition: number }) => `alone-${partition}`);
  const gone = await listed("unavailable");
  deepStrictEqual(gone.filter((key: string) => key.startsWith("alone-")), unavailable);
  deepStrictEqual((await listed("at-min-isr")).filter((key: string) => kept.includes(key)), kept);
  match((await person.type("cluster remove 3")).err, /has \d+ replicas?\n.*cluster drain 3/);

  person.cluster.nodes[2].start();
  await person.until("cluster status", ({ code }) => code === 0);
}

async function walk(person: Person): Promise<void> {
  await lookAround(person);
  await move(person);
  await moveSlowly(person);
  await elect(person);
  await changeVoters(person);
  await lose(person);
}

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "streamer cluster looks after three nodes of Apache Kafka's",
  () => onThree(kafka, walk),
);

brokerTest(
  "streamer cluster looks after three nodes of our own",
  () => onThree(streamer, walk),
);
