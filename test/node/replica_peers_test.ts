/**
 * The connections by which a broker fetches from others: to where the metadata says they are, opened
 * when they are needed and again after they broke, and ended at a word.
 */
import { rejects, strictEqual } from "node:assert/strict";
import { BrokerConfig } from "../../src/config/mod.ts";
import { metadataRecord } from "../../src/metadata/mod.ts";
import { NO_ADMISSION_LIMITS } from "../../src/net/admission.ts";
import { KafkaServer } from "../../src/net/mod.ts";
import { WirePeers } from "../../src/node/replica_peers.ts";
import { memoryPlatform } from "../../src/platform/memory/mod.ts";
import { batchOf, NODE, TestBroker } from "../broker/kit.ts";

/** A broker that listens, and the road to it. */
async function reachable() {
  const platform = memoryPlatform();
  const broker = await TestBroker.start({ platform });
  const topicId = broker.createTopic("orders");
  const { network, clock } = platform;
  const server = new KafkaServer({
    network,
    clock,
    log: () => {},
    handler: broker.broker.handler,
    limits: {
      maxRequestBytes: 1 << 20,
      ...NO_ADMISSION_LIMITS,
      idleMs: 60_000,
      maxQueuedBytes: 1 << 20,
      maxQueuedRequests: 10,
      maxUnsentBytes: 1 << 20,
    },
  });
  const { port } = server.listen({ name: "PLAINTEXT", host: "127.0.0.1", port: 0 });
  const register = (brokerEpoch: number, port: number) =>
    broker.apply([metadataRecord("RegisterBrokerRecord", 4, {
      brokerId: NODE,
      brokerEpoch,
      fenced: false,
      endPoints: [
        { name: "OTHER", host: "nowhere.test", port: 1 },
        { name: "PLAINTEXT", host: "127.0.0.1", port },
      ],
      rack: null,
    })]);
  register(2, port);
  const config = BrokerConfig.from(new Map([["replica.socket.timeout.ms", "2000"]]));
  const peers = new WirePeers({
    nodeId: 2,
    network,
    clock,
    image: () => broker.image,
    config: () => config,
  });
  const fetch = (maxWaitMs = 0) => ({
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1 << 20,
    sessionEpoch: -1,
    topics: [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
  });
  return { broker, server, peers, fetch, register, clock };
}

Deno.test("A peer is where the metadata says, on the brokers' own listener", async () => {
  const { broker, server, peers, fetch, clock } = await reachable();
  const replica = broker.replicas.get("orders", 0)!;
  const { lastOffset } = replica.append(batchOf(["one"]), {
    now: clock.now(),
    origin: "client",
  });
  await replica.whenCommitted(lastOffset + 1);
  const peer = peers.open(NODE);
  const { responses } = await peer.fetch(fetch());
  strictEqual(responses[0].partitions[0].highWatermark, 1);
  const partitions = [{ partitionIndex: 0, timestamp: -1 }];
  const { topics } = await peer.listOffsets({ topics: [{ name: "orders", partitions }] });
  strictEqual(topics[0].partitions[0].offset, 1);
  peer.close();
  await rejects(peer.fetch(fetch()), /closed/);
  await server.close();
  await broker.close();
});

Deno.test("A peer that hangs up ends the fetch that waits, and comes back with the next", async () => {
  const { broker, server, peers, fetch } = await reachable();
  const peer = peers.open(NODE);
  await peer.fetch(fetch());
  const waiting = peer.fetch(fetch(60_000));
  const ended = rejects(waiting);
  peer.hangUp();
  await ended;
  strictEqual((await peer.fetch(fetch())).errorCode, 0);
  peer.close();
  await server.close();
  await broker.close();
});

Deno.test("A broker that nobody knows, or that does not listen, can't be reached, until it can", async () => {
  const { broker, server, peers, fetch, register } = await reachable();
  await rejects(peers.open(9).fetch(fetch()), /nobody knows where it is/);
  const { port } = broker.image.brokers.get(NODE)!.endPoints[1];
  register(3, 1);
  const peer = peers.open(NODE);
  await rejects(peer.fetch(fetch()));
  register(4, port);
  strictEqual((await peer.fetch(fetch())).errorCode, 0);
  peer.close();
  await server.close();
  await broker.close();
});
