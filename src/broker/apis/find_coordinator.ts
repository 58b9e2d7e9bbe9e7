/**
 * FindCoordinator, key 10: which broker looks after a group.
 *
 * Served 0 to 6.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | the kind of key: 0 group, 1 transaction; words beside the error |
 * | 3 | flexible |
 * | 4 | several keys at once (KIP-699) |
 * | 5 | TRANSACTION_ABORTABLE |
 * | 6 | kind 2, share groups (KIP-932) |
 *
 * A group's coordinator leads partition `hash mod n` of `__consumer_offsets`. Differs from Kafka:
 * the first question makes that topic and waits for it, where Kafka answers
 * COORDINATOR_NOT_AVAILABLE and lets the client come back. Transactions and share groups have no
 * coordinator yet: the former are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, at which
 * clients give up with a clear message; the latter with INVALID_REQUEST.
 */
import {
  errorCode,
  FindCoordinatorRequest,
  FindCoordinatorResponse,
  type InputOf,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineApi, type RequestContext } from "../api.ts";
import type { Broker } from "../broker.ts";
import { brokersOf } from "../cluster_view.ts";
import { asKafkaError } from "../errors.ts";
import { OFFSETS_TOPIC } from "../groups.ts";

type Coordinator = NonNullable<InputOf<typeof FindCoordinatorResponse>["coordinators"]>[number];

const GROUP = 0;
const TRANSACTION = 1;

export const findCoordinator = defineApi({
  key: 10,
  name: "FindCoordinator",
  request: FindCoordinatorRequest,
  response: FindCoordinatorResponse,
  versions: [0, 6],

  async handle({ key, keyType, coordinatorKeys }, context, broker) {
    if (context.version < 4) return await coordinatorOf(key, keyType, context, broker);
    const coordinators: Coordinator[] = [];
    for (const each of coordinatorKeys) {
      coordinators.push(await coordinatorOf(each, keyType, context, broker));
    }
    return { coordinators };
  },

  failed: ({ key, coordinatorKeys }, error, { version }) =>
    version < 4
      ? unavailable(key, error)
      : { coordinators: coordinatorKeys.map((each) => unavailable(each, error)) },
});

async function coordinatorOf(
  key: string,
  keyType: number,
  { connection, version }: RequestContext,
  broker: Broker,
): Promise<Coordinator> {
  try {
    if (keyType === TRANSACTION) {
      throw new KafkaError(
        "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
        "Cannot find a coordinator: transactions are not served by this broker",
      );
    }
    if (keyType !== GROUP) throw new KafkaError("INVALID_REQUEST", `Unknown key type ${keyType}`);
    await broker.groups.ensureTopic();
    const image = broker.image();
    const leader = image.partition(OFFSETS_TOPIC, broker.groups.partitionFor(key))?.leader ?? -1;
    const found = brokersOf(image, connection.listener).find(({ nodeId }) => nodeId === leader);
    if (found === undefined) throw new KafkaError("COORDINATOR_NOT_AVAILABLE");
    const { nodeId, host, port } = found;
    const errorMessage = version < 4 ? "NONE" : ""; // never null, which some clients could not read
    return { key, nodeId, host, port, errorCode: 0, errorMessage };
  } catch (error) {
    return unavailable(key, asKafkaError(error, broker.log));
  }
}

function unavailable(key: string, error: KafkaError): Coordinator {
  return {
    key,
    nodeId: -1,
    host: "",
    port: -1,
    errorCode: errorCode(error.error),
    errorMessage: error.message,
  };
}
