/**
 * Settings and loggers of one broker are asked for at that broker, and changed there: it knows what
 * it was started with. A controller may change any broker's, for those who ask it itself.
 */
import { KafkaError, RESOURCE } from "../protocol/mod.ts";
import type { Broker } from "./broker.ts";
import type { ControllerNode } from "./controller_apis/controller_node.ts";

/** Throws KafkaError unless the resource is this very broker. */
export function requireThisBroker(name: string, nodeId: number): void {
  if (name !== String(nodeId)) throw notThisBroker(name, nodeId);
}

/** How one is refused that is not this broker. */
export function notThisBroker(name: string, nodeId: number): KafkaError {
  const message = /^\d+$/.test(name)
    ? `This is broker ${nodeId}, not ${name}`
    : `"${name}" is no broker's id`;
  return new KafkaError("INVALID_REQUEST", message);
}

/** Is it a broker other than the one that is asked? The resource without a name is all brokers. */
export function isOfOtherBroker(
  { resourceType, resourceName }: { readonly resourceType: number; readonly resourceName: string },
  node: Broker | ControllerNode,
): boolean {
  const isBroker = "replicas" in node;
  return isBroker && resourceType === RESOURCE.broker && resourceName !== "" &&
    resourceName !== String(node.nodeId);
}
