/**
 * Who looks after the brokers of one process: threads that are played here, on a clock that is
 * moved by hand.
 */
import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import type { CoreNews, CoreOrder } from "../../../src/node/cores/core_messages.ts";
import { plainError } from "../../../src/node/cores/core_messages.ts";
import { CoreGroup } from "../../../src/node/cores/core_group.ts";
import type { Thread, ThreadListener, Threads } from "../../../src/platform/mod.ts";
import { StorageError } from "../../../src/platform/mod.ts";
import { SimulatedClock } from "../../../src/platform/memory/mod.ts";

/** One thread; it does nothing but what it is told to here. */
class PlayedThread {
  readonly orders: CoreOrder[] = [];
  hasEnded = false;

  constructor(readonly name: string, readonly listener: ThreadListener<CoreNews>) {}

  tell(order: CoreOrder): void {
    if (!this.hasEnded) this.orders.push(order);
  }

  end(): void {
    this.hasEnded = true;
  }

  get settings(): ReadonlyMap<string, string> | undefined {
    const order = this.orders.find(({ type }) => type === "start");
    return order?.type === "start" ? order.settings : undefined;
  }

  get isToldToStop(): boolean {
    return this.orders.some(({ type }) => type === "stop");
  }

  bind(port: number): void {
    const controllers = this.settings!.get("listeners")!.includes("CONTROLLER")
      ? [{ name: "CONTROLLER", host: "127.0.0.1", port: 40_000 + port }]
      : [];
    const clients = [{ name: "PLAINTEXT", host: "127.0.0.1", port }];
    this.listener.onNews({ type: "bound", bound: { clients, controllers } });
  }

  ready(): void {
    const addresses = [{ name: "PLAINTEXT", host: "127.0.0.1", port: 1 }];
    this.listener.onNews({ type: "ready", clusterId: "C", addresses, metricsAddress: undefined });
  }

  fail(error: Error): void {
    this.listener.onNews({ type: "failed", error: plainError(error) });
  }

  stopped(): void {
    this.listener.onNews({ type: "stopped" });
  }
}

class Stage implements Threads {
  readonly processors = 8;
  readonly clock = new SimulatedClock();
  readonly threads: PlayedThread[] = [];
  readonly lines: string[] = [];
  readonly stopping = new AbortController();
  readonly starting: Promise<CoreGroup>;

  constructor(cores = 3) {
    this.starting = CoreGroup.start({
      cores: Array.from({ length: cores }, (_, index) => ({
        id: index + 1,
        settings: new Map(Object.entries({
          "node.id": `${index + 1}`,
          listeners: index === 0
            ? "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0"
            : "PLAINTEXT://127.0.0.1:0",
          ...index > 0 ? { "process.roles": "broker" } : {},
        })),
        awaitsController: index > 0,
        dataFolders: [`/data/${index + 1}`],
        metadataFolder: `/data/${index + 1}`,
      })),
      threads: this,
      clock: this.clock,
      log: (id) => (level, event, fields) =>
        void this.lines.push(`${level} ${id} ${event} ${JSON.stringify(fields ?? {})}`),
      signal: this.stopping.signal,
    });
    this.starting.catch(() => {});
  }

  start<Order, News>(name: string, listener: ThreadListener<News>): Thread<Order> {
    const thread = new PlayedThread(name, listener as unknown as ThreadListener<CoreNews>);
    this.threads.push(thread);
    return thread as unknown as Thread<Order>;
  }

  /** The last thread of that node. */
  thread(id: number): PlayedThread {
    return this.threads.findLast(({ name }) => name === `node ${id}`)!;
  }

  /** How many threads the node has had. */
  startsOf(id: number): number {
    return this.threads.filter(({ name }) => name === `node ${id}`).length;
  }

  async pass(ms = 0): Promise<void> {
    await this.clock.advanceAndSettle(ms);
  }

  /** All of them serve. */
  async started(): Promise<CoreGroup> {
    await this.pass();
    for (const { name } of [...this.threads]) {
      const thread = this.thread(Number(name.slice(5)));
      thread.bind(10 + Number(name.slice(5)));
      thread.ready();
      await this.pass();
    }
    return await this.starting;
  }
}

Deno.test("All threads are loaded at once, and the others begin when the first one serves", async () => {
  const stage = new Stage();
  await stage.pass();
  deepStrictEqual(stage.threads.map(({ name }) => name), ["node 1", "node 2", "node 3"]);
  deepStrictEqual(stage.threads.map(({ orders }) => orders.length), [1, 0, 0]);
  stage.thread(1).bind(11);
  await stage.pass(1999);
  deepStrictEqual(stage.threads.map(({ orders }) => orders.length), [1, 0, 0]);
  stage.thread(1).ready();
  await stage.pass();
  deepStrictEqual(stage.threads.map(({ orders }) => orders.length), [1, 1, 1]);
  const servers = stage.threads.map(({ settings }) =>
    settings!.get("controller.quorum.bootstrap.servers")
  );
  deepStrictEqual(servers, [undefined, "127.0.0.1:40011", "127.0.0.1:40011"]);
  stage.thread(2).ready();
  stage.thread(3).ready();
  strictEqual((await stage.starting).serving.length, 3);
});

Deno.test("The others do not wait for a first one that has much to read again", async () => {
  const stage = new Stage();
  await stage.pass(10_000);
  deepStrictEqual(
    stage.threads.map(({ orders }) => orders.length),
    [1, 0, 0],
    "not before it listens",
  );
  stage.thread(1).bind(11);
  await stage.pass(2000);
  deepStrictEqual(stage.threads.map(({ orders }) => orders.length), [1, 1, 1]);
});

