/** What a broker tells the controller of itself, and when; the controller is the test. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { brokerId, noLog } from "../../../src/base/mod.ts";
import { BrokerConfig } from "../../../src/config/mod.ts";
import { BrokerLifecycle } from "../../../src/node/broker_lifecycle.ts";
import type { Question } from "../../../src/node/controller_channel.ts";
import { SeededRandom, SimulatedClock } from "../../../src/platform/memory/mod.ts";
import {
  type BrokerHeartbeatRequest,
  type BrokerRegistrationRequest,
  errorCode,
  KafkaError,
  type MetadataRecord,
} from "../../../src/protocol/mod.ts";
import { metadataRecord } from "../../../src/metadata/mod.ts";
import { SUPPORTED_FEATURES } from "../../../src/controller/mod.ts";
import { CLUSTER, FakeLog, uuidOf } from "./kit.ts";

type Answer = {
  errorCode?: number;
  isFenced?: boolean;
  isCaughtUp?: boolean;
  shouldShutDown?: boolean;
};

class Stage {
  readonly clock = new SimulatedClock();
  readonly log = new FakeLog();
  readonly beats: { at: number; request: BrokerHeartbeatRequest }[] = [];
  readonly registrations: BrokerRegistrationRequest[] = [];
  isLocal = false;
  /** What is answered; an error is thrown as the way's own. */
  onBeat: (request: BrokerHeartbeatRequest) => Answer | Error = () => ({ isFenced: false });
  onRegister: (attempt: number) => string = () => "NONE";
  readonly lifecycle: BrokerLifecycle;

  constructor(settings: Record<string, string> = {}) {
    const { clock, log: metadata } = this;
    this.lifecycle = new BrokerLifecycle({
      channel: this.#channel(),
      metadata,
      clusterId: CLUSTER,
      nodeId: brokerId(2),
      config: () => BrokerConfig.from(new Map(Object.entries(settings))),
      clock,
      random: new SeededRandom(3),
      log: noLog,
    });
  }

  #channel() {
    const ask = async <T>({ local }: Question<T>): Promise<T> => {
      return await local({
        registerLocalBroker: (request: BrokerRegistrationRequest) => {
          this.registrations.push(request);
          const error = this.onRegister(this.registrations.length);
          return Promise.resolve({ errorCode: errorCode(error as "NONE"), brokerEpoch: 40 });
        },
        heartbeat: (request: BrokerHeartbeatRequest) => {
          this.beats.push({ at: this.clock.monotonic(), request });
          const answer = this.onBeat(request);
          if (answer instanceof Error) return Promise.reject(answer);
          return Promise.resolve({ errorCode: 0, isCaughtUp: true, ...answer });
        },
      } as never);
    };
    const isLocal = () => this.isLocal;
    return {
      ask,
      get isLocal() {
        return isLocal();
      },
    };
  }

  register() {
    return this.lifecycle.register({
      directories: [uuidOf("dir", 2)],
      previousBrokerEpoch: 7,
      endpoints: [{ name: "PLAINTEXT", host: "b", port: 9092 }],
      rack: null,
    });
  }

  /** Registered, in the metadata, and serving. */
  async serve(): Promise<void> {
    await this.register();
    this.log.apply(...this.registered({}));
    await this.lifecycle.unfence();
    this.log.apply([change(-1)]);
    this.beats.length = 0;
  }

  registered(fields: object): [MetadataRecord[]] {
    return [[metadataRecord("RegisterBrokerRecord", 3, {
      brokerId: 2,
      brokerEpoch: 40,
      incarnationId: uuidOf("x", 1),
      endPoints: [],
      features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
      rack: null,
      fenced: true,
      logDirs: [uuidOf("dir", 2)],
      ...fields,
    })]];
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceAndSettle(ms);
  }

  get times(): number[] {
    return this.beats.map(({ at }) => at);
  }
}

const change = (fenced: number, inControlledShutdown = 0, id = 2): MetadataRecord =>
  metadataRecord("BrokerRegistrationChangeRecord", 1, {
    brokerId: id,
    brokerEpoch: 40,
    fenced,
    inControlledShutdown,
  });

Deno.test("A broker registers as a new incarnation, and waits for its ghost's session to end", async () => {
  const stage = new Stage();
  stage.onRegister = (attempt) => attempt < 4 ? "DUPLICATE_BROKER_REGISTRATION" : "NONE";
  const registering = stage.register();
  await stage.pass(3000);
  await registering;
  strictEqual(stage.lifecycle.brokerEpoch, 40);
  strictEqual(stage.registrations.length, 4);
  const [{ brokerId, previousBrokerEpoch, clusterId, logDirs }] = stage.registrations;
  deepStrictEqual(
    { brokerId, previousBrokerEpoch, clusterId, logDirs },
    { brokerId: 2, previousBrokerEpoch: 7, clusterId: CLUSTER, logDirs: [uuidOf("dir", 2)] },
  );
});

