/**
 * The APIs that are served on the controllers' listener: one table, from which requests are
 * dispatched and ApiVersions answers. What is not in it ends the connection that asks for it.
 */
import type { LogEvent } from "../base/mod.ts";
import type { RequestHandler } from "../net/mod.ts";
import type { Message } from "../protocol/mod.ts";
import { advertisedOf } from "./advertised_apis.ts";
import type { Api } from "./api.ts";
import { apiVersions } from "./apis/api_versions.ts";
import { describeQuorum } from "./apis/describe_quorum.ts";
import type { ControllerNode } from "./controller_apis/controller_node.ts";
import { Dispatcher } from "./dispatch.ts";

export const CONTROLLER_APIS: readonly Api<Message, Message, ControllerNode>[] = [
  apiVersions,
  describeQuorum,
];

/** As ApiVersions lists them. */
export const advertisedControllerApis = (node: ControllerNode) =>
  advertisedOf(CONTROLLER_APIS, node);

/** Answers what comes by a controllers' listener. */
export const controllerHandler = (node: ControllerNode, log: LogEvent): RequestHandler =>
  new Dispatcher(CONTROLLER_APIS, node, log);
