/** Who calls a coordinator, and when: all that it may know of the world beside the request. */
import type { RequestContext } from "./api.ts";
import type { Broker } from "./broker.ts";

export const callerOf = ({ clientId, connection }: RequestContext, { clock }: Broker) => ({
  now: clock.now(),
  clientId,
  clientHost: `/${connection.remoteHost}`, // as Java prints an address, and as tools show it
});