Deno.test("A broker that is refused for good says so at once, another when its time is over", async () => {
  const refused = new Stage();
  refused.onRegister = () => "INCONSISTENT_CLUSTER_ID";
  await rejects(() => refused.register(), { error: "INCONSISTENT_CLUSTER_ID" });
  const late = new Stage({ "initial.broker.registration.timeout.ms": "2000" });
  late.onRegister = () => "DUPLICATE_BROKER_REGISTRATION";
  const registering = rejects(late.register(), { error: "DUPLICATE_BROKER_REGISTRATION" });
  await late.pass(2500);
  await registering;
});

Deno.test("It wants to be fenced no more until the controller says so", async () => {
  const stage = new Stage();
  let answers = 0;
  stage.onBeat = () => ({ isFenced: ++answers < 3 });
  await stage.register();
  stage.log.apply(...stage.registered({}));
  const unfencing = stage.lifecycle.unfence();
  await stage.pass(1000);
  await unfencing;
  deepStrictEqual(stage.beats.map(({ request: { wantFence } }) => wantFence), [
    false,
    false,
    false,
  ]);
});

Deno.test("Heartbeats go out at their interval while another node leads, and say how far it has read", async () => {
  const stage = new Stage({ "broker.heartbeat.interval.ms": "1000" });
  await stage.serve();
  const begin = stage.clock.monotonic();
  await stage.pass(3500);
  deepStrictEqual(stage.times.map((at) => at - begin), [1000, 2000, 3000]);
  strictEqual(stage.beats[0].request.currentMetadataOffset, stage.log.image.offset);
});

Deno.test("The controller beside it hears of it only when there is something to tell", async () => {
  const stage = new Stage();
  stage.isLocal = true;
  await stage.serve();
  await stage.pass(60_000);
  deepStrictEqual(stage.times, []);
  strictEqual(stage.clock.nextDue, undefined, "not even a timer runs");
  await stage.lifecycle.loseDirectories([uuidOf("dir", 2)]);
  strictEqual(stage.beats.length, 1);
});

const occasions: [what: string, happen: (stage: Stage) => void][] = [
  ["another node leads", ({ log }) => log.follow(3)],
  ["its connection has ended", ({ lifecycle }) => lifecycle.onConnectionEnd()],
  ["it was fenced without wanting it", ({ log }) => log.apply([change(1)])],
  ["another broker wants to go, and waits for its word", (stage) => {
    stage.log.apply(...stage.registered({ brokerId: 5, fenced: false }));
    stage.beats.length = 0;
    stage.log.apply([change(0, 1, 5)]);
  }],
];
for (const [what, happen] of occasions) {
  Deno.test(`A heartbeat goes out at once when ${what}`, async () => {
    const stage = new Stage();
    await stage.serve();
    await stage.pass(100);
    happen(stage);
    strictEqual(stage.beats.length, 1);
    await stage.pass(1900);
    strictEqual(stage.beats.length, 1, "the next one is a whole interval later");
  });
}

Deno.test("Directories that failed are told again and again, all of them, until somebody hears it", async () => {
  const stage = new Stage();
  await stage.serve();
  await stage.lifecycle.loseDirectories(["one"]);
  let attempts = 0;
  stage.onBeat = () => ++attempts < 3 ? new KafkaError("REQUEST_TIMED_OUT") : { isFenced: false };
  await stage.lifecycle.loseDirectories(["two"]);
  strictEqual(attempts, 3);
  deepStrictEqual(stage.beats.at(-1)!.request.offlineLogDirs, ["one", "two"]);
});

Deno.test("A broker that stops asks until it is let go", async () => {
  const stage = new Stage();
  await stage.serve();
  let asked = 0;
  stage.onBeat = () => ({ isFenced: false, shouldShutDown: ++asked === 3 });
  const stopping = stage.lifecycle.shutDown();
  await stage.pass(1000);
  await stopping;
  deepStrictEqual(stage.beats.map(({ request: { wantShutDown } }) => wantShutDown), [
    true,
    true,
    true,
  ]);
});

Deno.test("A broker stops without leave when nobody is there to give it, or not in time", async () => {
  const lonely = new Stage();
  await lonely.serve();
  lonely.onBeat = () => new KafkaError("REQUEST_TIMED_OUT");
  await lonely.lifecycle.shutDown();
  const kept = new Stage();
  await kept.serve();
  let isDone = false;
  void kept.lifecycle.shutDown().then(() => isDone = true);
  await kept.pass(9000);
  strictEqual(isDone, false);
  await kept.pass(1500);
  strictEqual(isDone, true);
});

Deno.test("A lone node has nobody to hand over to, and asks nobody", async () => {
  const stage = new Stage();
  stage.isLocal = true;
  await stage.serve();
  await stage.lifecycle.shutDown();
  deepStrictEqual(stage.beats, []);
});
