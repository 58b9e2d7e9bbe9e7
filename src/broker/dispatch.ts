/**
 * From a request's bytes to its answer's: decode, ask the API's file, encode. Everything that goes
 * wrong takes one of three roads:
 *
 * | thrown | becomes |
 * | --- | --- |
 * | `DecodeError` while decoding | thrown on: `net` hangs up |
 * | `KafkaError` | that error in every error field |
 * | `StorageError` | `KAFKA_STORAGE_ERROR` in every error field; its directory has told of it |
 * | the client's own end (its signal's reason) | no answer; nobody is there to read it |
 * | anything else | `UNKNOWN_SERVER_ERROR` in every error field, and one line in the log |
 *
 * An answer that is known at once is returned at once, without a promise: most of the time that a
 * small request takes is turns of the event loop.
 */
import type { ByteWriter } from "../bytes/mod.ts";
import type { LogEvent } from "../base/mod.ts";
import type { Answer, Request, RequestHandler, VersionRange } from "../net/mod.ts";
import { decodeMessage, encodeMessage, type Message } from "../protocol/mod.ts";
import { type Api, MAX_ELEMENTS, NO_ANSWER, type Outcome, type RequestContext } from "./api.ts";
import { BrokerRequest, type Counting } from "./broker_request.ts";
import type { BrokerFigures } from "./broker_figures.ts";
import { asKafkaError } from "./errors.ts";

/** What dispatching needs of a node, whatever its APIs ask of it besides. */
export interface Serving extends Counting {
  readonly figures: Pick<BrokerFigures, "failed">;
}

type ServedApi<N> = Api<Message, Message, N>;

export class Dispatcher<N extends Serving> implements RequestHandler {
  readonly #apis: (ServedApi<N> | undefined)[] = [];
  readonly #node: N;
  readonly #log: LogEvent;

  constructor(apis: readonly ServedApi<N>[], node: N, log: LogEvent) {
    for (const api of apis) this.#apis[api.key] = api;
    this.#node = node;
    this.#log = log;
  }

  versions(apiKey: number): VersionRange | undefined {
    return this.#apis[apiKey]?.versions;
  }

  handle(request: Request): Answer | Promise<Answer> {
    const api = this.#apis[request.apiKey]!;
    const context = new BrokerRequest(request, this.#node);
    request.reader.elementBudget = api.maxElements ?? MAX_ELEMENTS;
    const body = request.isUnknownVersion
      ? undefined
      : decodeMessage(api.request, request.reader, request.apiVersion);
    try {
      const outcome = api.handle(body, context, this.#node);
      if (!(outcome instanceof Promise)) return answerOf(api, outcome, context);
      context.pause();
      // Who is let on before the answer is made to wait before it, or the wait would come too late.
      if (context.isReleased) context.chargeTime();
      return outcome.then(
        (settled) => answerOf(api, settled, context),
        (error) => this.#failed(api, body, error, context),
      );
    } catch (error) {
      return this.#failed(api, body, error, context);
    }
  }

  #failed(api: ServedApi<N>, body: unknown, error: unknown, context: BrokerRequest): Answer {
    if (context.connection.signal.aborted) return "none";
    const failure = this.#kafkaErrorOf(api, error, context);
    this.#node.figures.failed(api.name, failure);
    return answerOf(
      api,
      api.failed(body, failure, context),
      context,
    );
  }

  #kafkaErrorOf(
    api: ServedApi<N>,
    error: unknown,
    { version, clientId, connection }: RequestContext,
  ) {
    const request = { api: api.name, version, clientId, remote: connection.remoteHost };
    return asKafkaError(
      error,
      (level, event, fields) => this.#log(level, event, { ...request, ...fields }),
    );
  }
}

function answerOf<N>(
  api: ServedApi<N>,
  outcome: Outcome<Message>,
  context: BrokerRequest,
): Answer {
  if (outcome === NO_ANSWER) return "none";
  if ("close" in outcome) return outcome;
  context.chargeTime();
  const { version, throttleMs } = context;
  const told = throttleMs > 0 && api.response.fields.throttleTimeMs !== undefined
    ? { ...outcome, throttleTimeMs: throttleMs }
    : outcome;
  return (writer: ByteWriter) => encodeMessage(api.response, told, version, writer);
}
