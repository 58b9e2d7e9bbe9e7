/**
 * net: frames, connections and back-pressure, between sockets and whoever answers requests.
 *
 * A {@link KafkaServer} listens, admits connections up to the limits of number and rate
 * (`admission.ts`), which may change while it runs, cuts the byte stream of each into frames (`int32 size`, then that many bytes), finds header and version, and hands a {@link
 * Request} to the {@link RequestHandler}. Answers leave in the order of the requests.
 *
 * Invariants:
 * - One request at a time per connection. A handler whose request only waits from here on may say
 *   so with {@link Request.release}; then the next one is taken in, and its answer still leaves
 *   behind.
 * - Bytes of a request are a view into the connection's buffer: valid until the handler has
 *   returned (its promise settled, or `release` called), not a moment longer. Who keeps bytes
 *   copies them.
 * - A request whose client has exceeded a quota is answered, and the connection is not read for as
 *   long as its {@link Request} says.
 * - Memory is bounded: a small buffer per connection, large frames from one byte budget over all
 *   connections, and what waits to be written is counted so that answers can be made smaller.
 * - Nothing that a client sends stops the others: what can't be parsed ends that connection with
 *   one line.
 *
 * What the requests mean is `broker`'s. TLS and SASL come with `security`; dialing out comes with
 * clusters.
 */
export { type AdmissionLimits, type ListenerLimits } from "./admission.ts";
export { BufferPool } from "./buffers.ts";
export { ByteBudget } from "./byte_budget.ts";
export { FrameError, FrameReader } from "./frame_reader.ts";
export { type NetMetrics, netMetrics, noNetMetrics } from "./net_metrics.ts";
export {
  type Answer,
  type ConnectionInfo,
  Request,
  type RequestHandler,
  type VersionRange,
} from "./request.ts";
export { KafkaServer, type KafkaServerOptions, type ServerLimits } from "./server.ts";
