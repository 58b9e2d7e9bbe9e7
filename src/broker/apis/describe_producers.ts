/**
 * DescribeProducers, key 61: the producers that a replica of a partition remembers, with their
 * epochs, sequences and open transactions (KIP-664): for whoever looks for a transaction that hangs.
 *
 * Served 0.
 */
import {
  DescribeProducersRequest,
  DescribeProducersResponse,
  type InputOf,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import type { Broker } from "../broker.ts";
import { asKafkaError, errorFields } from "../errors.ts";
import { replicaOf } from "../lookup.ts";
import { isTopicName } from "../topic_names.ts";

type Answer = NonNullable<
  NonNullable<InputOf<typeof DescribeProducersResponse>["topics"]>[number]["partitions"]
>[number];

export const describeProducers = defineApi({
  key: 61,
  name: "DescribeProducers",
  request: DescribeProducersRequest,
  response: DescribeProducersResponse,
  versions: [0, 0],

  handle: ({ topics }, _context, broker) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partition) => describe(broker, name, partition)),
    })),
  }),

  failed: ({ topics }, error) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        ...errorFields(error),
      })),
    })),
  }),
});

function describe(broker: Broker, topic: string, partitionIndex: number): Answer {
  try {
    if (!isTopicName(topic)) {
      throw new KafkaError("INVALID_TOPIC_EXCEPTION", `No topic can be called "${topic}"`);
    }
    const { log } = replicaOf(broker, topic, partitionIndex);
    return { partitionIndex, activeProducers: [...log.producers()] };
  } catch (error) {
    return { partitionIndex, ...errorFields(asKafkaError(error, broker.log)) };
  }
}
