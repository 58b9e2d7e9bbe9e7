/**
 * What the process and the threads of its brokers say to each other. All of it is copied, so it is
 * plain: an error travels as what is known of it.
 */
import type { LogFields, LogLevel } from "../../base/mod.ts";
import type { ListenerAddress } from "../../config/mod.ts";
import type { OpeningProgress } from "../../log/mod.ts";
import type { NetworkAddress } from "../../platform/mod.ts";
import type { BoundPorts } from "../node.ts";

export interface CoreStart {
  readonly type: "start";
  readonly settings: ReadonlyMap<string, string>;
  /** Full paths. */
  readonly dataFolders: readonly string[];
  readonly metadataFolder: string;
  readonly logLevel?: LogLevel;
  /** For the first one: of all that are to run, itself the first. */
  readonly ids?: readonly number[];
}

export type CoreOrder = CoreStart | { readonly type: "stop" };

/** A broker that serves. */
export interface CoreReady {
  readonly type: "ready";
  readonly clusterId: string;
  readonly addresses: readonly ListenerAddress[];
  readonly metricsAddress: NetworkAddress | undefined;
}

export type CoreNews =
  | { readonly type: "bound"; readonly bound: BoundPorts }
  | { readonly type: "opening"; readonly progress: OpeningProgress }
  | {
    readonly type: "log";
    readonly level: LogLevel;
    readonly event: string;
    readonly fields: LogFields | undefined;
  }
  | CoreReady
  /** It cannot start, or go on; `stopped` follows. */
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "stopped" };

export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a StorageError. */
  readonly fault: string | undefined;
}

export function plainError(error: unknown): PlainError {
  const { name, message, stack, fault } = error instanceof Error
    ? error as Error & { fault?: string }
    : { name: "Error", message: String(error), stack: undefined, fault: undefined };
  return { name, message, stack, fault };
}

/** An error that says of itself what the first one said. */
export const errorOf = ({ message, ...rest }: PlainError): Error =>
  Object.assign(new Error(message), rest);