Deno.test("When one cannot start none is left behind, and its reason is the start's", async () => {
  const stage = new Stage();
  await stage.pass();
  stage.thread(1).bind(11);
  stage.thread(1).ready();
  await stage.pass();
  stage.thread(3).fail(Object.assign(new Error("Cannot listen"), { name: "ListenError" }));
  stage.thread(3).stopped();
  await stage.pass();
  deepStrictEqual(stage.threads.map(({ isToldToStop }) => isToldToStop), [false, true, false]);
  stage.thread(2).stopped();
  await stage.pass();
  strictEqual(stage.thread(1).isToldToStop, true, "the first one is stopped last");
  stage.thread(1).stopped();
  await rejects(stage.starting, { name: "ListenError", message: "Cannot listen" });
  deepStrictEqual(stage.threads.map(({ hasEnded }) => hasEnded), [true, true, true]);
});

Deno.test("A stop ends a start, also of those that have not begun", async () => {
  const stage = new Stage();
  await stage.pass();
  stage.stopping.abort(new DOMException("stopped", "AbortError"));
  await stage.pass();
  deepStrictEqual(stage.threads.map(({ hasEnded }) => hasEnded), [false, true, true]);
  stage.thread(1).stopped();
  await rejects(stage.starting, { name: "AbortError" });
  strictEqual(stage.threads.length, 3);
});

Deno.test("A broker that crashed is started again with growing pauses, where it was", async () => {
  const stage = new Stage();
  const group = await stage.started();
  const pauses = [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000];
  for (const [index, pauseMs] of pauses.entries()) {
    stage.thread(2).listener.onCrash(new Error("boom"));
    await stage.pass(pauseMs - 1);
    strictEqual(stage.startsOf(2), index + 1, `not before ${pauseMs} ms`);
    strictEqual(group.serving.length, 2);
    await stage.pass(1);
    strictEqual(stage.startsOf(2), index + 2);
    strictEqual(stage.thread(2).settings!.get("listeners"), "PLAINTEXT://127.0.0.1:12");
    stage.thread(2).bind(12);
    stage.thread(2).ready();
    await stage.pass();
    strictEqual(group.serving.length, 3);
  }
  match(stage.lines[0], /^error 2 broker ended .*"boom".*"it is started again".*1000/);
  await stage.pass(300_001); // it is well
  stage.thread(2).listener.onCrash(new Error("boom"));
  await stage.pass(1000);
  strictEqual(stage.startsOf(2), pauses.length + 2);
  deepStrictEqual([1, 3].map((id) => stage.startsOf(id)), [1, 1], "the others went on");
});

Deno.test("A first one that comes back listens where the others look for it", async () => {
  const stage = new Stage();
  await stage.started();
  stage.thread(1).fail(new Error("a fault of its own"));
  stage.thread(1).stopped();
  await stage.pass(1000);
  strictEqual(
    stage.thread(1).settings!.get("listeners"),
    "PLAINTEXT://127.0.0.1:11,CONTROLLER://127.0.0.1:40011",
  );
});

Deno.test("One that failed and does not stop is ended", async () => {
  const stage = new Stage();
  await stage.started();
  const hung = stage.thread(3);
  hung.fail(new Error("a fault of its own"));
  await stage.pass(4999);
  deepStrictEqual([hung.hasEnded, stage.startsOf(3)], [false, 1]);
  await stage.pass(1);
  strictEqual(hung.hasEnded, true);
  await stage.pass(1000);
  strictEqual(stage.startsOf(3), 2);
});

Deno.test("One whose disk failed stays down, and the last one takes the process with it", async () => {
  const stage = new Stage(2);
  const group = await stage.started();
  let ended: Error | undefined;
  void group.failed.then((error) => ended = error);
  stage.thread(2).fail(new StorageError("Cannot write", "/data/2"));
  stage.thread(2).stopped();
  await stage.pass(1_000_000);
  deepStrictEqual([stage.startsOf(2), ended], [1, undefined]);
  stage.thread(1).fail(new StorageError("Cannot write either", "/data/1", { fault: "full" }));
  stage.thread(1).stopped();
  await stage.pass();
  strictEqual(ended!.message, "Cannot write either");
  deepStrictEqual([ended!.name, (ended as StorageError).fault], ["StorageError", "full"]);
  await group.close();
});

Deno.test("When all crash the process ends, and starts none again", async () => {
  const stage = new Stage(2);
  const group = await stage.started();
  stage.thread(1).listener.onCrash(new Error("first"));
  await stage.pass();
  stage.thread(2).listener.onCrash(new Error("second"));
  strictEqual((await group.failed).message, "second");
  await group.close();
  await stage.pass(120_000);
  strictEqual(stage.threads.length, 2);
});

Deno.test("All others stop at once, then the first; one that waits to be started again stays down", async () => {
  const stage = new Stage(4);
  const group = await stage.started();
  stage.thread(4).listener.onCrash(new Error("boom"));
  await stage.pass();
  let isClosed = false;
  void group.close().then(() => isClosed = true);
  const told = () => [1, 2, 3].map((id) => stage.thread(id).isToldToStop);
  await stage.pass();
  deepStrictEqual(told(), [false, true, true]);
  stage.thread(3).stopped();
  await stage.pass();
  deepStrictEqual(told(), [false, true, true]);
  stage.thread(2).stopped();
  await stage.pass(120_000);
  deepStrictEqual(told(), [true, true, true]);
  stage.thread(1).stopped();
  await stage.pass();
  deepStrictEqual([isClosed, stage.startsOf(4)], [true, 1]);
  deepStrictEqual(stage.threads.map(({ hasEnded }) => hasEnded), [true, true, true, true]);
});
