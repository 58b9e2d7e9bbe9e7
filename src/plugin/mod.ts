/**
 * plugin: the contract that plugins are written to, and the host that runs them. `contract.ts` is
 * all that an author needs to read. {@link pluginOf} tells whether a module is a plugin, {@link
 * optionsOf} makes its schema into flags and back, {@link runPlugin} runs it: a source's records
 * are batched, sent, sent again and bounded in memory while brokers are away ({@link Backlog}); a
 * sink's offsets are committed after its writes; an app gets a client.
 *
 * The host knows no client, no terminal and no clock: `HostWorld` hands them in. Isolation and
 * permissions are not here yet; a plugin runs with all that streamer may do.
 */
export { Backlog, type BacklogOptions } from "./backlog.ts";
export type * from "./contract.ts";
export { PluginError, PluginOptionError } from "./errors.ts";
export { GRACE_MS, type HostClient, type HostWorld, runPlugin } from "./host.ts";
export { importPlugin, pluginOf } from "./load.ts";
export { kebab, type OptionFlag, optionsOf, type PluginOptions } from "./option_flags.ts";
