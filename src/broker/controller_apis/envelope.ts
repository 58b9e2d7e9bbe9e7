/**
 * Envelope, key 58: a client's request that a broker passes on, header and all, with the client's
 * principal and address (KIP-590). It is handled as if the client had come here itself, and the
 * answer goes back in the same wrapping, for the broker to pass on.
 *
 * Served 0.
 *
 * Only what changes the cluster may travel so. An answer of NOT_CONTROLLER is the envelope's own,
 * without data: the broker then looks for the controller again, and its client learns nothing of it.
 */
import { ByteReader, ByteWriter } from "../../bytes/mod.ts";
import type { ConnectionInfo } from "../../net/mod.ts";
import {
  API_KEYS,
  decodeMessage,
  decodeRequestHeader,
  DefaultPrincipalData,
  encodeMessage,
  encodeResponseHeader,
  EnvelopeRequest,
  EnvelopeResponse,
  errorCode,
  KafkaError,
  type Message,
  type RequestHead,
} from "../../protocol/mod.ts";
import { hostText } from "../../base/mod.ts";
import {
  type Api,
  defineControllerApi,
  MAX_ELEMENTS,
  NO_ANSWER,
  type Outcome,
  type RequestContext,
} from "../api.ts";
import { asKafkaError } from "../errors.ts";
import type { ControllerNode } from "./controller_node.ts";

type ControllerApi = Api<Message, Message, ControllerNode>;

/** What brokers pass on, as Kafka's do. */
const FORWARDABLE: ReadonlySet<number> = new Set([
  API_KEYS.CreateTopics,
  API_KEYS.DeleteTopics,
  API_KEYS.CreatePartitions,
  API_KEYS.AlterConfigs,
  API_KEYS.IncrementalAlterConfigs,
  API_KEYS.AlterClientQuotas,
  API_KEYS.AlterUserScramCredentials,
  API_KEYS.ElectLeaders,
  API_KEYS.AlterPartitionReassignments,
  API_KEYS.ListPartitionReassignments,
  API_KEYS.UpdateFeatures,
  API_KEYS.UnregisterBroker,
  API_KEYS.DescribeQuorum,
  API_KEYS.AddRaftVoter,
  API_KEYS.RemoveRaftVoter,
]);

/** @param find an API of the controllers' listener by its key */
export const envelopeApi = (find: (key: number) => ControllerApi | undefined) =>
  defineControllerApi({
    key: 58,
    name: "Envelope",
    request: EnvelopeRequest,
    response: EnvelopeResponse,
    versions: [0, 0],

    async handle(request, context, node) {
      const user = principalOf(request);
      const host = hostText(request.clientHostAddress);
      if (host === undefined) throw new KafkaError("INVALID_REQUEST", "The client has no address");
      const reader = new ByteReader(request.requestData);
      const { head, api, body } = openEnvelope(reader, find);
      const inner = new EnvelopedRequest(context, { user, host, head }, node);
      const outcome = await handleInner(api, body, inner, node);
      return { responseData: encodeAnswer(api, head, inner, outcome), errorCode: 0 };
    },

    failed: (_request, { code }) => ({ responseData: null, errorCode: code }),
  });

function principalOf({ requestPrincipal }: EnvelopeRequest): string {
  try {
    const reader = new ByteReader(requestPrincipal ?? new Uint8Array());
    return decodeMessage(DefaultPrincipalData, reader, reader.int16()).name;
  } catch (cause) {
    throw new KafkaError("PRINCIPAL_DESERIALIZATION_FAILURE", undefined, { cause });
  }
}

function openEnvelope(reader: ByteReader, find: (key: number) => ControllerApi | undefined) {
  let head: RequestHead;
  try {
    head = decodeRequestHeader(reader);
  } catch (cause) {
    throw new KafkaError("UNSUPPORTED_VERSION", "Cannot read what is in the envelope", { cause });
  }
  const { apiKey, apiVersion } = head;
  const api = FORWARDABLE.has(apiKey) ? find(apiKey) : undefined;
  if (api === undefined) {
    throw new KafkaError("INVALID_REQUEST", `API ${apiKey} does not travel in envelopes`);
  }
  const [oldest, newest] = api.versions;
  try {
    if (apiVersion < oldest || apiVersion > newest) throw new Error(`no version ${apiVersion}`);
    reader.elementBudget = api.maxElements ?? MAX_ELEMENTS;
    return { head, api, body: decodeMessage(api.request, reader, apiVersion) };
  } catch (cause) {
    throw new KafkaError("UNSUPPORTED_VERSION", `Cannot read ${api.name} in the envelope`, {
      cause,
    });
  }
}

async function handleInner(
  api: ControllerApi,
  body: unknown,
  inner: EnvelopedRequest,
  node: ControllerNode,
): Promise<Outcome<Message>> {
  try {
    return await api.handle(body, inner, node);
  } catch (error) {
    const failure = asKafkaError(error, node.log);
    if (failure.code === errorCode("NOT_CONTROLLER")) throw failure;
    return api.failed(body, failure, inner);
  }
}

function encodeAnswer(
  { name, response }: ControllerApi,
  { apiKey, apiVersion, correlationId }: RequestHead,
  { throttleMs }: EnvelopedRequest,
  outcome: Outcome<Message>,
): Uint8Array {
  if (outcome === NO_ANSWER || "close" in outcome) {
    throw new KafkaError("UNKNOWN_SERVER_ERROR", `${name} has no answer`);
  }
  const told = throttleMs > 0 ? { ...outcome, throttleTimeMs: throttleMs } : outcome;
  const writer = new ByteWriter();
  encodeResponseHeader(writer, apiKey, apiVersion, correlationId);
  encodeMessage(response, told, apiVersion, writer);
  return writer.finish();
}

/**
 * The request of a client that is connected elsewhere. It is told how long it has to wait; the
 * broker that passed it on is not made to.
 */
class EnvelopedRequest implements RequestContext {
  readonly version: number;
  readonly user: string;
  readonly clientId: string;
  readonly sizeBytes: number;
  readonly connection: ConnectionInfo;
  readonly isUnknownVersion = false;
  readonly #outer: RequestContext;
  readonly #node: ControllerNode;
  throttleMs = 0;

  constructor(
    outer: RequestContext,
    { user, host, head }: { user: string; host: string; head: RequestHead },
    node: ControllerNode,
  ) {
    this.version = head.apiVersion;
    this.user = user;
    this.clientId = head.clientId ?? "";
    this.sizeBytes = outer.sizeBytes;
    const { id, listener, remotePort, signal, softwareName, softwareVersion } = outer.connection;
    this.connection = {
      id,
      listener,
      remoteHost: host,
      remotePort,
      signal,
      softwareName,
      softwareVersion,
    };
    this.#outer = outer;
    this.#node = node;
  }

  get responseRoom(): number {
    return this.#outer.responseRoom;
  }

  onSent(): void {} // its answer is copied into another

  release(): void {} // its bytes are needed until the envelope is answered

  throttle(ms: number): void {
    this.throttleMs = Math.max(this.throttleMs, ms);
  }

  chargeTime(): number {
    return 0; // the broker counts what its client took of it
  }

  drawMutations({ strictSince }: { strictSince: number }) {
    const { quotas, clock } = this.#node;
    return quotas.mutations.open(this, this.version >= strictSince, clock.monotonic());
  }
}
