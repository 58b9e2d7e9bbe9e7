/** Machines on a simulated network: what each fault looks like to those who talk over it. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import {
  type Begun,
  GOOD_LINK,
  SeededRandom,
  SimulatedClock,
  type SimulatedHost,
  SimulatedNetwork,
} from "../../src/platform/memory/mod.ts";
import type { Clock, Connection } from "../../src/platform/mod.ts";
import { networkSuite } from "./network_suite.ts";

/** Time that hurries: whatever is due comes at the next turn of the loop. */
const hurrying: Clock = {
  now: () => 0,
  monotonic: () => performance.now(),
  after(_, run) {
    const timer = setTimeout(run, 0);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: () => Promise.resolve(),
};

networkSuite("Simulated network", () => {
  const network = new SimulatedNetwork({ clock: hurrying, random: new SeededRandom(1) });
  return network.add("here").begin().network;
});

const PORT = 9092;
const bytes = (text: string) => new TextEncoder().encode(text);

class Two {
  readonly clock = new SimulatedClock();
  readonly network: SimulatedNetwork;
  readonly a: SimulatedHost;
  readonly b: SimulatedHost;
  readonly atA: Begun;
  readonly atB: Begun;
  readonly log: string[] = [];

  constructor(seed = 1, { rate = 1, wallOffsetMs = 0 } = {}) {
    this.network = new SimulatedNetwork({ clock: this.clock, random: new SeededRandom(seed) });
    this.a = this.network.add("a", { rate, wallOffsetMs });
    this.b = this.network.add("b");
    [this.atA, this.atB] = [this.a.begin(), this.b.begin()];
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceAndSettle(ms);
  }

  note(who: string, what: string): void {
    this.log.push(`${this.clock.monotonic().toFixed(3)} ${who} ${what}`);
  }

  /** All that comes, and how it ends, goes into the log. */
  async listenTo(who: string, connection: Connection): Promise<void> {
    const into = new Uint8Array(100_000);
    try {
      for (;;) {
        const count = await connection.read(into);
        if (count === null) return this.note(who, "end");
        this.note(who, new TextDecoder().decode(into.subarray(0, Math.min(count, 20))));
      }
    } catch (error) {
      this.note(who, (error as Error).message);
    }
  }

  async connect(): Promise<{ client: Connection; server: Connection }> {
    const listener = this.atB.network.listen({ host: "0.0.0.0", port: PORT });
    const dialed = this.atA.network.dial({ host: "b", port: PORT });
    const accepted = listener.accept();
    await this.pass(10);
    const [client, server] = [await dialed, (await accepted)!];
    void this.listenTo("client", client);
    void this.listenTo("server", server);
    return { client, server };
  }

  /** What was said since the last look, without the times. */
  heard(): string[] {
    return this.log.splice(0).map((line) => line.slice(line.indexOf(" ") + 1));
  }
}

/** What a promise has come to by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const settled = promise.then(() => "resolved", (error) => (error as Error).message);
  return await Promise.race([settled, new Promise<string>((r) => setTimeout(r, 0, "pending"))]);
}

Deno.test("Bytes take their time, and those of two connections overtake one another", async () => {
  const two = new Two();
  two.network.quality = { ...GOOD_LINK, leastMs: 1, mostMs: 50 };
  const listener = two.atB.network.listen({ host: "b", port: PORT });
  const dialed = Promise.all([1, 2].map(() => two.atA.network.dial({ host: "b", port: PORT })));
  await two.pass(300);
  for (let i = 1; i <= 2; i++) void two.listenTo(`server${i}`, (await listener.accept())!);
  const [one, other] = await dialed;
  for (let i = 0; i < 20; i++) {
    await one.write([bytes(`a${i}`)]);
    await other.write([bytes(`b${i}`)]);
    await two.pass(100);
  }
  const heard = two.heard().map((line) => line.split(" ")[1]);
  strictEqual(heard.length, 40);
  deepStrictEqual(
    heard.filter((text) => text[0] === "a"),
    heard.filter((text) => text[0] === "b").map((text) => `a${text.slice(1)}`),
  );
  const overtaken = heard.filter((text, i) => text[0] === "b" && i % 2 === 0).length;
  ok(overtaken > 2 && overtaken < 18, `${overtaken} of 20`);
});

Deno.test("A cut is silence, and when it is mended all comes after all", async () => {
  const two = new Two();
  const { client, server } = await two.connect();
  two.network.cut("a", "b");
  await client.write([bytes("asks")]);
  await server.write([bytes("tells")]);
  await two.pass(5000);
  deepStrictEqual(two.heard(), ["client tells"], "only one way is cut");
  two.network.mendAll();
  await two.pass(10_000);
  deepStrictEqual(two.heard(), ["server asks"]);
});

Deno.test("A kernel gives a connection up that is cut for too long", async () => {
  const two = new Two();
  const { client } = await two.connect();
  two.network.partition(["a"], ["b"]);
  await client.write([bytes("asks")]);
  await two.pass(20 * 60_000);
  deepStrictEqual(two.heard(), ["client Cannot read: connection timed out"]);
  await rejects(client.write([bytes("again")]), /timed out/);
});

Deno.test("A process that dies ends its connections, and who dials is refused", async () => {
  const two = new Two();
  const { client } = await two.connect();
  two.b.kill();
  await two.pass(10);
  deepStrictEqual(two.heard(), ["client end"]);
  await client.write([bytes("asks")]);
  await two.pass(10);
  await rejects(client.write([bytes("asks")]), /reset by peer/);
  const again = stateOf(two.atA.network.dial({ host: "b", port: PORT }));
  await two.pass(10);
  match(await again, /connection refused/);
});

Deno.test("What a dead process had not read makes its end a reset", async () => {
  const two = new Two();
  const listener = two.atB.network.listen({ host: "b", port: PORT });
  const dialed = two.atA.network.dial({ host: "b", port: PORT });
  const accepted = listener.accept();
  await two.pass(10);
  void two.listenTo("client", await dialed);
  await accepted;
  await (await dialed).write([bytes("asks")]);
  await two.pass(10);
  two.b.kill();
  await two.pass(10);
  deepStrictEqual(two.heard(), ["client Cannot read: connection reset by peer"]);
});

Deno.test("A machine without power is silent, and one that is back knows of no connection", async () => {
  const two = new Two();
  const { client } = await two.connect();
  two.b.powerOff();
  await client.write([bytes("asks")]);
  const dialed = two.atA.network.dial({ host: "b", port: PORT });
  await two.pass(5000);
  deepStrictEqual(two.heard(), []);
  strictEqual(await stateOf(dialed), "pending");
  two.b.powerOn();
  await two.pass(10_000);
  deepStrictEqual(two.heard(), ["client Cannot read: connection reset by peer"]);
  match(await stateOf(dialed), /connection refused/);
});

Deno.test("Who waits for a dead machine can stop waiting", async () => {
  const two = new Two();
  two.b.powerOff();
  const end = new AbortController();
  const dialed = two.atA.network.dial({ host: "b", port: PORT }, { signal: end.signal });
  await two.pass(3000);
  strictEqual(await stateOf(dialed), "pending");
  end.abort(new Error("no more"));
  strictEqual(await stateOf(dialed), "no more");
  const last = two.atA.network.dial({ host: "b", port: PORT });
  await two.pass(60_000);
  strictEqual(await stateOf(last), "pending");
  await two.pass(120_000);
  match(await stateOf(last), /timed out/);
});

Deno.test("A stopped process does nothing, its kernel goes on, and later it finds all at once", async () => {
  const two = new Two();
  const { client } = await two.connect();
  two.atB.clock.after(100, () => two.note("timer", "due"));
  const called = two.atB.clock.after(100, () => two.note("timer", "called off"));
  two.b.process!.stop();
  await client.write([bytes("one ")]);
  await two.pass(500);
  await client.write([bytes("two")]);
  const dialed = two.atA.network.dial({ host: "b", port: PORT });
  await two.pass(500);
  deepStrictEqual(two.heard(), []);
  strictEqual(await stateOf(dialed), "resolved");
  called.cancel();
  two.b.process!.continue();
  await two.pass(0);
  deepStrictEqual(two.heard(), ["timer due", "server one ", "server two"]);
});

Deno.test("A dead process never wakes, and a new one has a clock and ports of its own", async () => {
  const two = new Two();
  await two.connect();
  two.atB.clock.after(50, () => two.note("timer", "of the dead"));
  two.b.kill();
  const { network, clock } = two.b.begin();
  network.listen({ host: "0.0.0.0", port: PORT });
  clock.after(50, () => two.note("timer", "of the living"));
  await two.pass(100);
  deepStrictEqual(two.heard(), ["client end", "timer of the living"]);
});

Deno.test("Each host has its own idea of the time", async () => {
  const two = new Two(1, { rate: 1.01, wallOffsetMs: 5000 });
  const [a, b] = [two.atA.clock, two.atB.clock];
  strictEqual(a.now() - b.now(), 5000);
  await two.pass(100_000);
  strictEqual(a.now() - b.now(), 6000);
  strictEqual(Math.round(a.monotonic()), 101_000);
  two.a.time.wallOffsetMs -= 3_600_000;
  strictEqual(a.now() - b.now(), 6000 - 3_600_000);
  const deadline = a.monotonic() + 1000.3;
  a.after(deadline - a.monotonic(), () => ok(a.monotonic() >= deadline, "woken too early"));
  await two.pass(991);
  ok(a.monotonic() >= deadline);
});

Deno.test("A slow reader slows its writer, across a cut of the acknowledgements too", async () => {
  const two = new Two();
  const listener = two.atB.network.listen({ host: "b", port: PORT });
  const dialed = two.atA.network.dial({ host: "b", port: PORT });
  const accepted = listener.accept();
  await two.pass(10);
  const [client, server] = [await dialed, (await accepted)!];
  const writing = client.write([new Uint8Array(1_000_000)]);
  await two.pass(1000);
  strictEqual(await stateOf(writing), "pending");
  two.network.cut("b", "a");
  void two.listenTo("server", server);
  await two.pass(1000);
  strictEqual(await stateOf(writing), "pending");
  two.network.mendAll();
  await two.pass(1000);
  strictEqual(await stateOf(writing), "resolved");
});

Deno.test("Losses are delays, and the same seed is the same run", async () => {
  const play = async (seed: number): Promise<string[]> => {
    const two = new Two(seed);
    two.network.quality = { leastMs: 0.1, mostMs: 3, slowPerMille: 50, loss: 0.1 };
    const listener = two.atB.network.listen({ host: "b", port: PORT });
    const dialed = two.atA.network.dial({ host: "b", port: PORT });
    const accepted = listener.accept();
    await two.pass(20_000);
    void two.listenTo("server", (await accepted)!);
    for (let i = 0; i < 50; i++) {
      await (await dialed).write([bytes(`${i},`)]);
      await two.pass(5);
    }
    await two.pass(60_000);
    strictEqual(
      two.log.map((line) => line.split(" ")[2]).join(""),
      Array.from({ length: 50 }, (_, i) => `${i},`).join(""),
    );
    return two.log;
  };
  const [first, again, other] = [await play(3), await play(3), await play(4)];
  deepStrictEqual(again, first);
  ok(other.join() !== first.join());
  const late = first.filter((line, i) =>
    i > 0 && Number(line.split(" ")[0]) - Number(first[i - 1].split(" ")[0]) > 150
  );
  ok(late.length > 1, "losses show");
});

Deno.test("What a process throws that has died in the midst of it nobody sees", async () => {
  const two = new Two();
  two.atB.clock.after(10, () => {
    two.b.kill();
    throw new Error("the disk is gone");
  });
  await two.pass(20);
  two.atA.clock.after(10, () => {
    throw new Error("a bug");
  });
  await rejects(two.pass(20), /a bug/);
});
